// What a JSON merge elsewhere in the process puts on Object.prototype is nobody's option, and
// nobody's result.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import * as compat from "../../dist/compat/index.js";
import { createEmulator } from "../../dist/emulator/index.js";
import { OnePasswordError } from "../../dist/index.js";
import { fileStore } from "../../dist/node/file_store.js";
import { generatePassword } from "../../dist/passwords.js";
import { createRelay } from "../../dist/relay.js";
import * as slim from "../../dist/slim.js";
import {
  denoKvStore,
  kvStore,
  redisStore,
  unstorageStore,
  upstashStore,
} from "../../dist/stores.js";
import { EFF_LARGE_WORDS } from "../../dist/words.js";
import { BY_ID, BY_NAME, SECRET, Service } from "./support.mjs";

const ORIGIN = "https://tool.example";
const service = await Service.start();
/** Without a prototype: the emulator's `Request` reads inherited options of a fetch, as hosts do. */
const fetch = (url, init) => service.fetch(url, { __proto__: null, ...init });
const bytes = await readFile(new URL("../../dist/wasm/op.wasm", import.meta.url));

/** What `work` gives while Object.prototype has these, as a merge would leave them. */
async function polluted(properties, work) {
  for (const [name, value] of Object.entries(properties)) {
    assert.ok(!(name in Object.prototype), name);
    Object.prototype[name] = value;
  }
  try {
    return await work();
  } finally {
    for (const name of Object.keys(properties)) delete Object.prototype[name];
  }
}

/** Its code, where it fails. */
const outcome = (work) =>
  Promise.resolve()
    .then(work)
    .catch((error) => error.code ?? error.name);

const OPTIONS = {
  relay: "https://evil.example",
  allowedHosts: ["nowhere.example"],
  timeoutMs: -1,
  lazy: "no",
  retry: { retries: 99 },
  cache: { metadataTtlMs: -5 },
  store: {},
  share: {},
  waitUntil: () => {},
  onEvent: "x",
  idsInEvents: 5,
  timers: {},
  fresh: "x",
  waitsForOthers: "x",
  mode: "x",
  dispatcher: {},
  content: 5,
  wasm: "x",
  auth: "ops_x",
  oidcFetcher: "x",
  workloadDetails: {},
};

test("options of a client", async () => {
  for (const [name, value] of Object.entries(OPTIONS)) {
    const secret = await polluted({ [name]: value }, async () => {
      const client = await service.authenticate({ fetch });
      return await client.resolve(BY_NAME, {});
    }).catch((error) => error);
    assert.equal(secret, SECRET, name);
  }
  assert.ok(service.calls.every(({ url }) => !url.includes("evil.example")));
});

test("a token, a module and a lazy start that a client does not have itself", async () => {
  const config = { integrationName: "x", integrationVersion: "1", fetch: service.fetch };
  const inherited = { auth: service.token };
  const before = service.calls.length;
  const signIn = () => slim.Client.authenticate({ ...config, wasm: bytes });
  assert.equal(await polluted(inherited, () => outcome(signIn)), "tokenInvalid");
  const create = () => compat.createClient(config);
  assert.equal(await polluted(inherited, () => outcome(create)), "tokenInvalid");
  const load = () => slim.Client.authenticate({ ...config, auth: service.token });
  assert.equal(await polluted({ wasm: bytes }, () => outcome(load)), "argumentInvalid");
  assert.equal(service.calls.length, before);
});

test("how long a module may take, and whether a client is lazy", async () => {
  const config = {
    auth: service.token,
    integrationName: "x",
    integrationVersion: "1",
    fetch,
    wasm: () => new Promise((resolve) => setTimeout(resolve, 50, bytes)),
  };
  const before = service.calls.length;
  for (const inherited of [{ timeoutMs: 1 }, { lazy: true }, { signal: AbortSignal.abort() }]) {
    await polluted(inherited, () => slim.Client.authenticate(config));
    assert.ok(service.calls.length > before, JSON.stringify(inherited));
  }
});

test("a module as bytes is no answer, whatever bytes inherit", async () => {
  // In a process of its own: here the module is loaded already.
  const program = `
    import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
    import { execPath } from "node:process";
    for (const name of ["arrayBuffer", "ok", "fromBase64", "Buffer"]) Object.prototype[name] = {};
    const { Client } = await import(process.argv[1] + "slim.js");
    const main = await import(process.argv[1] + "index.js");
    const options = { auth: "ops_x", integrationName: "x", integrationVersion: "1" };
    const wasm = await readFile(new URL(process.argv[1] + "wasm/op.wasm"));
    const codes = [];
    for (const work of [
      () => main.Client.authenticate(options),
      () => Client.authenticate({ ...options, wasm }),
      () => Client.authenticate({ ...options, wasm: wasm.buffer }),
    ]) codes.push(await work().catch((error) => error.code));
    console.log(codes.join());
  `;
  const dist = new URL("../../dist/", import.meta.url).href;
  const args = ["--input-type=module", "-e", program, dist];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout.trim(), "tokenInvalid,tokenInvalid,tokenInvalid");
});

test("options of a relay", async () => {
  const request = (host, origin = ORIGIN) =>
    new Request("https://relay.example/api/v2/account/keysets", {
      headers: { Origin: origin, "OP-Relay-Host": host },
    });
  const sent = [];
  const fetch = async (url, init) => {
    sent.push({ url, init });
    return new Response("{}");
  };
  const hosts = { allowedHosts: ["evil.example"] };
  const own = await polluted(hosts, () => createRelay({ allowedOrigins: [ORIGIN], fetch }));
  assert.equal((await own(request("evil.example"))).status, 403);
  assert.deepEqual(sent, []);
  const none = () => createRelay({ fetch });
  const everybody = { allowedOrigins: ["https://evil.example"] };
  assert.equal(await polluted(everybody, () => outcome(none)), "argumentInvalid");
  const limited = await polluted({ timeoutMs: -1 }, () =>
    createRelay({ allowedOrigins: [ORIGIN], fetch }),
  );
  assert.equal((await limited(request("team.1password.com"))).status, 200);
  // Nor a `fetch` of the prototype's, also of one that comes later.
  const usual = createRelay({ allowedOrigins: [ORIGIN] });
  const caught = [];
  const hostsOwn = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    const inherited = { fetch: (url) => caught.push(url) };
    await polluted({ ...inherited, type: "x" }, async () => {
      const relay = createRelay({ allowedOrigins: [ORIGIN] });
      for (const one of [usual, relay]) {
        const answer = await one(request("team.1password.com"));
        assert.equal(await answer.text(), "{}");
      }
    });
  } finally {
    globalThis.fetch = hostsOwn;
  }
  assert.deepEqual(caught, []);
  const { init } = sent.at(-1);
  for (const name of ["mode", "dispatcher", "cache"]) {
    assert.equal(await polluted({ [name]: "x" }, () => init[name]), undefined, name);
  }
});

test("what a batch gives", async () => {
  const references = [BY_ID, BY_NAME, "op://app/nothing/password", "nothing"];
  const inherited = {
    error: { type: "network", message: "x" },
    content: { secret: "another" },
    candidates: ["x"],
    retryAfterMs: 5,
  };
  const client = await service.authenticate();
  const vendors = await compat.createClient({
    auth: service.token,
    fetch: service.fetch,
    integrationName: "x",
    integrationVersion: "1",
  });
  await polluted(inherited, async () => {
    for (const resolveAll of [
      client.secrets.resolveAll,
      (all) => vendors.secrets.resolveAll(all),
    ]) {
      const { individualResponses } = await resolveAll(references);
      const [byId, byName, nothing, wrong] = references.map((one) => individualResponses[one]);
      for (const { content, error } of [byId, byName]) {
        assert.equal(content.secret, SECRET);
        assert.ok(error === undefined || error === null, JSON.stringify(error));
      }
      for (const [{ content, error }, type] of [
        [nothing, "itemNotFound"],
        [wrong, "parsing"],
      ]) {
        assert.equal(error.type, type);
        assert.ok(content === undefined || content === null, JSON.stringify(content));
      }
    }
    const { individualResponses } = await client.items.getAll("app", ["database", "nothing"]);
    const [found, missing] = individualResponses;
    assert.deepEqual([found.error, missing.content], [null, null]);
    assert.deepEqual(Object.keys(missing.error), ["type", "message"]);
    const theirs = (await vendors.items.getAll("app", ["database", "nothing"])).individualResponses;
    assert.equal(theirs[0].error, null);
    assert.deepEqual(theirs[1], { content: null, error: { type: "itemNotFound" } });
  });
  // And nothing else than before where nobody has put anything there.
  const { individualResponses } = await client.secrets.resolveAll(references);
  assert.deepEqual(Object.keys(individualResponses[BY_ID]), ["content"]);
  assert.equal(Object.getPrototypeOf(individualResponses[BY_ID]), Object.prototype);
  const { content } = individualResponses[BY_ID];
  assert.deepEqual(individualResponses[BY_ID], { content });
});

test("an error's details", async () => {
  const inherited = { status: 5, retryable: true, retryAfterMs: 7, reference: "x", cause: "y" };
  const more = { candidates: [], get: "x", set: "x", writable: true, value: 5 };
  const error = await polluted({ ...inherited, ...more }, async () => {
    return new OnePasswordError({ code: "closed", message: "it is" });
  });
  assert.deepEqual(Object.keys(error), ["name", "code", "retryable"]);
  assert.equal(error.retryable, false);
  const told = await polluted(inherited, async () => {
    const client = await service.authenticate();
    return await client.resolve("op://app/nothing/password").catch((thrown) => thrown);
  });
  assert.equal(told.code, "itemNotFound");
  assert.deepEqual([told.status, told.retryable, told.retryAfterMs], [undefined, false, undefined]);
  assert.ok(!("cause" in told));
  const text = await polluted(inherited, () => JSON.stringify(error));
  assert.deepEqual(JSON.parse(text), {
    name: error.name,
    code: "closed",
    message: "it is",
    retryable: false,
  });
});

test("compat: parameters, and what is not supported", async () => {
  const create = () =>
    compat.createClient({
      auth: service.token,
      fetch: service.fetch,
      integrationName: "x",
      integrationVersion: "1",
    });
  const inherited = { oidcFetcher: "x", workloadDetails: {} };
  const client = await polluted(inherited, create);
  assert.equal(await client.secrets.resolve(BY_NAME), SECRET);
  const [plain, merged] = [
    await client.vaults.list({}),
    await polluted({ decryptDetails: true }, () => client.vaults.list({})),
  ];
  assert.deepEqual(merged, plain);
  const thrown = (json) => () => compat.throwError(json);
  await polluted({ name: "RateLimitExceeded", message: "x" }, () =>
    assert.throws(thrown("{}"), (error) => !(error instanceof compat.RateLimitExceededError)),
  );
});

test("recipes of passwords", async () => {
  const make = (recipe, options) => () => generatePassword(recipe, options);
  const words = { words: EFF_LARGE_WORDS };
  const memorable = { separatorType: "spaces", capitalize: true, wordListType: "fullWords" };
  for (const [name, value, work] of [
    [
      "length",
      8,
      make({ type: "Random", parameters: { includeDigits: true, includeSymbols: true } }),
    ],
    [
      "includeDigits",
      false,
      make({ type: "Random", parameters: { includeSymbols: true, length: 9 } }),
    ],
    ["length", 3, make({ type: "Pin", parameters: {} })],
    ["type", "Pin", make({ parameters: { length: 3 } })],
    ["parameters", { length: 3 }, make({ type: "Pin" })],
    ["wordCount", 3, make({ type: "Memorable", parameters: memorable }, words)],
    [
      "words",
      EFF_LARGE_WORDS,
      make({ type: "Memorable", parameters: { ...memorable, wordCount: 3 } }),
    ],
  ]) {
    if (name === "length") {
      // Arrays and functions have one of their own.
      Object.prototype.length = value;
    }
    const code =
      name === "length"
        ? await outcome(work).finally(() => delete Object.prototype.length)
        : await polluted({ [name]: value }, () => outcome(work));
    assert.equal(code, "argumentInvalid", name);
  }
});

test("options of a store", async () => {
  const calls = [];
  const note = (...all) => calls.push(all);
  const upstash = { url: "https://db.example", token: "own" };
  const fetch = async (...all) => {
    note(...all);
    return Response.json({ result: "OK" });
  };
  const stores = await polluted({ prefix: "x:", fetch: 5 }, () => [
    redisStore({ get: note, setEx: note }),
    redisStore({ get: note, setEx: note }, {}),
    denoKvStore({ get: note, set: note }, {}),
    unstorageStore({ getItem: note, setItem: note }, {}),
    upstashStore({ ...upstash, fetch }),
    kvStore({ get: note, put: note }),
  ]);
  for (const store of stores) await store.set("k", "v", 100);
  const [, , deno, unstorage, [url, init], kv] = calls;
  assert.deepEqual(calls.slice(0, 2), Array(2).fill(["k", 100, "v"]));
  assert.deepEqual([deno[0], unstorage[0], kv[0]], [["k"], "k", "k"]);
  assert.deepEqual([url, JSON.parse(init.body)], [upstash.url, ["SET", "k", "v", "EX", 100]]);
  // Nor what they pass on.
  const names = ["metadata", "expiration", "ttl", "expireIn", "expirationTtl", "mode", "evil"];
  const inherited = Object.fromEntries(names.map((name) => [name, "x"]));
  const passed = [deno[2], unstorage[2], kv[2], init, init.headers];
  const own = passed.map((options) => Object.keys(options));
  await polluted(inherited, () => {
    for (const [n, options] of passed.entries()) {
      const seen = names.filter((name) => options[name] === "x");
      assert.deepEqual(seen, [], String(own[n]));
    }
  });
  const none = () => upstashStore({});
  assert.equal(await polluted(upstash, () => outcome(none)), "argumentInvalid");
});

test("what a database holds", async () => {
  const inherited = { value: "x", endsMs: 9e15, result: "x" };
  const fetch = async () => ({ ok: true, status: 200, text: async () => "{}" });
  const upstash = { __proto__: null, url: "https://db.example", token: "x", fetch };
  const deno = denoKvStore({ get: async () => ({ value: {} }), set: () => {} });
  await polluted(inherited, async () => {
    assert.equal(await deno.get("k"), undefined);
    assert.equal(await outcome(() => upstashStore(upstash).get("k")), "Error");
  });
});

test("records of a file", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "own-")), "records.json");
  await writeFile(path, JSON.stringify({ one: {}, two: 5, three: [] }));
  const store = fileStore(path);
  for (const key of ["one", "two", "three"]) {
    const inherited = { value: "x", endsMs: 9e15 };
    assert.equal(await polluted(inherited, () => store.get(key)), undefined, key);
  }
});

test("what a relay answers", async () => {
  const made = (path, method = "GET") =>
    new Request(`https://relay.example${path}`, {
      method,
      headers: { Origin: ORIGIN, "OP-Relay-Host": "team.1password.com" },
    });
  const answers = [new Response("{}"), new Response(null, { status: 204 })];
  const relay = createRelay({ allowedOrigins: [ORIGIN], fetch: async () => answers.shift() });
  for (const [request, status] of [
    [made("/api/v1/vaults"), 200],
    [made("/api/v1/vaults"), 204],
    [made("/nothing"), 403],
    [made("/nothing", "OPTIONS"), 204],
  ]) {
    for (const statusText of ["x", "\u0100"]) {
      if (request.url.endsWith("vaults") && statusText === "x") continue;
      const answer = await polluted({ statusText }, () => relay(request));
      assert.deepEqual([answer.status, answer.statusText], [status, ""]);
    }
  }
});

test("an answer that is a plain object, and what a plain reader gives", async () => {
  const inherited = {
    redirected: true,
    type: "opaqueredirect",
    value: "x",
    status: 404,
    body: "x",
  };
  /** The service works without what the answer is looked at with. */
  const plain = (toAnswer) => async (url, init) => {
    for (const name of Object.keys(inherited)) delete Object.prototype[name];
    const own = await service.fetch(url, { __proto__: null, ...init });
    const { status } = own;
    const bytes = new Uint8Array(await own.arrayBuffer());
    Object.assign(Object.prototype, inherited);
    return toAnswer(status, bytes);
  };
  const whole = (status, bytes) => ({ status, arrayBuffer: async () => bytes });
  const inPieces = (status, bytes) => {
    const pieces = [bytes];
    const read = async () => (pieces.length > 0 ? { value: pieces.pop() } : { done: true });
    return { status, body: { getReader: () => ({ read }) } };
  };
  for (const toAnswer of [whole, inPieces]) {
    const client = await service.authenticate({ fetch: plain(toAnswer) });
    try {
      assert.equal(await client.resolve(BY_NAME), SECRET);
    } finally {
      for (const name of Object.keys(inherited)) delete Object.prototype[name];
    }
  }
});

test("an emulator", async () => {
  const addressOf = ({ token }) =>
    JSON.parse(Buffer.from(token.slice("ops_".length), "base64url")).signInAddress;
  const usual = addressOf(await createEmulator());
  const inherited = {
    address: "https://evil.example",
    device: "deleted",
    bytes: Uint8Array.of(1),
    quota: { requestsPerDay: 1 },
    readsPerHour: 1,
  };
  for (const options of [undefined, {}]) {
    const emulator = await polluted(inherited, () => createEmulator(options));
    assert.equal(addressOf(emulator), usual);
    assert.deepEqual(emulator.quota, []);
  }
  const account = { vaults: [{ name: "app", items: [{ title: "db", password: SECRET }] }] };
  const odd = { password: "other", unreadable: "details", state: "archived", trashed: true };
  const emulator = await polluted(odd, () => createEmulator({ account }));
  await polluted(odd, () => emulator.account.addItem("app", { title: "plain" }));
  const client = await service.authenticate({ auth: emulator.token, fetch: emulator.fetch });
  assert.equal(await client.resolve("op://app/db/password"), SECRET);
  const { fields } = await client.items.get("app", "plain");
  assert.deepEqual(
    fields.filter(({ value }) => value === "other"),
    [],
  );
  const bytes = { bytes: Uint8Array.of(1), statusText: "\u0100" };
  const started = await polluted(bytes, () => client.resolve("op://app/db/password"));
  assert.equal(started, SECRET);
  const listener = await polluted({ cors: true, port: 1 }, () => emulator.serve({}));
  const answer = await globalThis.fetch(`${listener.url}/x`);
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
  await answer.arrayBuffer();
  await listener.close();
});
