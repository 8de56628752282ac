// Stores by themselves: what they are given, what they hold, what a database may answer. Against real
// databases they are tested in tests/stores.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isOnePasswordError } from "../../dist/index.js";
import {
  denoKvStore,
  kvStore,
  memoryStore,
  redisStore,
  unstorageStore,
  upstashStore,
} from "../../dist/stores.js";

const DAY_SECONDS = 86_400;
const URL_ = "https://db.example";

test("what is no client is refused at once", () => {
  const none = [undefined, null, 5, "", "redis", {}, new Map(), () => {}, { get: 5, set: 5 }];
  for (const client of none) {
    for (const make of [kvStore, redisStore, unstorageStore]) {
      assert.throws(() => make(client), { code: "argumentInvalid", message: /needs/ });
    }
  }
  for (const kv of [undefined, null, 5, {}, { get() {} }]) {
    assert.throws(() => denoKvStore(kv), isOnePasswordError);
  }
  class Client {
    async get() {}
    async setex() {}
  }
  assert.ok(redisStore(new Client()));
});

test("what is no address and no token is refused at once, and not repeated", () => {
  const token = "AXXXsecret";
  for (const url of [
    undefined,
    5,
    "",
    "db.example",
    "redis://db.example",
    `https://user:${token}@db.example`,
    `https://db.example?_token=${token}`,
    `https://db.example#${token}`,
  ]) {
    const refused = ({ code, message }) => code === "argumentInvalid" && !message.includes(token);
    assert.throws(() => upstashStore({ url, token }), refused);
  }
  for (const odd of [undefined, 5, "", `${token}\n`, `${token} x`, `${token}ü`]) {
    const refused = ({ code, message }) => code === "argumentInvalid" && !message.includes(token);
    assert.throws(() => upstashStore({ url: URL_, token: odd }), refused);
  }
});

test("memory holds a thousand records, those that were written last", async () => {
  const { get, set } = memoryStore();
  set("ended", "1", 0);
  for (let n = 0; n < 1_000; n += 1) set(String(n), "1", DAY_SECONDS);
  assert.equal(get("ended"), undefined);
  assert.equal(get("0"), "1");
  set("0", "2", DAY_SECONDS);
  set("one more", "1", DAY_SECONDS);
  assert.deepEqual(["0", "1", "2", "one more"].map(get), ["2", undefined, "1", "1"]);
});

test("Workers KV is asked for no less than a minute", async () => {
  const puts = [];
  const { set, propagationMs } = kvStore({
    get: async () => null,
    put: async (...put) => puts.push(put),
  });
  for (const seconds of [1, 60, 900]) await set("k", "v", seconds);
  assert.deepEqual(
    puts.map(([, , { expirationTtl }]) => expirationTtl),
    [60, 60, 900],
  );
  assert.equal(propagationMs, 60_000);
});

test("what somebody else has written is as if there was nothing", async () => {
  const strange = [
    undefined,
    null,
    5,
    true,
    "text",
    "ends soon {}",
    "ends 9999999999999",
    '{"a":1}',
    {},
    [],
    { value: "1" },
    { value: 1, endsMs: 9e15 },
    { value: "1", endsMs: 5 },
    { value: "1", endsMs: "9999999999999" },
    new Uint8Array(3),
  ];
  for (const value of strange) {
    const unstorage = unstorageStore({ getItem: async () => value, setItem() {} });
    assert.equal(await unstorage.get("k"), undefined, String(value));
    const deno = denoKvStore({ get: async () => ({ value }), set() {} });
    assert.equal(await deno.get("k"), undefined, String(value));
    if (typeof value === "string") continue;
    const redis = redisStore({ get: async () => value, setEx() {} });
    assert.equal(await redis.get("k"), undefined, String(value));
  }
});

test("what a client throws at once is a rejection", async () => {
  const fail = () => {
    throw new Error("down");
  };
  for (const store of [
    redisStore({ get: fail, setEx: fail }),
    redisStore({ get: fail, setex: fail }),
    denoKvStore({ get: fail, set: fail }),
    unstorageStore({ getItem: fail, setItem: fail }),
    upstashStore({ url: URL_, token: "x", fetch: fail }),
    kvStore({ get: fail, put: fail }),
  ]) {
    for (const work of [() => store.get("k"), () => store.set("k", "v", 1)]) {
      let given;
      assert.doesNotThrow(() => {
        given = work();
      });
      await assert.rejects(given, /down/);
    }
  }
});

test("Upstash is asked as it documents", async () => {
  const asked = [];
  const results = ["OK", "the value", null];
  const fetch = async (url, init) => {
    asked.push({ url, ...init, signal: init.signal instanceof AbortSignal });
    return Response.json({ result: results.shift() });
  };
  const store = upstashStore({ url: URL_, token: "a+b/c==", fetch, prefix: "app:" });
  await store.set("k", '{"a":1}', 900);
  assert.equal(await store.get("k"), "the value");
  assert.equal(await store.get("k"), undefined);
  const common = {
    url: URL_,
    method: "POST",
    headers: { Authorization: "Bearer a+b/c==", "Content-Type": "application/json" },
    redirect: "manual",
    signal: true,
  };
  const commands = [
    ["SET", "app:k", '{"a":1}', "EX", 900],
    ["GET", "app:k"],
    ["GET", "app:k"],
  ];
  assert.deepEqual(
    asked.map(({ headers, ...rest }) => ({ ...rest, headers: { ...headers } })),
    commands.map((command) => ({ ...common, body: JSON.stringify(command) })),
  );
});

test("upstashStore reads no answer without end", async () => {
  let pieces = 0;
  const body = new ReadableStream({
    pull(controller) {
      pieces += 1;
      controller.enqueue(new Uint8Array(64 * 1024).fill(32));
    },
  });
  const store = upstashStore({
    url: "https://db.example",
    token: "a-token-of-a-database",
    fetch: async () => new Response(body),
  });
  await assert.rejects(store.get("key"), /too long/);
  assert.ok(pieces < 20, `${pieces}`);
});
