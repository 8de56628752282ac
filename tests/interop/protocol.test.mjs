// What the vendor's client does beside resolving by name: signing in, keysets, files, batches, writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@1password/sdk";
import { createEmulator, SAMPLE_REFERENCE, SAMPLE_SECRET } from "../../dist/emulator/index.js";
import { vendorAnswer, vendorClient } from "./vendor.mjs";

const item = { title: "database", password: "s3cret" };
const reference = "op://app/database/password";
const vault = { name: "app", items: [item] };

const paths = (emulator) => emulator.requests.map(({ method, path }) => `${method} ${path}`);

for (const address of [
  "http://127.0.0.1",
  "http://127.0.0.1:8080",
  "https://Team.1Password.example",
  "team.1password.example",
]) {
  test(`signs in at ${address}`, async () => {
    const emulator = await createEmulator({ address });
    const client = await vendorClient(emulator);
    assert.equal(await client.secrets.resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
  });
}

test("signs in over HTTP, with nothing in the way", async () => {
  const emulator = await createEmulator();
  const server = await emulator.serve();
  try {
    const options = { integrationName: "interop", integrationVersion: "1.0.0" };
    const client = await createClient({ auth: server.token, ...options });
    assert.equal(await client.secrets.resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
    assert.equal(await client.secrets.resolve("op://shared/readme/hello.txt"), HELLO);
  } finally {
    await server.close();
  }
});
const HELLO = "Hello from the emulator.\n";

test("registers its device", async () => {
  const emulator = await createEmulator({ device: "not-registered" });
  await vendorClient(emulator);
  assert.deepEqual(paths(emulator).slice(0, 3), [
    "POST /api/v3/auth/start",
    "POST /api/v1/device",
    "POST /api/v3/auth/start",
  ]);
});

test("brings a deleted device back", async () => {
  const emulator = await createEmulator({ device: "deleted" });
  await vendorClient(emulator);
  const [, second, third] = paths(emulator);
  assert.match(second, /^PUT \/api\/v1\/device\/[a-z2-7]{26}\/reauthorize$/);
  assert.equal(third, "POST /api/v3/auth/start");
});

test("signs in again when its session has ended", async () => {
  const emulator = await createEmulator();
  const client = await vendorClient(emulator);
  emulator.expireSessions();
  emulator.clearRequests();
  assert.equal(await client.secrets.resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
  assert.deepEqual(
    emulator.requests.slice(0, 3).map(({ path, status }) => [path, status]),
    [
      ["/api/v1/vaults", 401],
      ["/api/v3/auth/start", 200],
      ["/api/v2/auth", 200],
    ],
  );
});

test("refuses a service that does not know the key", async () => {
  const emulator = await createEmulator({
    onAnswer(answer) {
      if (answer.path === "/api/v2/auth/confirm-key") answer.json.serverVerifyHash = "A".repeat(43);
    },
  });
  await assert.rejects(vendorClient(emulator), /authentication error/);
  assert.equal(emulator.requests.at(-1).path, "/api/v2/auth/confirm-key");
});

const keysets = {
  "one keyset with SHA-256": [{ name: "leaf", algorithm: "RSA-OAEP-256" }],
  "a chain of two, the child first": [{ name: "leaf", sealedBy: "root" }, { name: "root" }],
  "a chain of three, mixed and shuffled": [
    { name: "leaf", sealedBy: "middle", algorithm: "RSA-OAEP-256" },
    { name: "root" },
    { name: "middle", sealedBy: "root", algorithm: "RSA-OAEP-256" },
  ],
};
for (const [name, described] of Object.entries(keysets)) {
  test(`opens ${name}`, async () => {
    const account = { keysets: described, vaults: [{ ...vault, keyset: "leaf" }] };
    const client = await vendorClient(await createEmulator({ account }));
    assert.equal(await client.secrets.resolve(reference), "s3cret");
  });
}

const unreadable = {
  keyset: { keysets: [{ name: "a" }, { name: "b", sealedBy: "a", unreadable: true }] },
  "vault key": { vaults: [vault, { name: "other", unreadable: "key" }] },
  "vault name": { vaults: [vault, { name: "other", unreadable: "attributes" }] },
  "item overview": {
    vaults: [{ name: "app", items: [item, { title: "x", unreadable: "overview" }] }],
  },
  "item details": { vaults: [{ name: "app", items: [{ ...item, unreadable: "details" }] }] },
};
for (const [name, parts] of Object.entries(unreadable)) {
  test(`cannot open an unreadable ${name}`, async () => {
    const account = { vaults: [vault], ...parts };
    const client = await vendorClient(await createEmulator({ account }));
    await assert.rejects(client.secrets.resolve(reference), /decrypt|unlocking/i);
  });
}

test("finds vaults and items by id and by name", async () => {
  const vaultId = "o55tod6a4pdaoelxf2f7icbrv4";
  const itemId = "pokahvr47axgmq6hp2sy6tzb6a";
  const account = { vaults: [{ ...vault, id: vaultId, items: [{ ...item, id: itemId }] }] };
  const emulator = await createEmulator({ account });
  const client = await vendorClient(emulator);
  for (const vaultPart of ["app", vaultId]) {
    for (const itemPart of ["database", itemId]) {
      assert.equal(
        await client.secrets.resolve(`op://${vaultPart}/${itemPart}/password`),
        "s3cret",
      );
    }
  }
  const overview = await client.vaults.getOverview(vaultId);
  assert.deepEqual([overview.title, overview.activeItemCount], ["app", 1]);
});

test("reads every part of a described item", async () => {
  const described = {
    id: "pokahvr47axgmq6hp2sy6tzb6a",
    title: "full",
    category: "Login",
    tags: ["one", "two"],
    urls: ["https://a.example", { url: "https://b.example", label: "second" }],
    username: "me",
    password: "pw",
    notes: "a note",
    fields: [
      { title: "plain", value: "text" },
      { title: "code", kind: "otp", value: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
      { title: "made", section: "new", kind: "concealed", value: "hidden" },
    ],
    sections: [{ title: "Known", fields: { host: "db.example" } }],
    files: [{ name: "attached.txt", content: "attached" }],
  };
  const id = "o55tod6a4pdaoelxf2f7icbrv4";
  const account = { vaults: [{ name: "app", id, items: [described] }] };
  const client = await vendorClient(await createEmulator({ account }));
  const answers = {
    username: "me",
    password: "pw",
    notesPlain: "a note",
    plain: "text",
    "code?attribute=otp": /^\d{6}$/,
    "new/made": "hidden",
    "known/host": "db.example",
    "attached.txt": "attached",
  };
  for (const [field, expected] of Object.entries(answers)) {
    const { secret = "" } = await vendorAnswer(client, `op://app/full/${field}`);
    if (typeof expected === "string") assert.equal(secret, expected, field);
    else assert.match(secret, expected, field);
  }
  const read = await client.items.get(id, described.id);
  assert.equal(read.category, "Login");
  assert.deepEqual(read.tags, ["one", "two"]);
  assert.deepEqual(
    read.websites.map(({ url, label }) => [url, label]),
    [
      ["https://a.example", ""],
      ["https://b.example", "second"],
    ],
  );
  const types = Object.fromEntries(read.fields.map(({ title, fieldType }) => [title, fieldType]));
  assert.deepEqual(types, {
    username: "Text",
    password: "Concealed",
    host: "Text",
    plain: "Text",
    code: "Totp",
    made: "Concealed",
  });
});

test("names vault types and item states", async () => {
  const types = ["personal", "everyone", "userCreated", "transfer"];
  const vaults = types.map((type) => ({ name: type, type }));
  vaults.push({ ...vault, items: [item, { title: "also", password: "x", state: "alsoActive" }] });
  vaults.at(-1).items.push({ title: "old", password: "x", state: "archived" });
  const client = await vendorClient(await createEmulator({ account: { vaults } }));
  for (const { title, vaultType } of await client.vaults.list()) {
    if (title !== "app") assert.equal(vaultType, title);
  }
  assert.deepEqual(await vendorAnswer(client, "op://app/also/password"), { secret: "x" });
  assert.deepEqual(await vendorAnswer(client, "op://app/old/password"), { error: "itemNotFound" });
});

test("reads a document, and bytes that are no text", async () => {
  const bytes = Uint8Array.of(0, 255, 128, 7);
  const vaultId = "o55tod6a4pdaoelxf2f7icbrv4";
  const id = "pokahvr47axgmq6hp2sy6tzb6a";
  const items = [{ title: "doc", id, document: { name: "key.bin", content: bytes } }];
  const emulator = await createEmulator({
    account: { vaults: [{ name: "v", id: vaultId, items }] },
  });
  const client = await vendorClient(emulator);
  const { document } = await client.items.get(vaultId, id);
  assert.deepEqual(await client.items.files.read(vaultId, id, document), bytes);
  const error = "unsupportedFileFormat";
  assert.deepEqual(await vendorAnswer(client, "op://v/doc/key.bin"), { error });
  const { path } = emulator.requests.at(-1);
  assert.equal(path.replace(/[a-z2-7]{26}$/, "<file>"), `/api/v2/file/${vaultId}/${id}/<file>`);
});

test("reads 120 items in batches, and one item twice", async () => {
  const items = Array.from({ length: 120 }, (_, n) => ({
    title: `item ${n}`,
    password: `pw ${n}`,
  }));
  const emulator = await createEmulator({ account: { vaults: [{ name: "app", items }] } });
  const client = await vendorClient(emulator);
  const references = items.map(({ title }) => `op://app/${title}/password`);
  references.push("op://app/item 7/username", "op://app/item 7/password");
  const { individualResponses } = await client.secrets.resolveAll(references);
  for (const { title, password } of items) {
    assert.equal(individualResponses[`op://app/${title}/password`].content.secret, password);
  }
});

test("writes: creates, changes, archives", async () => {
  const id = "o55tod6a4pdaoelxf2f7icbrv4";
  const emulator = await createEmulator({ account: { vaults: [{ name: "app", id, items: [] }] } });
  const client = await vendorClient(emulator);
  const fields = [{ id: "f", title: "key", fieldType: "Concealed", value: "first" }];
  const made = await client.items.create({ vaultId: id, category: "Login", title: "made", fields });
  assert.equal(await client.secrets.resolve("op://app/made/key"), "first");
  made.fields[0].value = "second";
  const changed = await client.items.put(made);
  assert.equal(changed.version, made.version + 1);
  assert.equal(await client.secrets.resolve("op://app/made/key"), "second");
  await assert.rejects(client.items.put(made), /not up to date/);
});
