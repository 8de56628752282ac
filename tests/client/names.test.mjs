// Names that fit several things, or nothing: what the error offers instead works.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Service } from "./support.mjs";

const field = (id, title, value) => ({ k: "concealed", n: id, t: title, v: value });
const items = [
  { title: "db", password: "lower" },
  { title: "DB", password: "upper" },
  {
    title: "database",
    details: {
      fields: [{ id: "password", designation: "password", name: "pw", type: "P", value: "main" }],
      sections: [
        {
          name: "s1",
          title: "replica",
          fields: [field("f1", "api key", "one"), field("f2", "API key", "two")],
        },
      ],
    },
  },
];
const service = await Service.start({
  account: { vaults: [{ name: "prod", items }, { name: "twin" }, { name: "Twin" }] },
});
const client = await service.authenticate();

const failure = (reference, code) => service.failure(client.resolve(reference), code);

/** The id that the message offers for the name. */
function offered({ message, candidates }, name) {
  const [, id] = message.match(new RegExp(`; did you mean “${name}” \\(id (\\S+)\\)\\?`)) ?? [];
  assert.ok(id, message);
  assert.equal(candidates, undefined);
  return id;
}

test("an item's title that fits two", async () => {
  const error = await failure("op://prod/db/password", "tooManyItems");
  const values = [];
  for (const { id, title } of error.candidates) {
    assert.ok(error.message.includes(id));
    values.push([title, await client.resolve(`op://prod/${id}/password`)]);
  }
  assert.deepEqual(values.sort(), [
    ["DB", "upper"],
    ["db", "lower"],
  ]);
});

test("a vault's name that fits two", async () => {
  const error = await failure("op://twin/x/password", "tooManyVaults");
  assert.deepEqual(error.candidates.map(({ title }) => title).sort(), ["Twin", "twin"]);
  for (const { id } of error.candidates) {
    assert.ok(error.message.includes(id));
    await failure(`op://${id}/x/password`, "itemNotFound");
  }
});

test("a field's title that fits two", async () => {
  const error = await failure("op://prod/database/replica/api key", "tooManyMatchingFields");
  assert.deepEqual(error.candidates, [
    { id: "f1", title: "api key" },
    { id: "f2", title: "API key" },
  ]);
  assert.equal(await client.resolve("op://prod/database/replica/f2"), "two");
});

test("a misspelt vault, item, section and field", async () => {
  const vault = offered(await failure("op://prd/database/password", "vaultNotFound"), "prod");
  assert.equal(await client.resolve(`op://${vault}/database/password`), "main");

  const noItem = await failure("op://prod/databse/password", "itemNotFound");
  assert.ok(noItem.message.includes("no item “databse” among the 3 items of the vault “prod”"));
  const item = offered(noItem, "database");
  assert.equal(await client.resolve(`op://prod/${item}/password`), "main");

  const noSection = await failure("op://prod/database/replcia/f1", "noMatchingSections");
  assert.equal(offered(noSection, "replica"), "s1");
  assert.equal(await client.resolve("op://prod/database/s1/f1"), "one");

  const noField = await failure("op://prod/database/pasword", "fieldNotFound");
  assert.equal(offered(noField, "password"), "password");
});

test("what is near nothing is offered nothing, and no value is ever told", async () => {
  for (const [reference, code] of [
    ["op://production-eu/database/password", "vaultNotFound"],
    ["op://prod/something else/password", "itemNotFound"],
    ["op://prod/database/elsewhere/f1", "noMatchingSections"],
    ["op://prod/database/main", "fieldNotFound"],
  ]) {
    const { message } = await failure(reference, code);
    assert.ok(!message.includes("did you mean"), message);
    assert.ok(!/lower|upper|“one”|“two”/.test(message), message);
  }
});
