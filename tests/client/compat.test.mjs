// `onepassword-edge/compat`: what is there, what is not, and errors as programs for the vendor's SDK know
// them. tests/interop holds it against the vendor's own package.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as compat from "../../dist/compat/index.js";
import { OnePasswordError } from "../../dist/index.js";
import {
  aQuarterHourPasses,
  BY_NAME,
  ITEM_ID,
  PATHS,
  SECRET,
  Service,
  VAULT,
  VAULT_ID,
} from "./support.mjs";

const sdk = compat.default;
const service = await Service.start({
  account: {
    vaults: [
      {
        ...VAULT,
        items: [
          ...VAULT.items,
          { title: "old", password: "x", state: "archived" },
          { title: "deleted", password: "x", state: "deleted" },
          { title: "twice", password: "x" },
          { title: "Twice", password: "x" },
        ],
      },
    ],
  },
});
const createClient = (config = {}) =>
  sdk.createClient({
    auth: service.token,
    integrationName: "client tests",
    integrationVersion: "1.0.0",
    fetch: service.fetch,
    retry: { retries: 0 },
    ...config,
  });
const client = await createClient();

/** The methods of a client: `["items.files.read", function]`. */
function methodsOf(object, path = []) {
  const own = Object.keys(object).length > 0 ? object : Object.getPrototypeOf(object);
  return Object.getOwnPropertyNames(own)
    .filter((name) => name !== "constructor")
    .flatMap((name) => {
      const here = [...path, name];
      return typeof object[name] === "function"
        ? [[here.join("."), object[name].bind(object)]]
        : methodsOf(object[name], here);
    });
}

/** What docs/migration.md says of each method: `{ "items.get": "equal, more" }`. */
function told() {
  const text = readFileSync(new URL("../../docs/migration.md", import.meta.url), "utf8");
  const [, section] = text.split("## Method by method\n");
  const rows = section.split("\n## ")[0].matchAll(/^\| (`.*?) \| (.*?) \|/gm);
  return Object.fromEntries(
    [...rows].flatMap(([, names, status]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, status]),
    ),
  );
}

const STATIC = ["createClient", "Secrets.validateSecretReference", "Secrets.generatePassword"];
const isMissing = (status) => status === "missing";

test("what docs/migration.md says is missing is unsupported, and nothing else", async () => {
  const table = told();
  const methods = methodsOf(client);
  assert.deepEqual(Object.keys(table).sort(), [...STATIC, ...methods.map(([name]) => name)].sort());
  service.calls = [];
  for (const [name, method] of methods.filter(([name]) => isMissing(table[name]))) {
    const { message } = await service.failure(method(), "unsupported", name);
    assert.ok(message.startsWith(`${name} is not supported`), message);
  }
  assert.deepEqual(service.calls, []);
  for (const [name, method] of methods.filter(([name]) => !isMissing(table[name]))) {
    const answer = await method(VAULT_ID, ITEM_ID).catch((thrown) => thrown);
    assert.notEqual(answer.code, "unsupported", name);
  }
});

test("ways to sign in that there are not are named, before anything is sent", async () => {
  service.calls = [];
  for (const [config, name] of [
    [{ auth: new sdk.DesktopAuth("team") }, "DesktopAuth"],
    [{ oidcFetcher: async () => "x" }, "oidcFetcher"],
    [{ workloadDetails: {} }, "workloadDetails"],
  ]) {
    const { message } = await service.failure(createClient(config), "unsupported", name);
    assert.match(message, new RegExp(name));
  }
  for (const config of [undefined, null, {}, { auth: "" }, { auth: 7 }]) {
    const error = await sdk.createClient(config).catch((thrown) => thrown);
    assert.ok(["argumentInvalid", "tokenInvalid"].includes(error.code), JSON.stringify(config));
  }
  assert.deepEqual(service.calls, []);
});

test("the options of this package's own client count", async () => {
  const events = [];
  const own = await createClient({ onEvent: (event) => events.push(event.type), lazy: true });
  assert.deepEqual(events, []);
  assert.equal(await own.secrets.resolve(BY_NAME), SECRET);
  assert.ok(events.includes("signIn"));
});

test("429 is a RateLimitExceededError, whose cause says when", async () => {
  const limited = async (work) => {
    const own = await createClient();
    service.replace = () => new Response(null, { status: 429, headers: { "Retry-After": "7" } });
    const error = await work(own).catch((thrown) => thrown);
    service.replace = undefined;
    aQuarterHourPasses();
    return error;
  };
  for (const work of [
    ({ secrets }) => secrets.resolve(BY_NAME),
    ({ secrets }) => secrets.resolveAll([BY_NAME]),
    ({ items }) => items.get(VAULT_ID, ITEM_ID),
    ({ items }) => items.getAll(VAULT_ID, [ITEM_ID]),
    ({ items }) => items.list(VAULT_ID),
    ({ items }) => items.files.read(VAULT_ID, ITEM_ID, { id: ITEM_ID, name: "", size: 0 }),
    ({ vaults }) => vaults.list(),
  ]) {
    const error = await limited(work);
    assert.ok(error instanceof sdk.RateLimitExceededError, `${work}: ${error}`);
    assert.ok(error.cause instanceof OnePasswordError);
    assert.deepEqual([error.cause.retryable, error.cause.retryAfterMs], [true, 7000], `${work}`);
    service.checkTellsNothing(error);
  }
});

test("in resolveAll what has no type of its own is `other`, and a lost service fails all", async () => {
  const references = {
    "op://app/database/password": null,
    "op://app/nothing/password": { type: "itemNotFound" },
    "op://app/deleted/password": { type: "itemNotFound" },
    "op://app/twice/password": { type: "tooManyItems" },
    "op://app/database/nothing": { type: "fieldNotFound" },
    "op://app/database/password?attribute=otp": { type: "incompatibleTOTPQueryParameterField" },
    "op://app/database/password?attribute=size": { type: "other" },
  };
  const { individualResponses } = await client.secrets.resolveAll(Object.keys(references));
  for (const [reference, error] of Object.entries(references)) {
    const response = individualResponses[reference];
    assert.deepEqual(response.error, error, reference);
    assert.equal(response.content?.secret ?? null, error === null ? SECRET : null);
  }
  const { "app/x": broken } = (await client.secrets.resolveAll(["app/x"])).individualResponses;
  assert.equal(broken.error.type, "parsing");
  assert.match(broken.error.message, /op:\/\//);
  service.replace = () => Promise.reject(new TypeError("lost"));
  await service.failure(client.secrets.resolveAll([BY_NAME]), "network");
  service.replace = undefined;
});

test("getAll answers in the order of the question, each by itself", async () => {
  const { individualResponses } = await client.items.getAll("app", [
    "nothing",
    ITEM_ID,
    "twice",
    "database",
  ]);
  const [missing, found, ambiguous, named] = individualResponses;
  assert.deepEqual(missing, { content: null, error: { type: "itemNotFound" } });
  assert.equal(found.content.id, ITEM_ID);
  assert.deepEqual([found.error, named], [null, found]);
  assert.deepEqual([ambiguous.content, ambiguous.error.type], [null, "internal"]);
  assert.match(ambiguous.error.message, /twice/i);
  await service.failure(client.items.getAll("nowhere", ["nothing", ITEM_ID]), "vaultNotFound");
  service.replace = () => Promise.reject(new TypeError("lost"));
  const { retryable } = await service.failure(client.items.getAll("app", [ITEM_ID]), "network");
  assert.ok(retryable);
  service.replace = undefined;
});

test("vaults.list opens names as the vendor's does", async () => {
  const titles = async (...params) => (await client.vaults.list(...params)).map((one) => one.title);
  assert.deepEqual(await titles(), ["app"]);
  assert.deepEqual(await titles({ decryptDetails: true }), ["app"]);
  assert.deepEqual(await titles({}), ["[Encrypted]"]);
  assert.deepEqual(await titles({ decryptDetails: false }), ["[Encrypted]"]);
});

test("its default has what it exports by name", () => {
  const { default: all, ...named } = compat;
  assert.deepEqual({ ...all }, named);
  assert.equal(new sdk.Secrets(client) instanceof sdk.Secrets, true);
});

test("throwError takes any text", () => {
  const thrown = (text) => {
    try {
      return sdk.throwError(text);
    } catch (error) {
      return error;
    }
  };
  const limited = thrown('{"name":"RateLimitExceeded","message":"slow"}');
  assert.ok(limited instanceof sdk.RateLimitExceededError && limited.message === "slow");
  for (const [text, message] of [
    ["plain", "plain"],
    ["", ""],
    ["null", "null"],
    ["a\u001b[2J\u0601", "a\\u{1b}[2J\\u{601}"],
    ['{"name":"constructor","message":"m"}', "m"],
    ['{"name":"__proto__","message":"m"}', "m"],
  ]) {
    const error = thrown(text);
    assert.ok(error instanceof Error, text);
    assert.deepEqual([error.constructor, error.message], [Error, message], text);
  }
});

test("a request for an item by ids is one", async () => {
  service.calls = [];
  await client.items.get(VAULT_ID, ITEM_ID);
  assert.deepEqual(service.paths, [PATHS.item]);
});
