// Environments: every recorded case through the package; by name and by id, with few requests, remembered,
// together, and what stands in the way.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, beforeEach, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { memoryStore } from "../../dist/stores.js";
import { aQuarterHourPasses, Service } from "./support.mjs";

const { cases } = JSON.parse(
  readFileSync(new URL("../vectors/environments.json", import.meta.url), "utf8"),
);
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const idOf = (n) => `${"a".repeat(23)}${LETTERS[n >> 5]}${LETTERS[n & 31]}a`;
const PROD = "o55tod6a4pdaoelxf2f7icbrv4";
const TWIN = "pokahvr47axgmq6hp2sy6tzb6a";
const VAULT = "qokahvr47axgmq6hp2sy6tzb6a";
const NOBODY = "zokahvr47axgmq6hp2sy6tzb6a";
const ACCOUNT = {
  vaults: [
    { name: "app", id: VAULT, items: [{ title: "database", password: "p" }] },
    { name: "twin", items: [{ title: "database", password: "p" }] },
  ],
  environments: [
    { name: "prod", id: PROD, variables: { A: "1", B: "2" } },
    { name: "Twin", id: TWIN, variables: { C: "3" } },
    { name: "empty" },
    { name: "double", variables: { D: "4" } },
    { name: "DOUBLE", variables: { D: "5" } },
  ],
};

const answers = (status) => () => new Response(null, { status });
const requestsOf = (service) =>
  service.calls.map(({ method, path }) => `${method} ${path.replace(/\/[a-z2-7]{26}/g, "/:id")}`);
const VAULTS = "GET /api/v1/vaults";
const KEYSETS = "GET /api/v2/account/keysets";
const GET_VAULT = "GET /api/v3/vault/:id";
const OVERVIEWS = "GET /api/v1/vault/:id/items/overviews";
const ITEM = "GET /api/v1/vault/:id/item/:id";

let service;
let client;
before(async () => {
  service = await Service.start({ account: ACCOUNT });
});
beforeEach(async () => {
  service.replace = undefined;
  service.change = undefined;
  client = await service.authenticate();
  service.calls = [];
});

// Recorded cases.

/** Which request a recorded answer stands in the place of, and its status. */
function faultOf(served = "") {
  const [, what, status] = /^GET (vault|overviews|item): HTTP (\d+)$/.exec(served) ?? [];
  const paths = { vault: /^\/api\/v3\/vault\//, overviews: /\/overviews$/, item: /\/item\// };
  return { path: paths[what], status: Number(status) };
}
const CODES = {
  ...{ 400: "serverError", 401: "authenticationFailed", 403: "permissionDenied" },
  ...{ 404: "notFound", 409: "conflict", 429: "rateLimited", 500: "serverError" },
  ...{ 503: "serverError" },
};

/** Our code for a recorded refusal: the real cause where the vendor's client has none. */
function codeOf({ error, environmentId, served, name, vendor_message }) {
  if (error !== "other") return error;
  const { status } = faultOf(served);
  if (!Number.isNaN(status)) return CODES[status];
  if (environmentId !== undefined) return "environmentNotFound";
  if (name === "vault key unreadable") return "decryption";
  assert.match(vendor_message, /active state/);
  return "itemNotActive";
}

/** As recorded, but that the secret of a one-time password is masked. */
function expectedOf({ items, variables }) {
  const sections = items[0]?.details.sections;
  const named = (Array.isArray(sections) ? sections : []).filter(
    (section) => typeof section?.name === "string" || typeof section?.title === "string",
  );
  const fields = named
    .flatMap(({ fields }) => (Array.isArray(fields) ? fields : []))
    .filter((field) => typeof field?.k === "string" && typeof field?.n === "string");
  return variables.map((variable, at) => {
    const { k, n } = fields[at];
    return k === "concealed" && n.startsWith("TOTP") ? { ...variable, masked: true } : variable;
  });
}

test("recorded cases", async () => {
  const vaults = cases.map(({ name, type, items }, index) => {
    const unreadable = {
      "vault attributes unreadable": "attributes",
      "vault key unreadable": "key",
    };
    const more = unreadable[name] === undefined ? {} : { unreadable: unreadable[name] };
    return { name: `case ${index}`, id: idOf(index), type, items, ...more };
  });
  const recorded = await Service.start({ account: { vaults } });
  const own = await recorded.authenticate();
  const counts = { variables: 0, refused: 0 };
  for (const [index, one] of cases.entries()) {
    const { path, status } = faultOf(one.served);
    recorded.replace = (call, ask) => (path?.test(call.path) ? answers(status)() : ask());
    const what = `case ${index}: ${one.name ?? one.type}`;
    const asked = own.environments.getVariables(one.environmentId ?? idOf(index));
    if (one.error === undefined) {
      assert.deepEqual(await asked, { variables: expectedOf(one) }, what);
      counts.variables += 1;
    } else {
      const code = status === 404 && path.test("/api/v3/vault/") ? one.error : codeOf(one);
      await recorded.failure(asked, code, what);
      counts.refused += 1;
    }
    aQuarterHourPasses();
  }
  assert.deepEqual(counts, { variables: 143, refused: 51 });
});

// Requests.

test("from cold, by name and by id, and one request after that", async () => {
  const all = {
    variables: [
      { name: "A", value: "1", masked: true },
      { name: "B", value: "2", masked: true },
    ],
  };
  assert.deepEqual(await client.environments.getVariables("prod"), all);
  assert.deepEqual(requestsOf(service), [VAULTS, KEYSETS, OVERVIEWS, ITEM]);
  for (const name of ["prod", "PROD", PROD]) {
    service.calls = [];
    assert.deepEqual(await client.environments.getVariables(name), all);
    assert.deepEqual(requestsOf(service), [ITEM], name);
  }
  const other = await service.authenticate();
  service.calls = [];
  assert.deepEqual(await other.environments.get(PROD), { A: "1", B: "2" });
  assert.deepEqual(requestsOf(service), [GET_VAULT, KEYSETS, OVERVIEWS, ITEM]);
  service.calls = [];
  assert.deepEqual(await other.environments.get(PROD), { A: "1", B: "2" });
  assert.deepEqual(requestsOf(service), [ITEM]);
});

test("an Environment without an item has no variables, until it has one", async () => {
  const own = await Service.start({
    account: { vaults: [{ name: "later", type: "environment" }] },
  });
  const reader = await own.authenticate();
  assert.deepEqual(await reader.environments.getVariables("later"), { variables: [] });
  own.calls = [];
  assert.deepEqual(await reader.environments.get("later"), {});
  assert.deepEqual(requestsOf(own), [OVERVIEWS]);
  const fields = [{ title: "A", kind: "concealed", value: "1" }];
  await own.emulator.account.addItem("later", { title: "x", fields });
  assert.deepEqual(await reader.environments.get("later"), { A: "1" });
});

test("calls in one go are one, and so are a vault and an Environment of one name", async () => {
  const [one, other, again, secret] = await Promise.all([
    client.environments.getVariables("prod"),
    client.environments.get("prod"),
    client.environments.get("prod"),
    client.resolve("op://app/database/password"),
  ]);
  assert.equal(one.variables.length, 2);
  assert.deepEqual([other, again, secret], [{ A: "1", B: "2" }, { A: "1", B: "2" }, "p"]);
  assert.equal(requestsOf(service).filter((request) => request === VAULTS).length, 1);
  assert.equal(requestsOf(service).filter((request) => request === ITEM).length, 2);
  assert.deepEqual(await client.environments.get("twin"), { C: "3" });
});

test("variables are remembered and shared as secrets are", async () => {
  const own = await Service.start({ account: ACCOUNT });
  const store = memoryStore();
  const options = { store, share: { secrets: { ttlMs: 60_000 } } };
  const first = await own.authenticate(options);
  assert.deepEqual(await first.environments.get("prod"), { A: "1", B: "2" });
  own.calls = [];
  assert.deepEqual(await first.environments.get("prod"), { A: "1", B: "2" });
  const second = await own.authenticate({ ...options, lazy: true });
  assert.deepEqual(await second.environments.get("prod"), { A: "1", B: "2" });
  assert.deepEqual(requestsOf(own), [], "one process has read them for both");
  await own.emulator.account.setItem("prod", "prod", { fields: { A: "3" } });
  assert.equal((await second.environments.get("prod")).A, "1");
  assert.equal((await second.environments.get("prod", { fresh: "secrets" })).A, "3");
  const names = await own.authenticate({ store, lazy: true });
  own.calls = [];
  assert.equal((await names.environments.get("prod")).A, "3");
  assert.deepEqual(requestsOf(own), [ITEM], "names, a key and a session are shared");
});

test("in an outage what is remembered may be given", async () => {
  const cache = { secretTtlMs: 1_000, staleIfErrorMs: 3_600_000 };
  const own = await service.authenticate({ cache });
  await own.environments.get("prod");
  aQuarterHourPasses();
  service.replace = answers(503);
  assert.deepEqual(await own.environments.get("prod"), { A: "1", B: "2" });
});

test("what has changed since is found", async () => {
  const own = await Service.start({ account: ACCOUNT });
  const reader = await own.authenticate();
  assert.deepEqual(await reader.environments.get("prod"), { A: "1", B: "2" });
  const fields = [{ title: "A", kind: "concealed", value: "new" }];
  await own.emulator.account.replaceItem("prod", "prod", { title: "x", fields });
  assert.deepEqual(await reader.environments.get("prod"), { A: "new" });
  await own.emulator.account.rotateVaultKey("prod");
  assert.deepEqual(await reader.environments.get("prod"), { A: "new" });
  await own.emulator.account.addItem("prod", { title: "y", fields });
  await own.failure(reader.environments.get("prod", { fresh: true }), "environmentDamaged");
});

test("an answer that does not list items is no empty Environment", async () => {
  const own = await Service.start({ account: ACCOUNT });
  for (const [json, code] of [
    [null, undefined],
    [{ contentVersion: 1, batchComplete: true }, undefined],
    [{ contentVersion: 1, items: null }, undefined],
    [{ contentVersion: 1, items: [] }, undefined],
    [{}, "protocol"],
    ["x", "protocol"],
    [{ items: "x" }, "protocol"],
    [{ items: {} }, "protocol"],
    [{ items: 0 }, "protocol"],
    [[], "protocol"],
  ]) {
    const reader = await own.authenticate();
    own.change = (answer) => {
      if (answer.path.endsWith("/overviews")) answer.json = json;
    };
    const asked = reader.environments.get("prod");
    const what = JSON.stringify(json);
    if (code === undefined) assert.deepEqual(await asked, {}, what);
    else await own.failure(asked, code, what);
  }
});

test("a long Environment is remembered as well", async () => {
  const variables = Object.fromEntries(
    Array.from({ length: 500 }, (_, n) => [`NAME_${n}`, "x".repeat(30)]),
  );
  const own = await Service.start({
    account: { vaults: [], environments: [{ name: "prod", variables }] },
  });
  const reader = await own.authenticate({ cache: { secretTtlMs: 60_000 } });
  assert.deepEqual(await reader.environments.get("prod"), variables);
  own.calls = [];
  assert.deepEqual(await reader.environments.get("prod"), variables);
  assert.deepEqual(own.paths, []);
});

// As an object.

test("several variables of one name", async () => {
  const names = ["A", "B", "A", "constructor", "", "A", "", "__proto__"];
  const variables = names.map((name, n) => ({ name, value: String(n) }));
  const own = await Service.start({
    account: { vaults: [], environments: [{ name: "prod", variables }] },
  });
  const reader = await own.authenticate();
  const { message } = await own.failure(reader.environments.get("prod"), "duplicateVariables");
  assert.match(message, /“prod” has several variables of one name: “A”, “”; rename/);
  const last = await reader.environments.get("prod", { duplicates: "last" });
  assert.deepEqual(Object.entries(last), [
    ...[
      ["A", "5"],
      ["B", "1"],
      ["constructor", "3"],
      ["", "6"],
    ],
    ["__proto__", "7"],
  ]);
  assert.equal(Object.getPrototypeOf(last), Object.prototype);
  Object.prototype.duplicates = "last";
  const asked = own.failure(reader.environments.get("prod"), "duplicateVariables");
  await asked.finally(() => delete Object.prototype.duplicates);
  for (const duplicates of ["first", null, true, 1]) {
    await own.failure(reader.environments.get("prod", { duplicates }), "argumentInvalid");
  }
});

test("5,000 variables, and values of a megabyte", async () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`NAME_${n}`, `${n}`]));
  const long = Object.fromEntries(
    ["X", "Y", "Z"].map((name) => [name, `${name}"\\\u0000ü`.repeat(220_000)]),
  );
  const own = await Service.start({
    account: {
      vaults: [],
      environments: [
        { name: "many", variables: many },
        { name: "long", variables: long },
      ],
    },
  });
  const reader = await own.authenticate();
  assert.deepEqual(await reader.environments.get("many"), many);
  const { variables } = await reader.environments.getVariables("long");
  assert.ok(variables.every(({ name, value }) => value === long[name] && value.length > 2 ** 20));
});

test("half of a surrogate pair is no value", async () => {
  const overview = { title: "x" };
  for (const [t, v] of [
    ["A", "\ud83d"],
    ["\ud83d", "x"],
  ]) {
    const details = { sections: [{ name: "s", fields: [{ k: "concealed", n: "n", t, v }] }] };
    const vault = { name: "half", type: "environment", items: [{ overview, details }] };
    const own = await Service.start({ account: { vaults: [vault] } });
    const reader = await own.authenticate();
    const { message } = await own.failure(reader.environments.get("half"), "unreadableField");
    assert.match(message, /surrogate/);
  }
});

// What stands in the way.

test("what is no Environment, or several", async () => {
  const { environments } = client;
  for (const name of ["nowhere", "prd", NOBODY]) {
    const { message } = await service.failure(environments.get(name), "environmentNotFound", name);
    assert.ok(message.includes(`no Environment “${name}” among the 5 Environments`), message);
  }
  const { message } = await service.failure(environments.get("prd"), "environmentNotFound");
  assert.match(message, /did you mean “prod” \(id o55tod6a4pdaoelxf2f7icbrv4\)\?/);
  assert.ok(!message.includes("“app”"), "vaults are not meant");
  for (const name of ["app", VAULT]) {
    await service.failure(environments.get(name), "notAnEnvironment", name);
  }
  const { candidates } = await service.failure(environments.get("double"), "tooManyEnvironments");
  assert.equal(candidates.length, 2);
  for (const { id, environment } of candidates) {
    assert.equal(environment, true);
    assert.ok(["4", "5"].includes((await environments.get(id)).D));
  }
  for (const name of ["", undefined, null, 7, {}, "a\0b"]) {
    await service.failure(environments.get(name), "argumentInvalid", String(name));
    await service.failure(environments.getVariables(name), "argumentInvalid", String(name));
  }
});

test("an Environment that has the name of a vault is a candidate of references", async () => {
  const error = await service.failure(client.resolve("op://twin/x/C"), "tooManyVaults");
  assert.match(error.message, /o55|pok[a-z2-7]{23} \(an Environment\)/);
  const marked = error.candidates.filter(({ environment }) => environment === true);
  assert.deepEqual([error.candidates.length, marked.length], [2, 1]);
  assert.deepEqual([marked[0].id, marked[0].title], [TWIN, "Twin"]);
  assert.equal(await client.resolve("op://prod/prod/A"), "1", "as the vendor's client has it");
  for (const get of [client.vaults.get, client.vaults.getOverview]) {
    for (const name of ["prod", PROD]) await service.failure(get(name), "notAVault", name);
  }
});

test("names that may be keys are not told", async () => {
  const own = await Service.start({
    account: { vaults: [], environments: [{ name: "prod", variables: { A: "1" } }] },
  });
  const reader = await own.authenticate();
  const error = await own.failure(reader.environments.get(own.token), "environmentNotFound");
  assert.ok(!error.message.includes(own.token.slice(0, 40)));
});

test("calls end by their time and their signal, and with the client", async () => {
  service.replace = () => new Promise(() => {});
  await service.failure(client.environments.get("prod", { timeoutMs: 50 }), "timeout");
  const signal = AbortSignal.timeout(50);
  await service.failure(client.environments.getVariables("prod", { signal }), "aborted");
  const asked = client.environments.get("prod");
  setTimeout(() => client.close(), 50);
  await service.failure(asked, "closed");
  await service.failure(client.environments.get("prod"), "closed");
});

test("options that are none", async () => {
  for (const options of [null, 7, "x", { timeoutMs: 0 }, { fresh: 1 }, { duplicate: "last" }]) {
    const asked = client.environments.get("prod", options);
    await service.failure(asked, "argumentInvalid", JSON.stringify(options));
  }
  assert.deepEqual(requestsOf(service), []);
});

test("compat's client masks what the vendor's shows, and is otherwise told the same", async () => {
  const { createClient } = await import("../../dist/compat/index.js");
  const fields = [
    { title: "CODE", kind: "otp", value: "JBSWY3DPEHPK3PXP" },
    { title: "PLAIN", kind: "string", value: "x" },
  ];
  const vault = { name: "prod", type: "environment", items: [{ title: "x", fields }] };
  const emulator = await createEmulator({ account: { vaults: [vault] } });
  const own = await createClient({
    auth: emulator.token,
    integrationName: "tests",
    integrationVersion: "1",
    fetch: emulator.fetch,
  });
  assert.deepEqual(await own.environments.getVariables("prod"), {
    variables: [
      { name: "CODE", value: "JBSWY3DPEHPK3PXP", masked: true },
      { name: "PLAIN", value: "x", masked: false },
    ],
  });
});
