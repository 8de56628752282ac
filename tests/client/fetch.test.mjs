// What an injected `fetch` may do, right and wrong.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { runInNewContext } from "node:vm";
import { BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const client = await service.authenticate();

beforeEach(() => {
  service.replace = undefined;
});

/** Resolving fails with `code` while `fetch` does this, and succeeds again after it. */
async function failsWhile(replace, code, what) {
  service.replace = replace;
  const error = await service.failure(client.resolve(BY_NAME), code, what);
  service.replace = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET, what);
  return error;
}

/** Throws whatever is read of it; it is no promise, because a promise would only reject. */
function hostile() {
  const get = (_, name) => (name === "then" ? undefined : fail(`no ${String(name)} for you`));
  return new Proxy({}, { get });
}

function fail(message) {
  throw new Error(message);
}

const THROWN = {
  "an error": [new TypeError("fetch failed"), "TypeError: fetch failed"],
  "an error with a system's code": [
    new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) }),
    "TypeError: fetch failed: ECONNRESET",
  ],
  "a string": ["out of order", "out of order"],
  undefined: [undefined, ""],
  null: [null, ""],
  "a number": [5, ""],
  "a symbol": [Symbol("s"), ""],
  "an object without a message": [{}, ""],
  "an object with a message that is none": [{ name: 5, message: {} }, ""],
  "an object that throws": [hostile(), ""],
};
for (const [name, [thrown, cause]] of Object.entries(THROWN)) {
  test(`fetch throws ${name}`, async () => {
    const throws = () => {
      throw thrown;
    };
    for (const replace of [throws, async () => throws(), () => Promise.reject(thrown)]) {
      const error = await failsWhile(replace, "network", name);
      assert.equal(error.retryable, true);
      assert.equal(error.status, undefined);
      assert.ok(error.cause instanceof Error);
      assert.equal(error.cause.message, cause);
    }
  });
}

test("fetch throws a very long message", async () => {
  const error = await failsWhile(() => fail("x".repeat(1_000_000)), "network");
  assert.ok(error.cause.message.length < 1000);
});

test("fetch quotes the request that it was given", async () => {
  for (const quote of [
    ({ init }) => JSON.stringify(init.headers),
    ({ init }) => `${"x".repeat(200)}${init.headers["OP-Throttling-Token"]}`,
    ({ init }) => `${init.headers["X-AgileBits-MAC"]} ${init.headers["X-AgileBits-Session-ID"]}`,
  ]) {
    const error = await failsWhile((call) => fail(quote(call)), "network");
    assert.ok(error.cause.message.length > 0);
  }
});

for (const [name, code, retryable] of [
  ["AbortError", "aborted", false],
  ["TimeoutError", "timeout", true],
]) {
  test(`${name}, before the answer and within it`, async () => {
    const thrown = [new DOMException("over", name), Object.assign(new Error("over"), { name })];
    for (const error of thrown) {
      const before = await failsWhile(() => Promise.reject(error), code);
      const arrayBuffer = () => Promise.reject(error);
      const within = await failsWhile(() => ({ status: 200, arrayBuffer }), code);
      assert.deepEqual([before.retryable, within.retryable], [retryable, retryable]);
    }
  });
}

/** A Response of another make whose body is read in pieces. */
function streamed(read, status = 200) {
  return { status, body: { getReader: () => ({ read }) } };
}

const NO_RESPONSES = {
  undefined: undefined,
  null: null,
  "a number": 5,
  text: "{}",
  true: true,
  "a symbol": Symbol("s"),
  "an empty object": {},
  "an array": [],
  "a function": () => new Response("{}"),
  "an object that throws": hostile(),
  "a status that is text": { status: "200", arrayBuffer: async () => new ArrayBuffer(0) },
  "a status that is no number": { status: Number.NaN, arrayBuffer: async () => new ArrayBuffer(0) },
  "a status below 200": { status: 100, arrayBuffer: async () => new ArrayBuffer(0) },
  "a status that is none": { status: 65_736, arrayBuffer: async () => new ArrayBuffer(0) },
  "no body": { status: 200 },
  "a body that is text": { status: 200, arrayBuffer: "{}" },
  "a body of nothing": { status: 200, arrayBuffer: () => undefined },
  "a body of null": { status: 200, arrayBuffer: async () => null },
  "a body of a number": { status: 200, arrayBuffer: async () => -1 },
  "a body of a huge number": { status: 200, arrayBuffer: async () => 1e12 },
  "a body of a symbol": { status: 200, arrayBuffer: async () => Symbol("s") },
  "a body of text": { status: 200, arrayBuffer: async () => "{}" },
  "a body of a list": { status: 200, arrayBuffer: async () => [1, 2, 3] },
  "a stream that is text": { status: 200, body: "{}" },
  "a stream that cannot be read": { status: 200, body: { getReader: () => ({}) } },
  "a stream of text": streamed(async () => ({ value: "{}" })),
  "a stream of nothings": streamed(async () => ({ value: null })),
  "a stream of lists": streamed(async () => ({ value: [1, 2, 3] })),
  "a stream of proxies": streamed(async () => ({ value: new Proxy(new Uint8Array(8), {}) })),
};
for (const [name, response] of Object.entries(NO_RESPONSES)) {
  test(`fetch answers with ${name}`, async () => {
    const error = await failsWhile(() => response, "network", name);
    assert.match(error.cause.message, /Response/);
    await failsWhile(async () => response, "network", name);
  });
}

test("a body that breaks off", async () => {
  const broken = () => fail("terminated");
  const stream = () => new ReadableStream({ pull: broken });
  for (const replace of [
    () => new Response(stream()),
    () => ({ status: 200, arrayBuffer: broken }),
    () => ({ status: 200, arrayBuffer: async () => broken() }),
  ]) {
    const error = await failsWhile(replace, "network");
    assert.match(error.cause.message, /terminated/);
  }
});

test("a body that never ends is given up", async () => {
  let pieces = 0;
  const value = new Uint8Array(2 ** 20);
  const endless = streamed(async () => {
    pieces += 1;
    return { done: false, value };
  });
  const error = await failsWhile(() => endless, "protocol");
  assert.match(error.message, /4 MiB/);
  assert.equal(pieces, 5);
});

test("a body in pieces of any size and realm", async () => {
  service.replace = async (_, ask) => {
    const response = await ask();
    const bytes = new Uint8Array(await response.arrayBuffer());
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const foreign = runInNewContext("list.map((byte) => Uint8Array.of(byte))", {
      list: [...bytes],
    });
    const left = [new Uint8Array(0), ...pieces.slice(0, 7), ...foreign.slice(7, 9)];
    left.push(Buffer.from(bytes.subarray(9)));
    return streamed(async () => ({ value: left.shift() }), response.status);
  };
  assert.equal(await (await service.authenticate()).resolve(BY_NAME), SECRET);
});

test("a body that was read already", async () => {
  const read = async (_, ask) => {
    const response = await ask();
    await response.text();
    return response;
  };
  await failsWhile(read, "network");
});

/** The least that the client needs of a response. */
class OwnResponse {
  #bytes;

  constructor(status, bytes) {
    this.#bytes = bytes;
    this.status = status;
  }

  arrayBuffer() {
    return this.#bytes;
  }
}

test("a Response of another make, with bytes in any form", async () => {
  for (const form of [
    (bytes) => bytes,
    (bytes) => Promise.resolve(bytes),
    (bytes) => new Uint8Array(bytes),
    (bytes) => Buffer.concat([Buffer.from("before"), Buffer.from(bytes)]).subarray(6),
    (bytes) => structuredClone(bytes),
    (bytes) => runInNewContext("Uint8Array.from(list).buffer", { list: new Uint8Array(bytes) }),
  ]) {
    service.replace = async (_, ask) => {
      const response = await ask();
      return new OwnResponse(response.status, form(await response.arrayBuffer()));
    };
    assert.equal(await (await service.authenticate()).resolve(BY_NAME), SECRET, `${form}`);
  }
});

test("headers of another make", async () => {
  const empty = async () => new ArrayBuffer(0);
  for (const [headers, retryAfterMs] of [
    [new Map([["retry-after", "7"]]), 7000],
    [{ get: (name) => (name === "retry-after" ? "7" : null) }, 7000],
    [{ get: () => 7 }, undefined],
    [{ get: () => null }, undefined],
    [{ get: () => fail("no headers") }, undefined],
    [{ "retry-after": "7" }, undefined],
    [hostile(), undefined],
    [null, undefined],
    [5, undefined],
  ]) {
    const replace = () => ({ status: 503, headers, arrayBuffer: empty });
    const error = await failsWhile(replace, "serverError");
    assert.equal(error.retryAfterMs, retryAfterMs);
  }
});

test("a fetch that is called as a plain function, with a URL and its options", async () => {
  let seen;
  function strict(...args) {
    seen = [this, ...args];
    return service.emulator.fetch(...args);
  }
  assert.equal(await (await service.authenticate({ fetch: strict })).resolve(BY_NAME), SECRET);
  const [self, url, init, ...rest] = seen;
  assert.equal(self, undefined);
  assert.equal(typeof url, "string");
  assert.equal(init.method, "GET");
  assert.deepEqual(rest, []);
});

test("a fetch that itself resolves", async () => {
  let nested;
  service.replace = ({ path }, ask) => {
    if (path === PATHS.item) nested ??= client.resolve(BY_NAME);
    return ask();
  };
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(await nested, SECRET);
});

test("what is no function", async () => {
  for (const fetch of [null, 5, "fetch", {}, Promise.resolve()]) {
    await service.failure(service.authenticate({ fetch }), "argumentInvalid");
  }
});
