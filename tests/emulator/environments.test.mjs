// Environments: vaults of the type `D`, each with one item that holds the variables.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { openJson, RawClient } from "./raw_client.mjs";

const ID = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const inEnvironment = (...environments) => ({ account: { vaults: [], environments } });

/** An account's vaults in the order of the list, opened down to the items. */
async function openVaults(emulator) {
  const client = await new RawClient(emulator).signIn();
  const { json: vaults } = await client.sealed("GET", "/api/v1/vaults?attrs=combined-access");
  const opened = [];
  for (const vault of vaults) {
    const key = Buffer.from((await client.vaultJwk(vault.uuid)).k, "base64url");
    const path = `/api/v1/vault/${vault.uuid}`;
    const items = [];
    for (const { uuid } of (await client.sealed("GET", `${path}/items/overviews`)).json.items) {
      const { item } = (await client.sealed("GET", `${path}/item/${uuid}`)).json;
      const overview = openJson(key, item.encOverview);
      items.push({ item, overview, details: openJson(key, item.encDetails) });
    }
    opened.push({ vault, attributes: openJson(key, vault.encAttrs), items });
  }
  return opened;
}
const open = async (...environments) =>
  openVaults(await createEmulator(inEnvironment(...environments)));

test("is a vault of the type D, listed with the others", async () => {
  const vaults = [{ name: "app" }];
  const environments = [{ name: "production", id: ID, variables: {} }];
  const emulator = await createEmulator({ account: { vaults, environments } });
  const [app, production] = await openVaults(emulator);
  assert.equal(app.vault.type, "U");
  assert.deepEqual([production.vault.type, production.vault.uuid], ["D", ID]);
  assert.deepEqual([production.attributes.type, production.attributes.name], ["D", "production"]);
});

test("has one item with a field for each variable", async () => {
  const variables = { DB_HOST: "db.example", "": "no name" };
  const [{ items }] = await open({ name: "production", itemId: ITEM, variables });
  assert.equal(items.length, 1);
  const [{ item, overview, details }] = items;
  assert.deepEqual([item.uuid, item.templateUuid, item.trashed], [ITEM, "112", "N"]);
  assert.equal(overview.title, "production");
  assert.equal(details.sections.length, 1);
  const { fields } = details.sections[0];
  assert.deepEqual(
    fields.map(({ n: _, ...field }) => field),
    [
      { k: "concealed", t: "DB_HOST", v: "db.example" },
      { k: "concealed", t: "", v: "no name" },
    ],
  );
  assert.equal(new Set(fields.map(({ n }) => n)).size, 2);
  for (const { n } of fields) assert.match(n, /^[a-z2-7]{26}$/);
});

test("variables one by one: masked or not, of other kinds, twice the same", async () => {
  const variables = [
    { name: "A", value: "1" },
    { name: "A", value: "2", masked: true, id: "second" },
    { name: "B", value: "3", masked: false },
    { name: "C", value: "https://c.example", kind: "URL", id: "c" },
    { name: "D", value: "JBSWY3DPEHPK3PXP", kind: "otp", id: "d" },
  ];
  const [{ items }] = await open({ name: "e", templateUuid: "120", variables });
  assert.equal(items[0].item.templateUuid, "120");
  const { fields } = items[0].details.sections[0];
  assert.deepEqual(
    fields.map(({ k, t, v }) => [k, t, v]),
    [
      ["concealed", "A", "1"],
      ["concealed", "A", "2"],
      ["string", "B", "3"],
      ["URL", "C", "https://c.example"],
      ["concealed", "D", "JBSWY3DPEHPK3PXP"],
    ],
  );
  assert.deepEqual([fields[1].n, fields[3].n, fields[4].n], ["second", "c", "TOTP_d"]);
});

test("without variables there is no item; with none of them there is", async () => {
  const [absent, none] = await open({ name: "a" }, { name: "b", variables: [] });
  assert.equal(absent.items.length, 0);
  assert.equal(none.items.length, 1);
  assert.deepEqual(none.items[0].details.sections[0].fields, []);
});

test("a vault of this type says what else there is to say", async () => {
  const items = [{ title: "one" }, { title: "two", state: "deleted" }];
  const vaults = [{ name: "odd", type: "environment", items }];
  const [odd] = await openVaults(await createEmulator({ account: { vaults } }));
  assert.equal(odd.vault.type, "D");
  assert.equal(odd.items.length, 2);
});

test("is changed as a vault is", async () => {
  const emulator = await createEmulator(inEnvironment({ name: "e", variables: { A: "old" } }));
  await emulator.account.setItem("e", "e", { fields: { A: "new" } });
  await emulator.account.renameVault("e", "f");
  const [{ attributes, items }] = await openVaults(emulator);
  assert.equal(attributes.name, "f");
  assert.equal(items[0].details.sections[0].fields[0].v, "new");
});

const inVariable = (variable) => inEnvironment({ name: "e", variables: [variable] });
const at = "account.environments[0]";
for (const [options, message] of [
  [{ account: { vaults: [], environments: {} } }, "account.environments: must be an array"],
  [inEnvironment({}), `${at}: name is missing`],
  [
    inEnvironment({ name: "e", items: [] }),
    `${at}.items: unknown member; known: name, id, itemId, variables, templateUuid`,
  ],
  [inEnvironment({ name: "e", id: "nope" }), /environments\[0\]\.id: must be an object id/],
  [inEnvironment({ name: "e", itemId: ITEM }), `${at}.itemId: without variables there is no item`],
  [
    inEnvironment({ name: "e", templateUuid: "112" }),
    `${at}.templateUuid: without variables there is no item`,
  ],
  [inEnvironment({ name: "e", variables: { A: 1 } }), `${at}.variables.A: must be a string`],
  [inEnvironment({ name: "e", variables: "A=1" }), `${at}.variables: must be an object`],
  [inVariable({ name: "A" }), `${at}.variables[0]: value is missing`],
  [inVariable({ value: "1" }), `${at}.variables[0]: name is missing`],
  [
    inVariable({ name: "A", value: "", masked: 1 }),
    `${at}.variables[0].masked: must be true or false`,
  ],
  [
    inVariable({ name: "A", value: "", masked: true, kind: "URL" }),
    `${at}.variables[0]: masked and kind exclude each other`,
  ],
  [
    inEnvironment({ name: "e", id: ID }, { name: "f", id: ID }),
    "account.environments[1].id: the same as account.environments[0].id",
  ],
  [
    inEnvironment({ name: "e", id: ID, itemId: ID, variables: {} }),
    "account.environments[0].itemId: the same as account.environments[0].id",
  ],
]) {
  test(`refuses: ${message}`, async () => {
    await assert.rejects(createEmulator(options), { name: "TypeError", message });
  });
}

test("what is on the prototype of all objects is no part of a variable", async () => {
  const pollution = { value: "from elsewhere", configurable: true, enumerable: true };
  Object.defineProperty(Object.prototype, "kind", pollution);
  try {
    const [{ items }] = await open({ name: "e", variables: { A: "1" } });
    assert.equal(items[0].details.sections[0].fields[0].k, "concealed");
  } finally {
    delete Object.prototype.kind;
  }
});
