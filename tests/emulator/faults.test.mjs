// What a fault hook makes go wrong, in process and over HTTP.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createEmulator } from "../../dist/emulator/index.js";
import { RawClient } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const IDS = ["pokahvr47axgmq6hp2sy6tzb6a", "qokahvr47axgmq6hp2sy6tzb6a"];
const KEYSETS = "/api/v2/account/keysets";
const BATCH = `/api/v3/vault/${VAULT}/items/batch`;
const account = {
  vaults: [{ name: "app", id: VAULT, items: IDS.map((id, n) => ({ id, title: `item ${n}` })) }],
};

/** The ways to a service: `fault` is what its hook returns from now on. */
async function ways() {
  const made = [];
  for (const http of [false, true]) {
    const way = { name: http ? "over HTTP" : "in process", fault: undefined, asked: [] };
    const faults = (request) => {
      way.asked.push(request);
      return typeof way.fault === "function" ? way.fault(request) : way.fault;
    };
    way.emulator = await createEmulator({ account, faults });
    way.token = way.emulator.token;
    way.base = "http://127.0.0.1";
    way.fetch = way.emulator.fetch;
    if (http) {
      const server = await way.emulator.serve();
      after(() => server.close());
      Object.assign(way, { token: server.token, base: server.url, fetch: globalThis.fetch });
    }
    const toward = (url, init) => way.fetch(way.base + url.slice(url.indexOf("/", 8)), init);
    way.client = await new RawClient({ token: way.token, fetch: toward }).signIn();
    way.ask = (init) => way.fetch(way.base + KEYSETS, { redirect: "manual", ...init });
    made.push(way);
  }
  return made;
}

for (const way of await ways()) {
  const { client, emulator } = way;
  const check = (name, run) =>
    test(`${name}, ${way.name}`, async () => {
      emulator.clearRequests();
      way.asked = [];
      try {
        await run();
      } finally {
        way.fault = undefined;
      }
      assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
    });
  const last = () => emulator.requests.at(-1);

  check("a hook sees method and path, and may let a request pass", async () => {
    way.fault = async () => undefined;
    assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
    assert.deepEqual(way.asked, [{ method: "GET", path: KEYSETS }]);
    assert.deepEqual(last(), { method: "GET", path: KEYSETS, status: 200 });
  });

  check("status, with headers and a body", async () => {
    const body = { errorCode: 7 };
    way.fault = { kind: "status", status: 429, headers: { "Retry-After": "3" }, body };
    const answer = await client.sealed("GET", KEYSETS);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "3");
    assert.deepEqual(answer.json, body);
    assert.deepEqual(last(), { method: "GET", path: KEYSETS, status: 429, fault: "status" });
    way.fault = { kind: "status", status: 503 };
    assert.equal(await (await way.ask()).text(), "");
  });

  check("delay, which an abort ends", async () => {
    way.fault = { kind: "delay", ms: 50 };
    const started = performance.now();
    assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
    assert.ok(performance.now() - started >= 45);
    way.fault = { kind: "delay", ms: 60_000 };
    await assert.rejects(way.ask({ signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
  });

  check("reset, before a request is served or after it", async () => {
    way.fault = { kind: "reset" };
    const ask = (number) => client.sealed("POST", BATCH, { itemUuids: IDS }, { number });
    await assert.rejects(ask(500), TypeError);
    way.fault = undefined;
    // The service takes a number once: what it refuses, it has served before.
    assert.equal((await ask(500)).status, 200);
    way.fault = { kind: "reset", served: true };
    await assert.rejects(ask(501), TypeError);
    way.fault = undefined;
    assert.equal((await ask(501)).status, 401);
  });

  check("truncate, with a lost connection or in silence", async () => {
    way.fault = { kind: "truncate", bytes: 5 };
    const broken = await way.ask();
    await assert.rejects(broken.text(), TypeError);
    way.fault = { kind: "truncate", bytes: 0 };
    await assert.rejects(async () => (await way.ask()).text(), TypeError);
    way.fault = { kind: "truncate", bytes: 5, silent: true };
    assert.equal((await (await way.ask()).text()).length, 5);
    way.fault = { kind: "truncate", bytes: 1e6 };
    assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
  });

  check("garbage", async () => {
    way.fault = { kind: "garbage" };
    const answer = await way.ask();
    assert.equal(answer.status, 200);
    await assert.rejects(answer.json(), SyntaxError);
  });

  check("reorder and duplicate, of batches alone", async () => {
    const ids = async () => {
      const { json } = await client.sealed("POST", BATCH, { itemUuids: IDS });
      return json.items.map(({ uuid }) => uuid);
    };
    way.fault = { kind: "reorder" };
    assert.deepEqual(await ids(), [...IDS].reverse());
    way.fault = { kind: "duplicate" };
    assert.deepEqual(await ids(), [...IDS, ...IDS]);
    const { json } = await client.sealed("GET", `/api/v1/vault/${VAULT}/items/overviews`);
    assert.equal(json.items.length, 2);
    way.fault = undefined;
    assert.deepEqual(await ids(), IDS);
  });

  check("hang, which an abort ends", async () => {
    way.fault = { kind: "hang" };
    const hung = way.ask({ signal: AbortSignal.timeout(100) });
    await assert.rejects(hung, { name: "TimeoutError" });
    assert.deepEqual(last(), { method: "GET", path: KEYSETS, status: 0, fault: "hang" });
  });

  check("redirect", async () => {
    way.fault = { kind: "redirect" };
    const answer = await way.ask();
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "https://elsewhere.example/");
    way.fault = { kind: "redirect", location: "/other" };
    assert.equal((await way.ask()).headers.get("location"), "/other");
    await assert.rejects(way.ask({ redirect: "error" }), TypeError);
  });

  check("endless, until the caller aborts or cancels", async () => {
    way.fault = { kind: "endless", bytes: 3, everyMs: 1 };
    const aborter = new AbortController();
    const answer = await way.ask({ signal: aborter.signal });
    assert.equal(answer.status, 200);
    const reader = answer.body.getReader();
    for (let n = 0; n < 5; n += 1) assert.ok((await reader.read()).value.length > 0);
    aborter.abort(new Error("enough"));
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
    await (await way.ask()).body.cancel();
  });

  check("a mistake of the hook is told", async () => {
    const wrong = [
      [7, "fault: must be an object, or undefined for none"],
      [{}, /^fault\.kind: must be one of status, delay, /],
      [{ kind: "fire" }, /^fault\.kind: must be one of status, delay, /],
      [{ kind: "hang", ms: 5 }, "fault.ms: unknown member; known: kind"],
      [{ kind: "delay" }, "fault: ms is missing"],
      [{ kind: "delay", ms: -1 }, "fault.ms: must be a number of milliseconds"],
      [{ kind: "truncate" }, "fault: bytes is missing"],
      [{ kind: "status" }, "fault: status is missing"],
      [{ kind: "status", status: 101 }, "fault.status: must be a whole number from 200 to 599"],
      [{ kind: "status", status: 204, body: {} }, "fault.body: this status has none"],
      [
        { kind: "status", status: 503, headers: { "a b": "" } },
        "fault.headers: must be names and values of HTTP headers",
      ],
      [{ kind: "endless", bytes: 0 }, "fault.bytes: must be a whole number from 1"],
    ];
    for (const [fault, problem] of wrong) {
      way.fault = fault;
      const told = await way.ask().then(
        async (answer) => (await answer.json()).errorMessage,
        (error) => error.message,
      );
      assert.match(told, /^faults: fault/);
      const rest = told.slice("faults: ".length);
      if (typeof problem === "string") assert.equal(rest, problem);
      else assert.match(rest, problem);
    }
  });

  check("a hook that throws loses the connection", async () => {
    way.fault = () => {
      throw new TypeError("out of order");
    };
    await assert.rejects(way.ask(), TypeError);
  });

  // The last: it ends the session.
  test(`expire, ${way.name}`, async () => {
    way.fault = { kind: "expire" };
    assert.equal((await client.sealed("GET", KEYSETS)).status, 401);
    way.fault = undefined;
    assert.equal((await client.sealed("GET", KEYSETS)).status, 401);
    await client.signIn();
    assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
  });
}

test("a request that hangs can be aborted long after", { timeout: 10_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const emulator = await createEmulator({ account, faults: () => ({ kind: "hang" }) });
  const aborter = new AbortController();
  const hung = emulator.fetch("http://127.0.0.1/", { signal: aborter.signal });
  for (let n = 0; n < 5; n += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  aborter.abort(new Error("enough"));
  await assert.rejects(hung, /enough/);
});

test("repeated numbers are counted, whether or not they are served", async () => {
  let fault;
  const emulator = await createEmulator({ account, faults: () => fault });
  const client = await new RawClient(emulator).signIn();
  const ask = (number) => client.sealed("GET", KEYSETS, undefined, { number });
  for (const number of [100, 131, 132, 33, 1e12, 31, 63]) await ask(number);
  assert.equal(emulator.repeatedNumbers, 0);
  assert.equal((await ask(131)).status, 401);
  assert.equal(emulator.repeatedNumbers, 1);
  fault = { kind: "reset" };
  await assert.rejects(ask(200));
  fault = undefined;
  assert.equal((await ask(200)).status, 200);
  assert.equal(emulator.repeatedNumbers, 2);
  await client.signIn();
  assert.equal((await ask(100)).status, 200);
  assert.equal(emulator.repeatedNumbers, 2);
});

test("a clock that runs off is how clocks disagree", async () => {
  let skewMs = 0;
  const emulator = await createEmulator({ account, now: () => Date.now() + skewMs });
  const client = await new RawClient(emulator).signIn();
  for (const [skew, status] of [
    [-50_000, 200],
    [-70_000, 400],
    [3_500_000, 200],
    [3_700_000, 400],
  ]) {
    skewMs = skew;
    assert.equal((await client.sealed("GET", KEYSETS)).status, status, String(skew));
  }
});
