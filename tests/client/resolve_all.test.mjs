// Several references at once.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ITEM_ID, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;
const many = Array.from({ length: 120 }, (_, n) => ({ title: `item ${n}`, password: `pw ${n}` }));

const service = await Service.start({
  account: {
    vaults: [
      { ...VAULT, items: [...VAULT.items, ...many, { title: "gone", state: "trashed" }] },
      { name: "other", items: [{ title: "x", password: "in another vault" }] },
    ],
  },
});
const { secrets } = await service.authenticate();

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

const responses = async (references) => (await secrets.resolveAll(references)).individualResponses;
const password = (n) => `op://app/item ${n}/password`;

test("the vendor's shape, and one bad reference spoils no other", async () => {
  const answers = await responses([
    "op://app/database/password",
    `op://${VAULT_ID}/${ITEM_ID}/password`,
    "op://other/x/password",
    "op://nowhere/x/password",
    "op://app/nothing/password",
    "op://app/database/nothing",
    "op://app/gone/password",
    "not a reference",
  ]);
  const content = { secret: SECRET, itemId: ITEM_ID, vaultId: VAULT_ID };
  assert.deepEqual(answers["op://app/database/password"], { content });
  assert.deepEqual(answers[`op://${VAULT_ID}/${ITEM_ID}/password`], { content });
  assert.equal(answers["op://other/x/password"].content.secret, "in another vault");
  const types = Object.fromEntries(
    Object.entries(answers).map(([reference, { error }]) => [reference, error?.type]),
  );
  assert.equal(types["op://nowhere/x/password"], "vaultNotFound");
  assert.equal(types["op://app/nothing/password"], "itemNotFound");
  assert.equal(types["op://app/database/nothing"], "fieldNotFound");
  assert.equal(types["op://app/gone/password"], "itemNotFound");
  assert.equal(types["not a reference"], "parsing");
  assert.ok(answers["not a reference"].error.message.includes("op://"));
});

test("no references, and the same one often", async () => {
  assert.deepEqual(await responses([]), {});
  service.calls = [];
  const answers = await responses(Array(100).fill(password(1)));
  assert.deepEqual(Object.keys(answers), [password(1)]);
  assert.equal(service.paths.length, 1);
});

test("120 items take three batches, and answers in any order are matched by id", async () => {
  service.change = (answer) => {
    if (answer.path === BATCH) answer.json.items.reverse();
  };
  service.calls = [];
  const answers = await responses(many.map((_, n) => password(n)));
  for (const n of many.keys()) assert.equal(answers[password(n)].content.secret, `pw ${n}`);
  assert.deepEqual(service.paths, [BATCH, BATCH, BATCH]);
});

test("an item that the batch leaves out is missing", async () => {
  service.change = (answer) => {
    if (answer.path === BATCH) answer.json.items = [];
  };
  const client = await service.authenticate({ cache: { metadataTtlMs: 0 } });
  const references = ["op://app/database/password", password(1)];
  const { individualResponses } = await client.secrets.resolveAll(references);
  for (const reference of references) {
    assert.equal(individualResponses[reference].error.type, "notFound");
  }
  // It may have been replaced since its name was read.
  const answers = await responses(references);
  assert.equal(answers[password(1)].error.type, "notFound");
});

test("a batch that is refused for an unknown id is read item by item", async () => {
  service.replace = (call, ask) =>
    call.path === BATCH ? Promise.resolve(new Response(null, { status: 404 })) : ask();
  const unknown = `op://${VAULT_ID}/${"z".repeat(26)}/password`;
  const answers = await responses([password(1), unknown]);
  assert.equal(answers[password(1)].content.secret, "pw 1");
  assert.equal(answers[unknown].error.type, "itemNotFound");
});

test("a failing batch fails its references alone", async () => {
  service.replace = (call, ask) =>
    call.path === BATCH ? Promise.resolve(new Response(null, { status: 500 })) : ask();
  const answers = await responses([password(1), password(2), "op://other/x/password"]);
  assert.equal(answers[password(1)].error.type, "serverError");
  assert.equal(answers["op://other/x/password"].content.secret, "in another vault");
});

test("of three batches one fails: the others answer", async () => {
  let batches = 0;
  service.replace = (call, ask) => {
    const isSecond = call.path === BATCH && ++batches === 2;
    return isSecond ? Promise.resolve(new Response(null, { status: 500 })) : ask();
  };
  const answers = Object.values(await responses(many.map((_, n) => password(n))));
  const failed = answers.filter(({ error }) => error?.type === "serverError");
  assert.deepEqual([answers.length, failed.length], [120, 50]);
});

test("a damaged item in a vault that is remembered spoils no other", async () => {
  const byId = (n) => `op://${VAULT_ID}/item ${n}/password`;
  service.change = (answer) => {
    if (answer.path === BATCH) answer.json.items[0].encDetails.data = "AAAA";
  };
  service.replace = (call, ask) =>
    call.path === PATHS.vault ? Promise.resolve(new Response(null, { status: 503 })) : ask();
  service.calls = [];
  const answers = await responses([byId(0), byId(1)]);
  assert.deepEqual(
    Object.values(answers).map(({ error, content }) => error?.type ?? content.secret),
    ["serverError", "pw 1"],
  );
  // The vault is looked at again for a new key, and has none.
  service.replace = undefined;
  service.calls = [];
  assert.equal((await responses([byId(0), byId(1)]))[byId(0)].error, undefined);
  assert.deepEqual(service.paths.slice(0, 2), [BATCH, PATHS.vault]);
  assert.equal(service.paths.length, 3);
});

test("two spellings of a vault's name are one vault, and of an item's one item", async () => {
  service.calls = [];
  const answers = await responses([password(1), "op://APP/ITEM 1/password"]);
  assert.deepEqual(
    new Set(Object.values(answers).map(({ content }) => content.secret)),
    new Set(["pw 1"]),
  );
  assert.equal(service.paths.length, 1);
});

test("what is ambiguous comes with its candidates", async () => {
  const account = { vaults: [{ name: "v", items: [{ title: "x" }, { title: "X" }] }] };
  const twins = await (await Service.start({ account })).authenticate();
  const { individualResponses } = await twins.secrets.resolveAll(["op://v/x/password"]);
  const { type, candidates } = individualResponses["op://v/x/password"].error;
  assert.equal(type, "tooManyItems");
  assert.deepEqual(candidates.map(({ title }) => title).sort(), ["X", "x"]);
});

test("references that are names of object members, and no text at all", async () => {
  const odd = ["__proto__", "constructor", "7", "\ud800"];
  const answers = await responses(odd);
  assert.deepEqual(new Set(Object.keys(answers)), new Set(odd));
  assert.ok(Object.values(answers).every(({ error }) => error.type === "parsing"));
});

test("what is no list of strings, and a closed client", async () => {
  await service.failure(secrets.resolveAll("op://app/database/password"), "argumentInvalid");
  await service.failure(secrets.resolveAll([7]), "argumentInvalid");
  // biome-ignore lint/suspicious/noSparseArray: that is what is tested
  await service.failure(secrets.resolveAll([, "op://app/database/password"]), "argumentInvalid");
  const client = await service.authenticate();
  client.close();
  await service.failure(client.secrets.resolveAll([password(1)]), "closed");
});
