// Items with all their values, several at once, and their files.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Client } from "../../dist/index.js";
import { ITEM_ID, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;
const ID_TITLE = "abcdefghijklmnopqrstuvwxya";
const [TRASHED, DELETED, ARCHIVED, ALSO_ACTIVE, DAMAGED, UNTITLED, NOBODY] = "23457ie"
  .split("")
  .map((digit) => digit.repeat(25) + (digit === "e" ? "e" : "a"));
const FILE_ID = "s3rcqtop2nvvffimmsetsn3zyi";
const BYTES = Uint8Array.from({ length: 1000 }, (_, n) => (n * 7) % 256);
const UNOPENED = "in an item that cannot be opened";
const many = Array.from({ length: 120 }, (_, n) => ({ title: `item ${n}`, password: `pw ${n}` }));
const titles = many.map(({ title }) => title);

const service = await Service.start({
  account: {
    vaults: [
      {
        ...VAULT,
        items: [
          {
            ...VAULT.items[0],
            createdAt: "2020-02-29T23:59:59Z",
            updatedAt: "2021-01-02T03:04:05Z",
            version: 7,
          },
          ...many,
          { title: ID_TITLE, password: "titled like an id" },
          { title: "trashed", id: TRASHED, state: "trashed", password: SECRET },
          { title: "deleted", id: DELETED, state: "deleted", password: SECRET },
          { title: "archived", id: ARCHIVED, state: "archived", password: SECRET },
          { title: "also active", id: ALSO_ACTIVE, state: "alsoActive", password: "kept" },
          { title: "damaged", id: DAMAGED, unreadable: "details", password: UNOPENED },
          { title: "untitled", id: UNTITLED, unreadable: "overview", password: UNOPENED },
          { title: "twin", password: SECRET },
          { title: "Twin", password: SECRET },
          {
            title: "attached",
            files: [
              { name: "key.bin", id: FILE_ID, content: BYTES, section: "files", fieldId: "f" },
              { name: "empty", content: "" },
            ],
          },
          { title: "doc", document: { name: "a document.txt", content: "of its own" } },
          { title: "GRÜSSE", category: "SecureNote", notes: "n", tags: ["t"] },
        ],
      },
      { name: ID_TITLE, items: [{ title: "x", password: "in a vault named like an id" }] },
      { name: "double" },
      { name: "Double" },
    ],
  },
});
const client = await service.authenticate();
const { items } = client;

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

const passwordOf = (item) => item.fields.find(({ id }) => id === "password")?.value;
const never = () => new Promise(() => {});
const status = (code) => Promise.resolve(new Response(null, { status: code }));

/** What `getAll` answers, each as its password or its error's type. */
async function answers(names, options) {
  const { individualResponses } = await items.getAll("app", names, options);
  for (const { content, error } of individualResponses) {
    assert.ok((content === null) !== (error === null));
  }
  return individualResponses.map(({ content, error }) => error?.type ?? passwordOf(content));
}

test("an item by ids and by names, in any case", async () => {
  const expected = {
    id: ITEM_ID,
    title: "database",
    category: "Login",
    vaultId: VAULT_ID,
    fields: [
      {
        id: "password",
        title: "password",
        sectionId: null,
        fieldType: "Concealed",
        value: SECRET,
        details: null,
      },
    ],
    sections: [],
    notes: "",
    tags: [],
    websites: [],
    version: 7,
    files: [],
    document: null,
    createdAt: new Date("2020-02-29T23:59:59Z"),
    updatedAt: new Date("2021-01-02T03:04:05Z"),
  };
  for (const vault of [VAULT_ID, "app", "APP"]) {
    for (const name of [ITEM_ID, "database", "DataBase"]) {
      const item = await items.get(vault, name);
      assert.deepEqual(item, expected);
      assert.deepEqual(Object.keys(item), Object.keys(expected));
      assert.ok(item.createdAt instanceof Date && item.updatedAt instanceof Date);
    }
  }
  const note = await items.get("app", "grüsse");
  assert.deepEqual([note.notes, note.tags, note.fields], ["n", ["t"], []]);
});

test("names are compared as they are: nothing is trimmed, and any character will do", async () => {
  await service.failure(items.get("app", " database"), "itemNotFound");
  await service.failure(items.get("app ", "database"), "vaultNotFound");
  for (const title of ["a/b?c=d", "op://x", "%20", "…\u2028", "\ud800"]) {
    const error = await service.failure(items.get("app", title), "itemNotFound");
    assert.equal(error.reference, undefined);
    assert.doesNotMatch(error.message, /\p{Cc}/u);
  }
});

test("a title and a vault's name that have the form of an id", async () => {
  assert.equal(passwordOf(await items.get("app", ID_TITLE)), "titled like an id");
  assert.equal(passwordOf(await items.get(ID_TITLE, "x")), "in a vault named like an id");
  assert.deepEqual(await answers([ID_TITLE, "item 1"]), ["titled like an id", "pw 1"]);
});

test("items that are archived or deleted", async () => {
  assert.equal(passwordOf(await items.get("app", ALSO_ACTIVE)), "kept");
  assert.equal(passwordOf(await items.get("app", "also active")), "kept");
  for (const [id, title] of [
    [ARCHIVED, "archived"],
    [TRASHED, "trashed"],
    [DELETED, "deleted"],
  ]) {
    await service.failure(items.get("app", id), "itemNotActive", id);
    await service.failure(items.get("app", title), "itemNotFound", title);
  }
});

test("what is missing", async () => {
  for (const name of ["nothing", NOBODY]) {
    const noItem = await service.failure(items.get("app", name), "itemNotFound", name);
    assert.ok(noItem.message.includes(name) && noItem.message.includes("app"), noItem.message);
    const noVault = await service.failure(items.get(name, "database"), "vaultNotFound", name);
    assert.ok(noVault.message.includes(name), noVault.message);
    await service.failure(items.files.read(name, "database", { id: FILE_ID }), "vaultNotFound");
  }
  const near = await service.failure(items.get("app", "databse"), "itemNotFound");
  assert.match(near.message, new RegExp(`did you mean “database” \\(id ${ITEM_ID}\\)`));
});

test("what is ambiguous comes with its candidates", async () => {
  const item = await service.failure(items.get("app", "TWIN"), "tooManyItems");
  assert.deepEqual(item.candidates.map(({ title }) => title).sort(), ["Twin", "twin"]);
  for (const { id, title } of item.candidates) {
    assert.equal((await items.get("app", id)).title, title);
  }
  const vault = await service.failure(items.get("double", "x"), "tooManyVaults");
  assert.deepEqual(vault.candidates.map(({ title }) => title).sort(), ["Double", "double"]);
  const { individualResponses } = await items.getAll("app", ["twin", "item 1"]);
  assert.deepEqual(individualResponses[0].error.candidates, item.candidates);
  assert.equal(individualResponses[1].error, null);
});

test("an item that cannot be opened", async () => {
  await service.failure(items.get("app", DAMAGED), "decryption");
  await service.failure(items.get("app", "damaged"), "decryption");
  await service.failure(items.get("app", UNTITLED), "decryption");
  await service.failure(items.get("app", "untitled"), "itemNotFound");
});

test("several items in the order of the question, by ids and names, also the same again", async () => {
  const names = ["item 3", ITEM_ID, "item 1", "ITEM 3", "database", "item 3"];
  const { individualResponses } = await items.getAll("APP", names);
  const contents = individualResponses.map(({ content }) => content);
  assert.deepEqual(contents.map(passwordOf), ["pw 3", SECRET, "pw 1", "pw 3", SECRET, "pw 3"]);
  for (const { content, error } of individualResponses) {
    assert.equal(error, null);
    assert.ok(content.createdAt instanceof Date);
  }
  // Each is its own.
  assert.equal(new Set(contents).size, names.length);
  contents[0].fields[0].value = "changed";
  assert.equal(passwordOf(contents[5]), "pw 3");
});

test("no items take no request", async () => {
  service.calls = [];
  assert.deepEqual(await items.getAll("app", []), { individualResponses: [] });
  assert.deepEqual(service.calls, []);
});

test("120 items take three batches", async () => {
  await answers(["item 1"]);
  service.calls = [];
  const all = await answers(titles);
  assert.deepEqual(
    all,
    many.map(({ password }) => password),
  );
  assert.deepEqual(service.paths, [BATCH, BATCH, BATCH]);
});

test("one that is missing or cannot be opened spoils no other", async () => {
  const names = ["item 1", "nothing", NOBODY, DAMAGED, "untitled", TRASHED, "", 7, "item 2"];
  await service.failure(items.getAll("app", names), "argumentInvalid");
  names.splice(7, 1);
  assert.deepEqual(await answers(names), [
    "pw 1",
    "itemNotFound",
    "itemNotFound",
    "decryption",
    "itemNotFound",
    "itemNotActive",
    "argumentInvalid",
    "pw 2",
  ]);
  const { individualResponses } = await items.getAll("app", ["nothing", DAMAGED, UNTITLED]);
  for (const { content, error } of individualResponses) {
    assert.equal(content, null);
    assert.ok(error.message.length > 10 && !error.message.includes(UNOPENED));
  }
});

test("a vault that is missing is the error of each", async () => {
  const { individualResponses } = await items.getAll("nowhere", ["item 1", "item 2"]);
  assert.deepEqual(
    individualResponses.map(({ error }) => error.type),
    ["vaultNotFound", "vaultNotFound"],
  );
});

test("of three batches one fails: the others answer", async () => {
  let seen = 0;
  service.replace = (call, ask) => (call.path === BATCH && ++seen === 2 ? status(500) : ask());
  const all = await answers(titles);
  assert.equal(all.filter((answer) => answer === "serverError").length, 50);
  assert.equal(all.filter((answer, n) => answer === `pw ${n}`).length, 70);
});

for (const kind of ["reorder", "duplicate"]) {
  test(`a batch with the fault “${kind}” is matched by id`, async () => {
    const faulty = await Service.start({
      account: { vaults: [{ ...VAULT, items: many }] },
      faults: ({ path }) => (path === BATCH ? { kind } : undefined),
    });
    const { items: theirs } = await faulty.authenticate();
    const { individualResponses } = await theirs.getAll("app", titles);
    assert.deepEqual(
      individualResponses.map(({ content }) => passwordOf(content)),
      many.map(({ password }) => password),
    );
    const seen = faulty.emulator.requests.filter(({ fault }) => fault === kind);
    assert.equal(seen.length, 3);
  });
}

test("what a batch has for an id that nobody asked for is nobody's: the item is read again", async () => {
  service.change = (answer) => {
    if (answer.path === BATCH) answer.json.items[0].uuid = NOBODY;
  };
  service.calls = [];
  assert.deepEqual(await answers(["item 1", "item 2"]), ["pw 1", "pw 2"]);
  assert.deepEqual(service.paths.slice(0, 3), [BATCH, PATHS.vaults, PATHS.overviews]);
});

test("gets that are made at once share a batch, also with getAll", async () => {
  await answers(["item 1"]);
  service.calls = [];
  const gets = ["item 1", "item 2", "item 1"].map((name) => items.get("app", name));
  const [all, ...single] = await Promise.all([answers(["item 2", "item 4"]), ...gets]);
  assert.deepEqual(all, ["pw 2", "pw 4"]);
  assert.deepEqual(single.map(passwordOf), ["pw 1", "pw 2", "pw 1"]);
  assert.notEqual(single[0], single[2]);
  assert.deepEqual(service.paths, [BATCH]);
});

test("an item is asked for each time; names are remembered, but not if it has to be fresh", async () => {
  const own = await service.authenticate();
  await own.items.get("app", "database");
  const asked = async (options) => {
    service.calls = [];
    await own.items.get("app", "database", options);
    return service.paths;
  };
  assert.deepEqual(await asked(), [PATHS.item]);
  assert.deepEqual(await asked({ fresh: true }), [PATHS.vaults, PATHS.overviews, PATHS.item]);
  own.clearCache();
  assert.deepEqual(await asked(), [PATHS.vaults, PATHS.overviews, PATHS.item]);
});

test("an item that was replaced by one of the same name, and a vault with a new key", async () => {
  const changing = await Service.start();
  const { items: theirs } = await changing.authenticate();
  const { account } = changing.emulator;
  assert.equal(passwordOf(await theirs.get("app", "database")), SECRET);
  const id = await account.replaceItem("app", "database", { title: "database", password: "new" });
  const replaced = await theirs.get("app", "database");
  assert.deepEqual([replaced.id, passwordOf(replaced)], [id, "new"]);
  await account.setItem("app", id, { password: "newer" });
  const changed = await theirs.get(VAULT_ID, id);
  assert.deepEqual([changed.version, passwordOf(changed)], [2, "newer"]);
  await account.rotateVaultKey("app");
  assert.equal(passwordOf(await theirs.get("app", "database")), "newer");
  assert.equal(
    passwordOf((await theirs.getAll("app", [id])).individualResponses[0].content),
    "newer",
  );
});

test("a session that has ended is renewed", async () => {
  service.emulator.expireSessions();
  assert.deepEqual(await answers(["item 1", "item 2"]), ["pw 1", "pw 2"]);
});

test("signals, time limits and a closed client end calls", async () => {
  const { signal } = new AbortController();
  const own = await service.authenticate();
  const calls = (options) => [
    own.items.get("app", "database", options),
    own.items.getAll("app", ["database", "item 1"], options),
    own.items.files.read("app", "attached", { id: FILE_ID }, options),
  ];
  const fail = (promises, code) =>
    Promise.all(promises.map((promise) => service.failure(promise, code)));
  service.calls = [];
  await fail(calls({ signal: AbortSignal.abort() }), "aborted");
  assert.deepEqual(service.calls, []);
  service.replace = never;
  const controller = new AbortController();
  const aborted = fail(calls({ signal: controller.signal }), "aborted");
  setTimeout(() => controller.abort(), 20);
  await aborted;
  const [late, all, file] = calls({ timeoutMs: 30, signal });
  await fail([late, file], "timeout");
  const { individualResponses } = await all;
  assert.deepEqual(
    individualResponses.map(({ error }) => error.type),
    ["timeout", "timeout"],
  );
  const open = fail(calls(), "closed");
  setTimeout(() => own.close(), 20);
  await open;
  service.calls = [];
  await fail(calls(), "closed");
  assert.deepEqual(service.calls, []);
});

test("the config's signal ends calls", async () => {
  const controller = new AbortController();
  const own = await service.authenticate({ signal: controller.signal });
  service.replace = never;
  setTimeout(() => controller.abort(), 20);
  await service.failure(own.items.get("app", "database"), "aborted");
  await service.failure(own.items.getAll("app", ["database"]), "aborted");
});

test("the content of files, which items tell of", async () => {
  const { files, sections } = await items.get("app", "attached");
  const attributes = { name: "key.bin", id: FILE_ID, size: BYTES.length };
  assert.deepEqual(files[0].attributes, attributes);
  assert.equal(files[0].fieldId, "f");
  assert.equal(sections.find(({ id }) => id === files[0].sectionId).title, "files");
  const item = (await items.get("app", "attached")).id;
  for (const [vault, name] of [
    ["app", "attached"],
    ["APP", "ATTACHED"],
    [VAULT_ID, item],
  ]) {
    assert.deepEqual(await items.files.read(vault, name, attributes), BYTES);
  }
  // Of the attributes, the id counts.
  assert.deepEqual(await items.files.read("app", item, { id: FILE_ID }), BYTES);
  const empty = await items.files.read("app", item, files[1].attributes);
  assert.deepEqual([empty instanceof Uint8Array, empty.length], [true, 0]);
});

test("the content of a Document", async () => {
  const { document, files, category } = await items.get("app", "doc");
  assert.deepEqual([document.name, document.size], ["a document.txt", 10]);
  assert.deepEqual([files, category], [[], "Document"]);
  const bytes = await items.files.read("app", "doc", document);
  assert.equal(new TextDecoder().decode(bytes), "of its own");
});

test("a file is its caller's own", async () => {
  const read = () => items.files.read("app", "attached", { id: FILE_ID });
  const [one, other] = await Promise.all([read(), read()]);
  assert.notEqual(one.buffer, other.buffer);
  one.fill(0);
  for (const bytes of [other, await read()]) {
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
    assert.deepEqual([bytes.byteOffset, bytes.buffer.byteLength], [0, BYTES.length]);
    assert.deepEqual(bytes, BYTES);
  }
});

test("a file that is not there", async () => {
  const { document } = await items.get("app", "doc");
  for (const id of [NOBODY, document.id, FILE_ID.toUpperCase(), "key.bin", "f"]) {
    await service.failure(items.files.read("app", "attached", { id }), "notFound", id);
  }
  await service.failure(items.files.read("app", "nothing", { id: FILE_ID }), "itemNotFound");
  await service.failure(items.files.read("app", TRASHED, { id: FILE_ID }), "itemNotActive");
  service.replace = (call, ask) => (call.path.includes("/file/") ? status(404) : ask());
  await service.failure(items.files.read("app", "attached", { id: FILE_ID }), "notFound");
});

test("a file that was altered", async () => {
  service.change = (answer) => {
    if (answer.bytes !== undefined) answer.bytes = answer.bytes.slice(1);
  };
  await service.failure(items.files.read("app", "attached", { id: FILE_ID }), "decryption");
});

/** Fails unless the call, made at once, gives a promise, and that is rejected. */
async function checkRefused(what, call, code = "argumentInvalid") {
  let promise;
  assert.doesNotThrow(() => {
    promise = call();
  }, what);
  await service.failure(promise, code, what);
}

const NO_NAMES = [undefined, null, 7, "", "\0", "app\0database", ["app"], {}, Symbol.iterator];

test("what is no name is refused, by a promise", async () => {
  service.calls = [];
  for (const name of NO_NAMES) {
    const what = typeof name === "symbol" ? "a symbol" : JSON.stringify(name);
    const file = { id: FILE_ID };
    await checkRefused(what, () => items.get(name, "database"));
    await checkRefused(what, () => items.get("app", name));
    await checkRefused(what, () => items.files.read(name, "attached", file));
    await checkRefused(what, () => items.files.read("app", name, file));
    await checkRefused(what, () => items.files.read("app", "attached", { id: name }));
    await checkRefused(what, () => items.list(name));
    if (typeof name !== "string") await checkRefused(what, () => items.getAll("app", [name]));
    if (!Array.isArray(name)) await checkRefused(what, () => items.getAll("app", name));
  }
  for (const attributes of [undefined, null, "id", 7, {}, FILE_ID]) {
    const what = JSON.stringify(attributes);
    await checkRefused(what, () => items.files.read("app", "attached", attributes));
  }
  assert.deepEqual(service.calls, []);
});

test("filters and options of a wrong form are refused, by a promise", async () => {
  const content = { active: true, archived: true };
  service.calls = [];
  for (const filter of [
    undefined,
    null,
    7,
    "active",
    { active: true },
    { type: "ByState" },
    { content },
    { type: "byState", content },
    { type: "ByState", content: null },
    { type: "ByState", content: { active: true } },
    { type: "ByState", content: { active: 1, archived: 0 } },
  ]) {
    const what = JSON.stringify(filter);
    await checkRefused(what, () => items.list("app", filter));
    await checkRefused(what, () => items.list("app", { type: "ByState", content }, filter));
    await checkRefused(what, () => items.list("app", filter)[Symbol.asyncIterator]().next());
  }
  for (const options of [
    null,
    7,
    { timeoutMs: 0 },
    { timeoutMs: "1" },
    { signal: {} },
    { fresh: 1 },
  ]) {
    const what = JSON.stringify(options);
    await checkRefused(what, () => items.get("app", "database", options));
    await checkRefused(what, () => items.files.read("app", "i", { id: FILE_ID }, options));
  }
  assert.deepEqual(service.calls, []);
});

test("getAll is refused as a whole for a wrong vault or wrong options, as resolveAll", async () => {
  await checkRefused("resolveAll", () => client.secrets.resolveAll(["x"], { timeoutMs: 0 }));
  for (const names of [["database"], []]) {
    for (const vault of [undefined, 7, "", "app\0x"]) {
      await checkRefused(String(vault), () => items.getAll(vault, names));
    }
    await checkRefused("options", () => items.getAll("app", names, { timeoutMs: 0 }));
  }
});

test("an error's reference is a reference, and not what stands for an item inside", async () => {
  const error = await service.failure(items.get("op://app", "database"), "vaultNotFound");
  assert.equal(error.reference, undefined);
});

test("a token in the place of a name is not repeated", async () => {
  for (const call of [
    items.get(service.token, "database"),
    items.get("app", service.token),
    items.files.read("app", "attached", { id: service.token }),
  ]) {
    const error = await call.catch((thrown) => thrown);
    service.checkTellsNothing(error);
    assert.ok(error.message.length < 300, error.message);
  }
  const { individualResponses } = await items.getAll("app", [service.token]);
  assert.ok(!JSON.stringify(individualResponses).includes(service.token));
});

test("a lazy client signs in for the first item", async () => {
  service.calls = [];
  const lazy = await service.authenticate({ lazy: true });
  assert.ok(lazy instanceof Client);
  assert.deepEqual(service.calls, []);
  assert.equal(passwordOf(await lazy.items.get(VAULT_ID, ITEM_ID)), SECRET);
  assert.equal(service.paths.at(-1), PATHS.item);
});
