// What a description may say, what it turns into, and how a wrong one is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { openBytes, openJson, openKeyset, openRsa, RawClient } from "./raw_client.mjs";

const ID = "o55tod6a4pdaoelxf2f7icbrv4";
const item = { title: "db" };
const inItem = (parts) => ({
  account: { vaults: [{ name: "v", items: [{ ...item, ...parts }] }] },
});
const inVault = (parts) => ({ account: { vaults: [{ name: "v", ...parts }] } });
const withKeysets = (...keysets) => ({ account: { vaults: [], keysets } });

const refused = [
  [
    { colour: 1 },
    "options.colour: unknown member; known: account, address, now, device, userB, onAnswer, faults, quota",
  ],
  [
    { "\u001b[2J\n\u202e\u0601": 1 },
    /^options\.\\u\{1b\}\[2J\\u\{a\}\\u\{202e\}\\u\{601\}: unknown member/,
  ],
  [{ device: "lost" }, "options.device: must be one of registered, not-registered, deleted"],
  [{ now: 1 }, "options.now: must be a function"],
  [{ account: {} }, "account: vaults is missing"],
  [{ account: { vaults: {} } }, "account.vaults: must be an array"],
  [{ account: { vaults: [{}] } }, "account.vaults[0]: name or title is missing"],
  [inVault({ title: "v" }), "account.vaults[0]: name and title are the same thing"],
  [inVault({ id: "nope" }), /^account\.vaults\[0\]\.id: must be an object id/],
  [inVault({ keyset: "x" }), "account.vaults[0].keyset: no keyset of this name"],
  [inItem({ pasword: "x" }), /items\[0\]\.pasword: unknown member; known: .* password, /],
  [inItem({ toString: "x" }), /^account\.vaults\[0\]\.items\[0\]\.toString: unknown member/],
  [inItem({ title: undefined }), "account.vaults[0].items[0]: title or overview is missing"],
  [inItem({ category: "Thing" }), /items\[0\]\.category: must be one of Login, /],
  [inItem({ state: "lost" }), /items\[0\]\.state: must be one of active, /],
  [inItem({ overview: {} }), "account.vaults[0].items[0]: overview and title exclude each other"],
  [
    inItem({ details: {}, notes: "" }),
    "account.vaults[0].items[0]: details and notes exclude each other",
  ],
  [
    inItem({ password: "x", fields: { password: "y" } }),
    "account.vaults[0].items[0].fields.password: given twice",
  ],
  [inItem({ fields: { n: 1 } }), "account.vaults[0].items[0].fields.n: must be a string"],
  [inItem({ fields: [{}] }), "account.vaults[0].items[0].fields[0]: title is missing"],
  [
    inItem({ sections: [{ title: "s", fields: [{ title: "f", section: "t" }] }] }),
    "account.vaults[0].items[0].sections[0].fields[0].section: stands in a section already",
  ],
  [
    inItem({ files: [{ name: "f" }] }),
    "account.vaults[0].items[0].files[0]: content or base64 is missing",
  ],
  [
    inItem({ document: { name: "f", content: "", base64: "" } }),
    "account.vaults[0].items[0].document: content and base64 exclude each other",
  ],
  [
    { account: { vaults: [{ name: "v", id: ID, items: [{ ...item, id: ID }] }] } },
    "account.vaults[0].items[0].id: the same as account.vaults[0].id",
  ],
  [withKeysets(), "account.keysets: must hold a keyset"],
  [withKeysets({ name: "a" }, { name: "a" }), "account.keysets: two of the same name"],
  [
    withKeysets({ name: "a", sealedBy: "b" }),
    "account.keysets[0].sealedBy: no keyset of this name",
  ],
  [
    withKeysets({ name: "a", sealedBy: "b" }, { name: "b", sealedBy: "a" }),
    "account.keysets[0].sealedBy: the chain never ends",
  ],
];
for (const [options, message] of refused) {
  test(`refuses: ${message}`, async () => {
    await assert.rejects(createEmulator(options), { name: "TypeError", message });
  });
}

test("an error never quotes a value", async () => {
  const secret = "s3cret-value";
  const wrong = inItem({ password: "x", fields: { password: secret } });
  await assert.rejects(createEmulator(wrong), (error) => !error.message.includes(secret));
});

/** Signs in, and opens what the service sends down to the items. */
async function openVault(options, index = 0) {
  const client = await new RawClient(await createEmulator(options)).signIn();
  const { keysets } = (await client.sealed("GET", "/api/v2/account/keysets")).json;
  const { json: vaults } = await client.sealed("GET", "/api/v1/vaults?attrs=combined-access");
  const vault = vaults[index];
  const { kid, data, enc } = vault.combinedAccess.encVaultKey;
  const rsa = openKeyset(client, keysets, kid);
  const vaultJwk = JSON.parse(openRsa(rsa, enc, data));
  const key = Buffer.from(vaultJwk.k, "base64url");
  const path = `/api/v1/vault/${vault.uuid}`;
  const overviews = (await client.sealed("GET", `${path}/items/overviews`)).json.items;
  const items = [];
  for (const { uuid } of overviews) {
    items.push((await client.sealed("GET", `${path}/item/${uuid}`)).json.item);
  }
  return { client, vault, vaultJwk, key, overviews, items };
}

test("states in the words of the wire: what is archived is `Y`", async () => {
  // docs/protocol.md, “Vaults and items”.
  const letters = { active: "N", alsoActive: "A", archived: "Y", trashed: "Y", deleted: "D" };
  for (const [state, letter] of Object.entries(letters)) {
    const { items, overviews } = await openVault(inItem({ state }));
    assert.equal(items[0].trashed, letter, state);
    assert.equal(overviews[0].trashed, letter, state);
  }
});

test("raw parts go onto the wire unchanged", async () => {
  const overview = { title: "raw", odd: [1, null] };
  const details = { fields: [{ name: "x", value: 5 }], anything: "else" };
  const raw = { id: ID, templateUuid: "999", trashed: "Y", overview, details };
  const { items, overviews, key, vaultJwk } = await openVault(inVault({ items: [raw] }));
  assert.deepEqual(openJson(key, items[0].encOverview), overview);
  assert.deepEqual(openJson(key, items[0].encDetails), details);
  const { uuid, templateUuid, trashed, encryptedBy } = items[0];
  assert.deepEqual([uuid, templateUuid, trashed, encryptedBy], [ID, "999", "Y", vaultJwk.kid]);
  const { encDetails: _, ...withoutDetails } = items[0];
  assert.deepEqual(overviews[0], withoutDetails);
});

test("opens a chain of keysets down to the items", async () => {
  const keysets = [
    { name: "leaf", sealedBy: "root", algorithm: "RSA-OAEP-256" },
    { name: "root", serialNumber: 3 },
  ];
  const vaults = [{ name: "v", keyset: "leaf", items: [{ title: "i", fields: { host: "h" } }] }];
  const { items, key } = await openVault({ account: { keysets, vaults } });
  const [section] = openJson(key, items[0].encDetails).sections;
  assert.deepEqual([section.fields[0].t, section.fields[0].v], ["host", "h"]);
});

test("the short and the long form of a login are the same", async () => {
  const short = { title: "a", fields: { username: "me", password: "pw" } };
  const long = { title: "a", username: "me", password: "pw" };
  const { items, key } = await openVault(inVault({ items: [short, long] }));
  const [one, two] = items.map(({ encDetails }) => openJson(key, encDetails));
  assert.deepEqual(one, two);
  assert.deepEqual(
    one.fields.map(({ designation, value }) => [designation, value]),
    [
      ["username", "me"],
      ["password", "pw"],
    ],
  );
});

test("a file is sealed under the key in its item", async () => {
  const files = [{ name: "a.bin", base64: "AP8=" }];
  const { client, items, key } = await openVault(inItem({ files }));
  const [section] = openJson(key, items[0].encDetails).sections;
  const { documentId, nonce, encryptionKey, encryptedSize } = section.fields[0].v;
  const response = await download(client, `/api/v3/file/${documentId}`);
  assert.equal(response.headers.get("content-type"), "application/octet-stream");
  const sealed = Buffer.from(await response.arrayBuffer());
  assert.equal(sealed.length, encryptedSize);
  const opened = openBytes(Buffer.from(encryptionKey.k, "base64url"), nonce, sealed);
  assert.deepEqual([...opened], [0, 255]);
});

/** A file's answer as it comes: it is in no envelope. */
async function download(client, path) {
  const { fetch } = client.emulator;
  let answer;
  client.emulator = {
    ...client.emulator,
    fetch: async (...args) => {
      answer = await fetch(...args);
      return Response.json(client.seal(null));
    },
  };
  await client.sealed("GET", path);
  return answer;
}

test("what is unreadable does not open, and the rest does", async () => {
  const items = [
    { title: "a", unreadable: "overview" },
    { title: "b", unreadable: "details" },
  ];
  const opened = await openVault(inVault({ items }));
  assert.throws(() => openJson(opened.key, opened.items[0].encOverview));
  assert.ok(openJson(opened.key, opened.items[0].encDetails));
  assert.equal(openJson(opened.key, opened.items[1].encOverview).title, "b");
  assert.throws(() => openJson(opened.key, opened.items[1].encDetails));
  await assert.rejects(openVault(inVault({ unreadable: "key" })));
  const { key, vault } = await openVault(inVault({ unreadable: "attributes" }));
  assert.throws(() => openJson(key, vault.encAttrs));
});

test("keysets are listed as described", async () => {
  const keysets = [
    { name: "b", sealedBy: "a" },
    { name: "a", encryptedByEmpty: true },
    { name: "gone", unlisted: true },
  ];
  const vaults = [{ name: "v", keyset: "gone", keySealedWith: "symmetricKey" }];
  const emulator = await createEmulator({ account: { keysets, vaults } });
  const client = await new RawClient(emulator).signIn();
  const listed = (await client.sealed("GET", "/api/v2/account/keysets")).json.keysets;
  assert.equal(listed.length, 2);
  assert.equal(listed[0].encryptedBy, listed[1].uuid);
  assert.deepEqual([listed[1].encryptedBy, listed[1].encSymKey.kid], ["", "mp"]);
  const [vault] = (await client.sealed("GET", "/api/v1/vaults?attrs=combined-access")).json;
  assert.equal(vault.combinedAccess.encVaultKey.enc, "A256GCM");
  assert.ok(!listed.some(({ uuid }) => uuid === vault.combinedAccess.encryptedBy));
});
