// Environments of the emulator as the vendor's client reads them: described ones, and all recorded
// ones, which must give what was recorded.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { vendorClient } from "./vendor.mjs";

const { cases } = JSON.parse(
  readFileSync(new URL("../vectors/environments.json", import.meta.url), "utf8"),
);

test("described Environments", async () => {
  const emulator = await createEmulator({
    account: {
      vaults: [{ name: "app" }],
      environments: [
        {
          name: "production",
          variables: [
            { name: "DB_HOST", value: "db.example", masked: false },
            { name: "DB_PASSWORD", value: "s3cret" },
            { name: "SINCE", value: "1694692860", kind: "date" },
          ],
        },
        { name: "short", variables: { A: "1", B: "" } },
        { name: "empty" },
      ],
    },
  });
  const client = await vendorClient(emulator);
  const vaults = await client.vaults.list();
  const idOf = (name) => vaults.find(({ title }) => title === name).id;
  const read = async (name) => (await client.environments.getVariables(idOf(name))).variables;
  assert.equal(vaults.find(({ title }) => title === "short").vaultType, "unsupported");
  assert.deepEqual(await read("production"), [
    { name: "DB_HOST", value: "db.example", masked: false },
    { name: "DB_PASSWORD", value: "s3cret", masked: true },
    { name: "SINCE", value: "1694692860", masked: false },
  ]);
  assert.deepEqual(await read("short"), [
    { name: "A", value: "1", masked: true },
    { name: "B", value: "", masked: true },
  ]);
  assert.deepEqual(await read("empty"), []);
  await assert.rejects(read("app"), /does not correspond to an Environment/);
  assert.equal(await client.secrets.resolve("op://production/production/DB_PASSWORD"), "s3cret");
  await emulator.account.setItem("short", "short", { fields: { A: "2" } });
  assert.equal((await read("short"))[0].value, "2");
});

test("a vault's key that does not open is noticed at the item", async () => {
  const id = idOf(0);
  const vault = {
    name: "odd",
    id,
    type: "environment",
    unreadable: "key",
    items: [{ title: "x" }],
  };
  const client = await vendorClient(await createEmulator({ account: { vaults: [vault] } }));
  const message = "error decrypting item details";
  await assert.rejects(client.environments.getVariables(id), { message });
});

/** Which request a recorded answer stands in the place of, and its status. */
function toFault(served = "") {
  const [, what, status] = /^GET (vault|overviews|item): HTTP (\d+)$/.exec(served) ?? [];
  const paths = { vault: /^\/api\/v3\/vault\//, overviews: /\/overviews$/, item: /\/item\// };
  return { paths: paths[what], status: Number(status) };
}

/** What was recorded is a key that is in no form the client knows: one that only does not open differs. */
const MALFORMED = "vault key unreadable";
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const idOf = (n) => `${"a".repeat(23)}${LETTERS[n >> 5]}${LETTERS[n & 31]}a`;

let emulator;
let client;
/** What is to go wrong in the case that runs. */
let fault = {};
before(async () => {
  const vaults = cases.map(({ name, type, items }, index) => {
    const more = name === "vault attributes unreadable" ? { unreadable: "attributes" } : {};
    return { name: `case ${index}`, id: idOf(index), type, items, ...more };
  });
  const malformed = `/api/v3/vault/${idOf(cases.findIndex(({ name }) => name === MALFORMED))}`;
  emulator = await createEmulator({
    account: { vaults },
    faults: ({ path }) =>
      fault.paths?.test(path) ? { kind: "status", status: fault.status } : undefined,
    onAnswer: ({ path, json }) => {
      if (path === malformed) json.combinedAccess.encVaultKey.enc = "another";
    },
  });
  client = await vendorClient(emulator);
});

const withoutIds = (request) =>
  request.replace(/\?.*/, "").replace(/\{\w+\}|(?<=\/)[a-z2-7]{26}(?=\/|$)/g, "<id>");

for (const [index, recorded] of cases.entries()) {
  test(`recorded case ${index}: ${recorded.name ?? recorded.type}`, async () => {
    const { environmentId = idOf(index), variables, vendor_message, errorClass } = recorded;
    fault = toFault(recorded.served);
    emulator.clearRequests();
    const answer = client.environments.getVariables(environmentId);
    if (vendor_message === undefined) {
      assert.deepEqual((await answer).variables, variables);
    } else {
      await assert.rejects(answer, (error) => {
        assert.equal(error.message, vendor_message);
        if (errorClass !== undefined) assert.equal(error.constructor.name, errorClass);
        return true;
      });
    }
    if (recorded.requests === undefined) return;
    // The client asks for the keysets once, whichever case is the first that needs them.
    const made = emulator.requests.filter(({ path }) => !path.endsWith("/account/keysets"));
    assert.deepEqual(
      made.map(({ method, path }) => withoutIds(`${method} ${path}`)),
      recorded.requests.map(withoutIds),
    );
  });
}
