// Changing an account while it is being used.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { openJson, RawClient } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const DOCUMENT = "qokahvr47axgmq6hp2sy6tzb6a";
const item = {
  title: "database",
  id: ITEM,
  username: "app",
  password: "old",
  sections: [{ title: "server", fields: { host: "a.example", port: "5432" } }],
  files: [{ name: "key.txt", content: "the file", id: DOCUMENT }],
};
const twins = { name: "twins", items: [{ title: "same" }, { title: "same" }] };
const account = { vaults: [{ name: "app", id: VAULT, items: [item] }, twins] };

let emulator;
let editor;
let ask;
beforeEach(async () => {
  emulator = await createEmulator({ account });
  editor = emulator.account;
  const config = { auth: emulator.token, fetch: emulator.fetch };
  const names = { integrationName: "emulator tests", integrationVersion: "1.0.0" };
  // A client for each question: none remembers what was.
  ask = async (reference) => {
    const client = await Client.authenticate({ ...config, ...names });
    return client.resolve(reference).finally(() => client.close());
  };
});

const raw = async (path) => {
  const client = await new RawClient(emulator).signIn();
  return (await client.sealed("GET", path)).json;
};
const ITEM_PATH = `/api/v1/vault/${VAULT}/item/${ITEM}`;

test("a rename keeps the id and all else", async () => {
  const before = (await raw(ITEM_PATH)).item;
  await editor.setItem("app", "database", { title: "warehouse" });
  assert.equal(await ask("op://app/warehouse/server/host"), "a.example");
  assert.equal(await ask(`op://app/${ITEM}/password`), "old");
  await assert.rejects(ask("op://app/database/password"), { code: "itemNotFound" });
  const { item: after, contentVersion } = await raw(ITEM_PATH);
  assert.equal(after.itemVersion, before.itemVersion + 1);
  assert.equal(contentVersion, 2);
  const same = ({ uuid, createdAt, templateUuid }) => [uuid, createdAt, templateUuid];
  assert.deepEqual(same(after), same(before));
});

test("new values of built-in fields, notes and fields by title", async () => {
  const fields = { host: "b.example" };
  await editor.setItem(VAULT, ITEM, { username: "u", password: "new", notes: "n", fields });
  assert.equal(await ask("op://app/database/username"), "u");
  assert.equal(await ask("op://app/database/password"), "new");
  assert.equal(await ask("op://app/database/notesPlain"), "n");
  assert.equal(await ask("op://app/database/server/host"), "b.example");
  assert.equal(await ask("op://app/database/server/port"), "5432");
  assert.equal(await ask("op://app/database/key.txt"), "the file");
});

test("an item is archived and comes back", async () => {
  for (const state of ["archived", "trashed", "deleted"]) {
    await editor.setItem("app", "database", { state });
    await assert.rejects(ask("op://app/database/password"), { code: "itemNotFound" }, state);
    await assert.rejects(ask(`op://app/${ITEM}/password`), { code: "itemNotActive" }, state);
  }
  await editor.setItem("app", "database", { state: "alsoActive" });
  assert.equal(await ask("op://app/database/password"), "old");
  await editor.setItem("app", "database", { state: "active" });
  assert.equal(await ask("op://app/database/password"), "old");
});

test("items are added and removed", async () => {
  const id = await editor.addItem("app", { title: "new", password: "p" });
  assert.equal(await ask("op://app/new/password"), "p");
  assert.equal(await ask(`op://app/${id}/password`), "p");
  await editor.removeItem("app", "new");
  await assert.rejects(ask("op://app/new/password"), { code: "itemNotFound" });
});

test("another item takes the place of one, and no request sees half of it", async () => {
  const client = await new RawClient(emulator).signIn();
  const watch = async () => {
    const path = `/api/v1/vault/${VAULT}/items/overviews`;
    return (await client.sealed("GET", path)).json.items.length;
  };
  const replacing = editor.replaceItem("app", "database", { title: "database", password: "p" });
  const seen = [];
  let done = false;
  const ended = replacing.finally(() => {
    done = true;
  });
  while (!done) seen.push(await watch());
  const id = await ended;
  assert.notEqual(id, ITEM);
  assert.deepEqual(new Set(seen), new Set([1]));
  assert.equal(await ask("op://app/database/password"), "p");
  await assert.rejects(ask(`op://app/${ITEM}/password`), { code: "itemNotFound" });
  assert.equal((await client.sealed("GET", `/api/v3/file/${DOCUMENT}`)).status, 404);
});

test("a vault gets another name, and another key", async () => {
  await editor.renameVault("app", "application");
  assert.equal(await ask("op://application/database/password"), "old");
  await assert.rejects(ask("op://app/database/password"), { code: "vaultNotFound" });
  const before = (await raw(ITEM_PATH)).item;
  await editor.rotateVaultKey("application");
  const { item: after } = await raw(ITEM_PATH);
  assert.notEqual(after.encryptedBy, before.encryptedBy);
  assert.throws(() => openJson(Buffer.alloc(32), after.encDetails));
  assert.equal(await ask("op://application/database/password"), "old");
  assert.equal(await ask("op://application/database/key.txt"), "the file");
  await editor.setItem("application", "database", { password: "new" });
  assert.equal(await ask("op://application/database/password"), "new");
});

test("changes at the same time are all made", async () => {
  const names = Array.from({ length: 10 }, (_, n) => `item ${n}`);
  await Promise.all([
    ...names.map((title) => editor.addItem("app", { title, password: title })),
    editor.setItem("app", "database", { password: "new" }),
    editor.setItem("app", "database", { username: "u" }),
    editor.rotateVaultKey("app"),
    editor.renameVault(VAULT, "application"),
  ]);
  for (const [what, value] of [
    ["item 9", "item 9"],
    ["database", "new"],
  ]) {
    assert.equal(await ask(`op://application/${what}/password`), value);
  }
  assert.equal(await ask("op://application/database/username"), "u");
});

const refused = {
  "an unknown vault": [
    () => editor.renameVault("nope", "x"),
    "vault: no vault has this id or name",
  ],
  "an unknown item": [() => editor.removeItem("app", "nope"), "item: no item has this id or name"],
  "an ambiguous item": [
    () => editor.setItem("twins", "same", { password: "x" }),
    "item: several have this name: use the id",
  ],
  "an unknown member": [
    () => editor.setItem("app", ITEM, { pasword: "x" }),
    "change.pasword: unknown member; known: title, state, username, password, notes, fields",
  ],
  "an unknown field": [
    () => editor.setItem("app", ITEM, { fields: { nope: "x" } }),
    "change.fields.nope: the item has no such field",
  ],
  "a built-in field that it lacks": [
    async () => {
      const id = await editor.addItem("app", { title: "bare" });
      return editor.setItem("app", id, { password: "x" });
    },
    "change.password: the item has no such field",
  ],
  "a title that is none": [
    () => editor.setItem("app", ITEM, { title: 7 }),
    "change.title: must be a string",
  ],
  "an item without a title": [
    () => editor.addItem("app", {}),
    "item: title or overview is missing",
  ],
  "an id that is taken": [
    () => editor.addItem("app", { title: "x", id: ITEM }),
    "item.id: is taken already",
  ],
  "a name that is none": [() => editor.renameVault("app"), "name: must be a string"],
};
for (const [what, [change, message]] of Object.entries(refused)) {
  test(`refuses ${what}, and changes nothing`, async () => {
    await assert.rejects(change(), (error) => {
      assert.ok(error instanceof TypeError);
      assert.equal(error.message, message);
      return true;
    });
    assert.equal(await ask("op://app/database/password"), "old");
  });
}
