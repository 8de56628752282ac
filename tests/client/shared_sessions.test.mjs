// Sessions that outlive the process.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { fileStore } from "../../dist/node/session_file.js";
import { kvStore, memoryStore } from "../../dist/session_stores.js";
import { aQuarterHourPasses, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const SIGN_IN = [PATHS.start, PATHS.exchange, PATHS.confirm, PATHS.complete];

function memory() {
  const records = new Map();
  return {
    records,
    get: (key) => records.get(key)?.value,
    set: (key, value, ttlSeconds) => void records.set(key, { value, ttlSeconds }),
    delete: (key) => void records.delete(key),
  };
}

/** Another service, because a token whose session was refused shares none in this process. */
async function newService() {
  const here = await Service.start();
  return { here, store: memory() };
}

const only = (store) => [...store.records.entries()][0];
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

afterEach(() => {
  service.replace = undefined;
});

test("the second process takes up the first one's session: no sign-in", async () => {
  const { here, store } = await newService();
  const events = [];
  const first = await here.authenticate({ sessionStore: store });
  await first.resolve(BY_NAME);
  await settled();
  here.calls = [];
  const onEvent = (event) => events.push(event.type);
  const second = await here.authenticate({ sessionStore: store, onEvent });
  assert.deepEqual(here.paths, []);
  assert.equal(await second.resolve(BY_NAME), SECRET);
  assert.equal(here.paths.length, 4);
  assert.equal(events[0], "resume");
  assert.ok(!events.includes("signIn"));
  assert.deepEqual([second.stats().resumes, second.stats().signIns], [1, 0]);
});

test("what is stored tells nothing, and ends", async () => {
  const { here, store } = await newService();
  await here.authenticate({ sessionStore: store });
  await settled();
  const [key, { value, ttlSeconds }] = only(store);
  assert.match(key, /^onepassword-edge-[\w-]{22}$/);
  assert.equal(ttlSeconds, 900);
  const session = here.calls.at(-1).headers["X-AgileBits-Session-ID"];
  assert.ok(!value.includes(session));
  assert.ok(!Buffer.from(JSON.parse(value).data, "base64url").includes(session));
});

test("twenty processes on one session send no number twice", async () => {
  const { here, store } = await newService();
  await here.authenticate({ sessionStore: store });
  await settled();
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => here.authenticate({ sessionStore: store })),
  );
  for (let round = 0; round < 5; round += 1) {
    const found = await Promise.all(clients.map((client) => client.resolve(BY_NAME)));
    assert.deepEqual(new Set(found), new Set([SECRET]));
  }
  assert.equal(here.paths.filter((path) => path === PATHS.start).length, 1);
  const numbers = here.calls.map(({ headers }) => headers["X-AgileBits-MAC"]?.split("|")[1]);
  const sent = numbers.filter((number) => number !== undefined);
  assert.equal(new Set(sent).size, sent.length);
  assert.ok(sent.filter((number) => Number(number) >= 2 ** 26).length >= 20 * 8);
  assert.equal(here.emulator.repeatedNumbers, 0);
});

const USELESS = {
  "another token's": async (_, key, store) => {
    const other = await newService();
    await other.here.authenticate({ sessionStore: other.store });
    await settled();
    store.records.set(key, only(other.store)[1]);
  },
  damaged: (record, key, store) =>
    store.records.set(key, { value: `${record.slice(0, -9)}AAAA"}` }),
  "cut off": (record, key, store) => store.records.set(key, { value: record.slice(0, 40) }),
  "no text": (_, key, store) => store.records.set(key, { value: 5 }),
  empty: (_, key, store) => store.records.set(key, { value: "" }),
};
for (const [name, spoil] of Object.entries(USELESS)) {
  test(`a record that is ${name} means a normal sign-in`, async () => {
    const { here, store } = await newService();
    await here.authenticate({ sessionStore: store });
    await settled();
    const [key, { value }] = only(store);
    await spoil(value, key, store);
    here.calls = [];
    const client = await here.authenticate({ sessionStore: store });
    assert.deepEqual(here.paths, SIGN_IN);
    assert.equal(await client.resolve(BY_NAME), SECRET);
    // And it is mended.
    await settled();
    here.calls = [];
    await here.authenticate({ sessionStore: store });
    assert.deepEqual(here.paths, []);
  });
}

test("a session that is refused is given up, and none is shared for a while", async () => {
  const { here, store } = await newService();
  await here.authenticate({ sessionStore: store });
  await settled();
  here.emulator.expireSessions();
  here.calls = [];
  const client = await here.authenticate({ sessionStore: store });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(here.paths.filter((path) => path === PATHS.start).length, 1);
  await settled();
  assert.equal(store.records.size, 0);
  here.calls = [];
  const next = await here.authenticate({ sessionStore: store });
  assert.deepEqual(here.paths, SIGN_IN);
  assert.equal(await next.resolve(BY_NAME), SECRET);
  await settled();
  assert.equal(store.records.size, 0);
});

const REFUSALS = {
  400: () => new Response("{}", { status: 400 }),
  403: () => new Response("{}", { status: 403 }),
  "an answer under another key": () =>
    Response.json({
      kid: "k",
      enc: "A256GCM",
      cty: "b5+jwk+json",
      iv: "A".repeat(16),
      data: "AAAA",
    }),
};

/** Answers so whatever is asked, until somebody has signed in. */
function untilSignedIn(answer) {
  let isSignedIn = false;
  return (call, ask) => {
    isSignedIn ||= call.path === PATHS.complete;
    return isSignedIn || SIGN_IN.includes(call.path) ? ask() : answer();
  };
}

for (const [name, answer] of Object.entries(REFUSALS)) {
  test(`a resumed session that is refused with ${name} is given up, too`, async () => {
    const { here, store } = await newService();
    await here.authenticate({ sessionStore: store });
    here.replace = untilSignedIn(answer);
    here.calls = [];
    const client = await here.authenticate({ sessionStore: store });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(here.paths.filter((path) => path === PATHS.start).length, 1);
    assert.equal(store.records.size, 0);
  });
}

const FAILURES = {
  404: () => new Response("{}", { status: 404 }),
  500: () => new Response("", { status: 500 }),
  302: () => new Response("", { status: 302, headers: { location: "https://elsewhere.example" } }),
  "a lost connection": () => Promise.reject(new TypeError("reset")),
};
for (const [name, answer] of Object.entries(FAILURES)) {
  test(`a resumed session that only gets ${name} is given up after a call`, async () => {
    const { here, store } = await newService();
    await here.authenticate({ sessionStore: store });
    const client = await here.authenticate({ sessionStore: store });
    here.replace = untilSignedIn(answer);
    await client.resolve(BY_NAME).catch(() => {});
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(client.stats().signIns, 1);
    here.replace = undefined;
    const next = await here.authenticate({ sessionStore: store });
    assert.equal(await next.resolve(BY_NAME), SECRET);
    assert.equal(next.stats().signIns, 0);
  });
}

test("a lender whose session and the newer one in the store have ended signs in", async () => {
  const { here, store } = await newService();
  const lender = await here.authenticate({ sessionStore: store });
  store.records.clear();
  await here.authenticate({ sessionStore: store });
  here.emulator.expireSessions();
  const calls = Array.from({ length: 5 }, () => lender.resolve(BY_NAME));
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([SECRET]));
  assert.deepEqual([lender.stats().signIns, lender.stats().resumes], [2, 1]);
});

test("once a resumed session has worked, what is forbidden is forbidden", async () => {
  const { here, store } = await newService();
  await here.authenticate({ sessionStore: store });
  const client = await here.authenticate({ sessionStore: store });
  await client.resolve(BY_NAME);
  here.calls = [];
  here.replace = () => new Response("{}", { status: 403 });
  await here.failure(client.resolve(BY_NAME, { fresh: true }), "permissionDenied");
  assert.ok(!here.paths.includes(PATHS.start));
  assert.equal(store.records.size, 1);
});

test("a session that has merely ended after its time does not end the sharing", async () => {
  const { here, store } = await newService();
  const lender = await here.authenticate({ sessionStore: store });
  const [key, { value: first }] = only(store);
  for (let minutes = 0; minutes < 15; minutes += 1) aQuarterHourPasses();
  here.emulator.expireSessions();
  assert.equal(await lender.resolve(BY_NAME), SECRET);
  const { value: second } = store.records.get(key);
  assert.notEqual(second, first);
  const next = await here.authenticate({ sessionStore: store });
  assert.equal(await next.resolve(BY_NAME), SECRET);
  assert.equal(next.stats().resumes, 1);
});

test("a lender whose session has ended takes up a newer one, or lends a new one", async () => {
  const { here, store } = await newService();
  const lender = await here.authenticate({ sessionStore: store });
  const [key, old] = only(store);
  here.emulator.expireSessions();
  // As a process that found nothing stored.
  store.records.clear();
  await here.authenticate({ sessionStore: store });
  assert.equal(await lender.resolve(BY_NAME), SECRET);
  assert.deepEqual([lender.stats().signIns, lender.stats().resumes], [1, 1]);
  assert.equal(store.records.size, 1);
  const next = await here.authenticate({ sessionStore: memory() });
  const own = memory();
  const other = await here.authenticate({ sessionStore: own });
  here.emulator.expireSessions();
  assert.equal(await other.resolve(BY_NAME), SECRET);
  assert.deepEqual([other.stats().signIns, own.records.size], [2, 1]);
  assert.notEqual(own.records.get(key).value, old.value);
  next.close();
});

test("a session is stored before the sign-in is over: what comes later may be cut off", async () => {
  const { here, store } = await newService();
  const set = async (...record) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    store.set(...record);
  };
  await here.authenticate({ sessionStore: { ...store, set } });
  assert.equal(store.records.size, 1);
});

test("kvStore hands its writes to waitUntil", async () => {
  const { here } = await newService();
  let write;
  const kv = namespace();
  const put = async (...record) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await kv.put(...record);
  };
  const waitUntil = (promise) => {
    write = promise;
  };
  await here.authenticate({ sessionStore: kvStore({ ...kv, put }, { waitUntil }) });
  assert.equal(kv.records.size, 0);
  await write;
  assert.equal(kv.records.size, 1);
});

const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-sessions-"));
after(() => rmSync(folder, { recursive: true }));

/** As a KV namespace of Workers behaves. */
function namespace() {
  const records = new Map();
  return {
    records,
    get: async (key) => records.get(key)?.value ?? null,
    put: async (key, value, { expirationTtl }) => {
      if (expirationTtl < 60) throw new Error("Expiration TTL must be at least 60");
      records.set(key, { value });
    },
    delete: async (key) => void records.delete(key),
  };
}

const ADAPTERS = {
  memoryStore: () => memoryStore(),
  kvStore: () => kvStore(namespace()),
  fileStore: () => fileStore(join(folder, "new", "sessions.json")),
};
for (const [name, make] of Object.entries(ADAPTERS)) {
  test(`${name}: sets, gets, deletes, and shares a session`, async () => {
    const store = make();
    assert.ok(!(await store.get("a")));
    await store.set("a", "1", 900);
    await store.set("b", "2", 900);
    assert.deepEqual([await store.get("a"), await store.get("b")], ["1", "2"]);
    await store.delete("a");
    assert.ok(!(await store.get("a")));
    assert.equal(await store.get("b"), "2");
    const { here } = await newService();
    await here.authenticate({ sessionStore: store });
    await new Promise((resolve) => setTimeout(resolve, 100));
    here.calls = [];
    const client = await here.authenticate({ sessionStore: store });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(client.stats().resumes, 1);
  });
}

test("memoryStore and fileStore forget what has ended", async () => {
  for (const store of [memoryStore(), fileStore(join(folder, "ended.json"))]) {
    await store.set("a", "1", 0);
    assert.ok(!(await store.get("a")));
  }
});

test("fileStore: many changes at once, by several stores of one file", async () => {
  const path = join(folder, "many.json");
  const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);
  await Promise.all(keys.map((key) => fileStore(path).set(key, key, 900)));
  for (const key of keys) assert.equal(await fileStore(path).get(key), key);
});

test("fileStore: for its owner alone, and a damaged file is as if it was empty", async () => {
  const path = join(folder, "file.json");
  const store = fileStore(path);
  await store.set("a", "1", 900);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("file.json.")),
    [],
  );
  for (const text of ["", "{", "null", "5", '{"a":null}', '{"a":{"value":"1"}}']) {
    writeFileSync(path, text);
    assert.ok(!(await store.get("a")), text);
  }
  await store.set("a", "2", 900);
  assert.equal(await store.get("a"), "2");
});

const BROKEN_STORES = {
  throws: () => {
    throw new Error("no store");
  },
  rejects: () => Promise.reject(new Error("no store")),
  "never answers": () => new Promise(() => {}),
};
for (const [name, broken] of Object.entries(BROKEN_STORES)) {
  test(`a store that ${name} is as if there was none`, async () => {
    const { here } = await newService();
    const sessionStore = { get: broken, set: broken, delete: broken };
    const client = await here.authenticate({ sessionStore });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.deepEqual(here.paths.slice(0, 4), SIGN_IN);
    here.emulator.expireSessions();
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}
