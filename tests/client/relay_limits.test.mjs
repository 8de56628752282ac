// What ends an exchange through the relay, and that nobody keeps what it passes on.
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { createRelay, toNodeListener } from "../../dist/relay.js";

const ORIGIN = "https://tool.example";
const HOST = "team.1password.com";
const KEYSETS = "/api/v2/account/keysets";
const SIGN_IN = "/api/v2/auth";
const MIB = 1024 * 1024;
const HEADERS = { Origin: ORIGIN, "OP-Relay-Host": HOST };

const relayTo = (fetch, more = {}) => createRelay({ allowedOrigins: [ORIGIN], fetch, ...more });

const requestFor = (path, init = {}) =>
  new Request(`https://relay.example${path}`, {
    ...init,
    headers: { ...HEADERS, ...init.headers },
    ...(init.body && { duplex: "half" }),
  });

const never = () => new Promise(() => {});

/** A body, what has been taken of it, and a promise that it is cancelled. */
function bodyOf(next) {
  const body = { taken: 0 };
  body.cancelled = new Promise((resolve) => {
    body.stream = new ReadableStream(
      {
        async pull(controller) {
          const piece = await next(body.taken);
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
          body.taken += piece?.length ?? 0;
        },
        cancel: resolve,
      },
      { highWaterMark: 0 },
    );
  });
  return body;
}

const endless = () => bodyOf(() => new Uint8Array(MIB));

/** Fails if it takes longer than `ms`. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function serve(relay) {
  const server = createServer(toNodeListener(relay)).listen(0, "127.0.0.1");
  after(() => server.close());
  await once(server, "listening");
  return server;
}

test("no answer is kept by anyone, whatever the service says", async () => {
  const answer = (headers, status = 200) =>
    relayTo(async () => new Response("{}", { status, headers }));
  const kept = { "Cache-Control": "public, max-age=3600", ETag: "x", Expires: "tomorrow" };
  const broken = relayTo(() => Promise.reject(new TypeError("lost")));
  for (const [what, relay, request] of [
    ["no-store", answer({ "Cache-Control": "no-store" }), requestFor(KEYSETS)],
    ["nothing", answer({}), requestFor(KEYSETS)],
    ["public", answer(kept), requestFor(KEYSETS)],
    ["an error", answer(kept, 503), requestFor(KEYSETS)],
    ["a redirect", answer({}, 307), requestFor(KEYSETS)],
    ["no answer", broken, requestFor(KEYSETS)],
    ["no such path", broken, requestFor("/api/v1/users")],
    ["no such origin", broken, new Request(`https://relay.example${KEYSETS}`)],
    ["a preflight", broken, requestFor(KEYSETS, { method: "OPTIONS" })],
    ["a long body", broken, requestFor(SIGN_IN, { method: "POST", body: "x".repeat(MIB + 1) })],
  ]) {
    const { headers } = await relay(request);
    assert.equal(headers.get("cache-control"), "no-store", what);
    for (const name of ["etag", "expires"]) assert.equal(headers.get(name), null, what);
  }
});

test("a page that leaves ends the request to the service", async () => {
  const leaving = new AbortController();
  let begin;
  const asked = new Promise((resolve) => {
    begin = resolve;
  });
  // It knows no signals, so that the relay alone can end it.
  const relay = relayTo((_, { signal }) => {
    begin(signal);
    return never();
  });
  const answer = relay(requestFor(KEYSETS, { signal: leaving.signal }));
  const signal = await asked;
  assert.equal(signal?.aborted, false);
  leaving.abort();
  assert.equal((await within(1_000, answer)).status, 502);
  assert.equal(signal.aborted, true);
  const gone = requestFor(KEYSETS, { signal: AbortSignal.abort() });
  assert.equal((await within(1_000, relay(gone))).status, 502);
});

test("an answer that comes when nobody waits any more is cancelled", async () => {
  const body = endless();
  let give;
  const late = new Promise((resolve) => {
    give = resolve;
  });
  const relay = relayTo(() => late, { timeoutMs: 20 });
  assert.equal((await within(1_000, relay(requestFor(KEYSETS)))).status, 504);
  give(new Response(body.stream));
  await within(1_000, body.cancelled);
});

test("a page that leaves ends an answer that is being passed on", async () => {
  const leaving = new AbortController();
  const body = endless();
  const relay = relayTo(async () => new Response(body.stream));
  const answer = await relay(requestFor(KEYSETS, { signal: leaving.signal }));
  const reader = answer.body.getReader();
  await reader.read();
  leaving.abort();
  await within(1_000, body.cancelled);
  await assert.rejects(reader.read());
});

test("who stops reading an answer ends the request", async () => {
  const body = endless();
  let signal;
  const relay = relayTo(async (_, init) => {
    ({ signal } = init);
    return new Response(body.stream);
  });
  await (await relay(requestFor(KEYSETS))).body.cancel();
  await within(1_000, body.cancelled);
  assert.equal(signal.aborted, true);
});

test("after its time an exchange ends, wherever it stands", async () => {
  const timeoutMs = 50;
  const silent = relayTo(never, { timeoutMs });
  const noAnswer = await within(2_000, silent(requestFor(KEYSETS)));
  assert.equal(noAnswer.status, 504);
  assert.match(noAnswer.headers.get("op-relay-refusal"), /in time/);

  const slow = bodyOf(never);
  const upload = requestFor(SIGN_IN, { method: "POST", body: slow.stream });
  const sent = relayTo(() => assert.fail("sent without its body"), { timeoutMs });
  assert.equal((await within(2_000, sent(upload))).status, 408);
  await within(1_000, slow.cancelled);

  const stuck = bodyOf((taken) => (taken === 0 ? new Uint8Array(5) : never()));
  const begun = relayTo(async () => new Response(stuck.stream), { timeoutMs });
  const answer = await begun(requestFor(KEYSETS));
  assert.equal(answer.status, 200);
  // As broken, and not as complete.
  await assert.rejects(within(2_000, answer.arrayBuffer()));
  await within(1_000, stuck.cancelled);
});

test("an answer without end is cut off, and is not taken for a whole one", async () => {
  const body = endless();
  const relay = relayTo(async () => new Response(body.stream));
  const answer = await relay(requestFor(KEYSETS));
  await assert.rejects(within(20_000, answer.arrayBuffer()));
  await within(1_000, body.cancelled);
  assert.ok(body.taken <= 66 * MIB, `${body.taken}`);
});

test("an answer that says that it is too long is refused before it is read", async () => {
  for (const length of [`${64 * MIB + 1}`, "1e9", "-1", "5, 5", "99999999999999999999"]) {
    const body = endless();
    const relay = relayTo(
      async () => new Response(body.stream, { headers: { "Content-Length": length } }),
    );
    assert.equal((await relay(requestFor(KEYSETS))).status, 502, length);
    await within(1_000, body.cancelled);
    assert.equal(body.taken, 0, length);
  }
});

test("an answer has to have the length that it names", async () => {
  for (const [length, said] of [
    [5, "4"],
    [5, "6"],
    [0, "1"],
  ]) {
    const body = bodyOf((taken) => (taken < length ? new Uint8Array(length) : undefined));
    const headers = { "Content-Length": said };
    const relay = relayTo(async () => new Response(body.stream, { headers }));
    const answer = await relay(requestFor(KEYSETS));
    await assert.rejects(answer.arrayBuffer(), `${length} for ${said}`);
  }
  const right = relayTo(async () => new Response("12345", { headers: { "Content-Length": "5" } }));
  const answer = await right(requestFor(KEYSETS));
  assert.equal(answer.headers.get("content-length"), "5");
  assert.equal(await answer.text(), "12345");
  // fetch has decompressed it: the header is of something else.
  const headers = { "Content-Length": "3", "Content-Encoding": "gzip" };
  const packed = relayTo(async () => new Response("12345", { headers }));
  const unpacked = await packed(requestFor(KEYSETS));
  assert.equal(unpacked.headers.get("content-length"), null);
  assert.equal(await unpacked.text(), "12345");
});

test("pieces that are no bytes are not passed on", async () => {
  for (const piece of ["text", {}, 5, { length: 1, byteLength: -1 }]) {
    const answer = { status: 200, headers: new Headers(), body: bodyOf(() => piece).stream };
    const relay = relayTo(async () => answer);
    await assert.rejects((await relay(requestFor(KEYSETS))).arrayBuffer());
  }
});

test("a page's body that breaks off is refused", async () => {
  const broken = bodyOf(() => Promise.reject(new Error("gone")));
  const relay = relayTo(() => assert.fail("sent without its body"));
  const answer = await relay(requestFor(SIGN_IN, { method: "POST", body: broken.stream }));
  assert.equal(answer.status, 400);
});

test("when it is over nothing is left", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  for (const [fetch, status] of [
    [async () => new Response("{}"), 200],
    [async () => new Response(null, { status: 204 }), 204],
    [async () => new Response(null, { status: 307 }), 502],
    [() => Promise.reject(new Error("lost")), 502],
    [() => assert.fail("at once"), 502],
  ]) {
    const request = requestFor(KEYSETS);
    const answer = await relayTo(fetch)(request);
    assert.equal(answer.status, status);
    await answer.arrayBuffer();
    assert.deepEqual(getEventListeners(request.signal, "abort"), []);
    assert.equal(timers(), before);
  }
});

test("a time limit that is none is refused", () => {
  for (const timeoutMs of [0, -1, Number.NaN, Infinity, 2 ** 31, "5", null]) {
    assert.throws(() => relayTo(never, { timeoutMs }), { code: "argumentInvalid" }, `${timeoutMs}`);
  }
});

test("in Node, a page that leaves before there is an answer ends the request", async () => {
  let seen;
  const asked = new Promise((resolve) => {
    seen = resolve;
  });
  const server = await serve(
    relayTo((_, { signal }) => {
      seen(signal);
      return never();
    }),
  );
  const leaving = new AbortController();
  const url = `http://127.0.0.1:${server.address().port}${KEYSETS}`;
  const answer = fetch(url, { headers: HEADERS, signal: leaving.signal });
  const signal = await asked;
  leaving.abort();
  await assert.rejects(answer);
  if (!signal.aborted) await within(2_000, once(signal, "abort"));
});

test("in Node, a page that reads nothing is let go after the time limit", async () => {
  const body = endless();
  const server = await serve(relayTo(async () => new Response(body.stream), { timeoutMs: 300 }));
  const socket = connect(server.address().port, "127.0.0.1").pause();
  after(() => socket.destroy());
  const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${KEYSETS} HTTP/1.1\r\nHost: relay\r\n${lines.join("")}\r\n`);
  const [accepted] = await once(server, "connection");
  await within(5_000, once(accepted, "close"));
  await within(1_000, body.cancelled);
});
