// Random items and vaults, read through both clients: the same to the letter.
import assert from "node:assert/strict";
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { mock, test } from "node:test";
import { createClient } from "onepassword-edge/compat";
import { createEmulator } from "../../dist/emulator/index.js";
import { Random } from "../random/prng.mjs";
import { randomItem } from "./random_items.mjs";
import { vendorClient } from "./vendor.mjs";

const SEED = Number(process.env.SEED ?? 7);
const COUNT = 500;

// One-time passwords depend on the time.
mock.method(Date, "now", () => 1_700_000_000_000);

const random = new Random(SEED);
const items = Array.from({ length: COUNT }, (_, n) => randomItem(random, n));
const vaults = Array.from({ length: 12 }, (_, n) => ({
  name: random.pick([`vault ${n}`, "", "Ünïcode ✓"]),
  description: random.text(random.below(10)),
  type: random.pick(["personal", "everyone", "transfer", "userCreated", "other"]),
}));
const emulator = await createEmulator({ account: { vaults: [{ name: "v", items }, ...vaults] } });
const integration = { integrationName: "interop", integrationVersion: "1" };
const ourClient = ({ token, fetch }) => createClient({ auth: token, fetch, ...integration });
const ours = await ourClient(emulator);
const theirs = await vendorClient(emulator);
const vaultId = (await ours.vaults.getOverview("v")).id;
const active = items.filter(({ trashed }) => trashed !== "Y").map(({ id }) => id);

/** What a client answers as text, because the order of members counts; or that it fails. */
const shown = async (answer) => {
  try {
    return JSON.stringify(await answer);
  } catch {
    return "fails";
  }
};
/** Asks both; returns our answer. */
async function same(ask, what) {
  const [own, their] = [await shown(ask(ours)), await shown(ask(theirs))];
  assert.equal(own, their, `seed ${SEED}, ${what}`);
  return own;
}

test(`${COUNT} items one by one`, async () => {
  let read = 0;
  for (const item of items) {
    const own = await same((client) => client.items.get(vaultId, item.id), JSON.stringify(item));
    if (own !== "fails") read += 1;
  }
  assert.equal(read, active.length);
  assert.ok(read > COUNT / 2);
});

test("items in batches of 50, which are all that the vendor's client takes", async () => {
  for (let start = 0; start < active.length; start += 50) {
    const ids = active.slice(start, start + 50);
    const own = await same((client) => client.items.getAll(vaultId, ids), `getAll ${start}`);
    assert.equal(JSON.parse(own).individualResponses.length, ids.length);
  }
  const { individualResponses } = await ours.items.getAll(vaultId, active);
  assert.deepEqual(
    individualResponses.map(({ content }) => content.id),
    active,
  );
  await assert.rejects(theirs.items.getAll(vaultId, active), /up to 50 items/);
});

test("items as lists", async () => {
  for (const states of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const content = { active: states[0], archived: states[1] };
    const filter = { type: "ByState", content };
    const own = await same((client) => client.items.list(vaultId, filter), JSON.stringify(content));
    const other = { type: "ByState", content: { active: true, archived: false } };
    await same((client) => client.items.list(vaultId, filter, other), "two filters");
    if (states[0] && states[1]) assert.equal(JSON.parse(own).length, COUNT);
  }
  await same((client) => client.items.list(vaultId), "no filter");
});

test("vaults", async () => {
  const own = JSON.parse(await same((client) => client.vaults.list(), "list"));
  assert.equal(own.length, vaults.length + 1);
  for (const { id } of own) {
    await same((client) => client.vaults.getOverview(id), "getOverview");
    await same((client) => client.vaults.get(id, {}), "get");
  }
  for (const decryptDetails of [true, false, undefined]) {
    await same(
      (client) => client.vaults.list({ decryptDetails }),
      `decryptDetails ${decryptDetails}`,
    );
  }
});

test("a file whose nonce has 16 bytes", async () => {
  const [id, key, iv] = [`${"m".repeat(25)}a`, randomBytes(32), randomBytes(16)];
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const sealed = Buffer.concat([cipher.update("content"), cipher.final(), cipher.getAuthTag()]);
  const hash = createHash("sha256").update(sealed).digest("base64url");
  const v = {
    fileName: "a.txt",
    documentId: id,
    unencryptedSize: 7,
    encryptedSize: sealed.length,
    integrityHash: hash,
    nonce: iv.toString("base64url"),
    encryptionKey: {
      kid: "k",
      kty: "oct",
      alg: "A256GCM",
      ext: true,
      k: key.toString("base64url"),
    },
  };
  v.encryptionKey.key_ops = ["encrypt", "decrypt"];
  const sections = [{ name: "s", title: "s", fields: [{ k: "file", n: "f", t: "f", v }] }];
  const item = { templateUuid: "001", overview: { title: "t" }, details: { sections } };
  const emulator = await createEmulator({
    account: { vaults: [{ name: "app", items: [item] }] },
    onAnswer: ({ path }) => (path.endsWith(id) ? new Response(sealed) : undefined),
  });
  const contents = [];
  for (const client of [await vendorClient(emulator), await ourClient(emulator)]) {
    const [vault] = await client.vaults.list();
    const [listed] = await client.items.list(vault.id);
    const { files } = await client.items.get(vault.id, listed.id);
    const bytes = await client.items.files.read(vault.id, listed.id, files[0].attributes);
    contents.push(Buffer.from(bytes).toString());
  }
  assert.deepEqual(contents, ["content", "content"]);
});
