// A misspelt option is refused, and what may have been meant is said: it would have no effect.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secrets } from "../../dist/compat/index.js";
import { createEmulator } from "../../dist/emulator/index.js";
import { generatePassword } from "../../dist/passwords.js";
import { createRelay } from "../../dist/relay.js";
import { denoKvStore, redisStore, unstorageStore, upstashStore } from "../../dist/stores.js";
import { BY_NAME, SECRET, Service } from "./support.mjs";

const origins = { allowedOrigins: ["https://tool.example"] };
const redis = { get: async () => null, setEx: async () => {} };
const kv = { get: async () => ({ value: null }), set: async () => {} };
const storage = { getItem: async () => null, setItem: async () => {} };
const upstash = { url: "https://db.example", token: "x" };
const pin = { type: "Pin", parameters: { length: 4 } };
const random = { includeDigits: true, includeSymbols: true, length: 20 };
const ours = [
  [
    () => createRelay({ ...origins, timeout: 5 }),
    /timeout is not an option of createRelay.*timeoutMs/,
  ],
  [() => createRelay({ ...origins, TimeoutMS: 5 }), /did you mean timeoutMs\?/],
  [() => createRelay({ allowedOrigin: [] }), /did you mean allowedOrigins\?/],
  [() => createRelay({ ...origins, allowedHost: ["x.example"] }), /did you mean allowedHosts\?/],
  [
    () => createRelay({ ...origins, colour: 1 }),
    /known: allowedOrigins, allowedHosts, fetch, timeoutMs/,
  ],
  [() => createRelay({ ...origins, fetch: 5 }), /fetch must be a function/],
  [() => redisStore(redis, { prefx: "a" }), /prefx is not an option of redisStore.*prefix\?/],
  [() => denoKvStore(kv, { preffix: "a" }), /did you mean prefix\?/],
  [() => unstorageStore(storage, { ttl: 5 }), /ttl is not an option of unstorageStore; known/],
  [() => upstashStore({ ...upstash, tokens: "x" }), /did you mean token\?/],
  [() => redisStore(redis, { prefix: 5 }), /prefix must be a string/],
  [() => upstashStore({ ...upstash, prefix: [] }), /prefix must be a string/],
  [() => upstashStore({ ...upstash, fetch: 5 }), /fetch must be a function/],
  [() => generatePassword(pin, { word: [] }), /did you mean words\?/],
  [() => generatePassword({ ...pin, length: 4 }), /length is not an option of a recipe; known/],
  [() => generatePassword({ type: "Pin", parameters: { lenght: 4 } }), /did you mean length\?/],
  [
    () => generatePassword({ type: "Random", parameters: { ...random, includeSymbol: true } }),
    /includeSymbol is not an option of a Random recipe; did you mean includeSymbols\?/,
  ],
  [() => generatePassword({ type: "Pin", parameters: { length: 4, words: 2 } }), /known: length/],
];
for (const [work, message] of ours) {
  test(`${message}`, () => assert.throws(work, { code: "argumentInvalid", message }));
}

test("absent and inherited options are none, and no token is repeated", () => {
  assert.equal(typeof createRelay({ ...origins, timeout: undefined }), "function");
  assert.equal(
    typeof createRelay(Object.assign(Object.create({ timeout: 5 }), origins)),
    "function",
  );
  const token = `ops_${"eyJzaWduSW5BZGRyZXNzIjoi".repeat(4)}`;
  for (const name of [token, "x".repeat(31), "\u202e"]) {
    const work = () => createRelay({ ...origins, [name]: 5 });
    assert.throws(work, ({ message }) => !message.includes(name));
  }
});

test("an emulator's ways to listen", async () => {
  const emulator = await createEmulator();
  for (const [options, message] of [
    [{ prot: 5 }, "options.prot: unknown member; known: port, cors"],
    [{ port: "80" }, "options.port: must be a port: a whole number from 0 to 65535"],
    [{ port: 65_536 }, /^options\.port/],
    [{ cors: 1 }, "options.cors: must be true or false"],
    [5, "options: must be an object"],
  ]) {
    await assert.rejects(emulator.serve(options), { name: "TypeError", message });
  }
});

test("compat refuses them where this package does", () => {
  const recipe = { type: "Pin", parameters: { length: 4, lenght: 5 } };
  const refused = { code: "argumentInvalid", message: /did you mean length\?/ };
  assert.throws(() => Secrets.generatePassword(recipe), refused);
});

const service = await Service.start();

test("options of a client and of a call", async () => {
  const client = await service.authenticate();
  for (const [options, similar] of [
    [{ timeout: 5 }, "timeoutMs"],
    [{ timeoutms: 5 }, "timeoutMs"],
    [{ retries: 5 }, "retry"],
    [{ allowedHost: ["x"] }, "allowedHosts"],
    [{ integrationname: "x" }, "integrationName"],
    [{ retry: { retry: 1 } }, "retries"],
    [{ retry: { maxMS: 1 } }, "maxMs"],
    [{ cache: { secretTtl: 1 } }, "secretTtlMs"],
    [{ cache: { anything: 1 } }, undefined],
  ]) {
    const error = await service.failure(service.authenticate(options), "argumentInvalid");
    assert.match(error.message, /there is no option “\w+”/);
    if (similar === undefined) assert.doesNotMatch(error.message, /did you mean/);
    else assert.match(error.message, new RegExp(`did you mean ${similar}\\?`));
  }
  for (const [options, similar] of [
    [{ timeout: 5 }, "timeoutMs"],
    [{ refresh: true }, "fresh"],
    [{ abortSignal: 5 }, "signal"],
  ]) {
    const error = await service.failure(client.resolve(BY_NAME, options), "argumentInvalid");
    assert.match(error.message, new RegExp(`did you mean ${similar}\\?`));
  }
  const named = await service.failure(
    service.authenticate({ [service.token]: 1 }),
    "argumentInvalid",
  );
  service.checkTellsNothing(named);
  // What is absent by another word for it, and what no JSON has, is no option.
  const odd = { timeout: undefined, [Symbol("timeout")]: 5 };
  assert.equal(await client.resolve(BY_NAME, odd), SECRET);
});
