// Time limits, signals, repeated requests, throttling: a client that lives through it all.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  aQuarterHourPasses,
  BY_ID,
  BY_NAME,
  PATHS,
  SECRET,
  Service,
  VAULT_ID,
} from "./support.mjs";

const service = await Service.start();
const FORGETFUL = { metadataTtlMs: 0, negativeTtlMs: 0 };
const QUICK = { retries: 2, minMs: 1, maxMs: 20 };

async function newClient(config) {
  const client = await service.authenticate({ cache: FORGETFUL, retry: QUICK, ...config });
  await client.resolve(BY_NAME);
  service.calls = [];
  return client;
}

const count = (path) => service.paths.filter((other) => other === path).length;
const never = () => new Promise(() => {});
/** Has the first `times` requests for `path` answered otherwise. */
function fails(times, path, answer) {
  let left = times;
  service.replace = (call, ask) => {
    if (call.path !== path || left === 0) return ask();
    left -= 1;
    return answer();
  };
}

/** Milliseconds that `work` takes. */
async function duration(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
  aQuarterHourPasses();
});

const PASSING = {
  "a network error": () => Promise.reject(new TypeError("fetch failed")),
  "a body that breaks off": () =>
    new Response(new ReadableStream({ pull: () => Promise.reject(new Error("terminated")) })),
  ...Object.fromEntries(
    [408, 500, 502, 503, 504].map((status) => [status, () => new Response("", { status })]),
  ),
};
for (const [name, answer] of Object.entries(PASSING)) {
  test(`${name} is tried again, under a new number`, async () => {
    const client = await newClient();
    fails(2, PATHS.item, answer);
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(count(PATHS.item), 3);
    const macs = service.calls.map(({ headers }) => headers["X-AgileBits-MAC"]);
    assert.equal(new Set(macs).size, macs.length);
    assert.equal(service.emulator.repeatedNumbers, 0);
    fails(3, PATHS.item, answer);
    await service.failure(client.resolve(BY_NAME), codeOf(name));
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}

function codeOf(name) {
  return Number.isNaN(Number(name)) ? "network" : "serverError";
}

test("a batch is read again too: it changes nothing", async () => {
  const client = await newClient();
  const batch = PATHS.overviews.replace("v1", "v3").replace("overviews", "batch");
  service.replace = undefined;
  await service.emulator.account.addItem("app", { title: "second", password: "2" });
  fails(1, batch, () => new Response("", { status: 502 }));
  const both = [BY_NAME, "op://app/second/password"].map((reference) => client.resolve(reference));
  assert.deepEqual(await Promise.all(both), [SECRET, "2"]);
  assert.equal(count(batch), 2);
});

for (const status of [400, 403, 404, 409, 501]) {
  test(`${status} is not tried again`, async () => {
    const client = await newClient();
    fails(1, PATHS.item, () => new Response("", { status }));
    await client.resolve(BY_ID).catch(() => {});
    assert.equal(count(PATHS.item), 1);
  });
}

test("a sign-in is tried again from its start", async () => {
  for (const path of [PATHS.start, PATHS.exchange, PATHS.confirm, PATHS.complete]) {
    service.calls = [];
    fails(1, path, () => Promise.reject(new TypeError("fetch failed")));
    const client = await service.authenticate({ retry: QUICK });
    assert.equal(count(PATHS.start), 2);
    client.close();
  }
});

test("without retries nothing is tried again", async () => {
  const client = await newClient({ retry: { retries: 0 } });
  fails(1, PATHS.item, () => new Response("", { status: 503 }));
  await service.failure(client.resolve(BY_NAME), "serverError");
  assert.equal(count(PATHS.item), 1);
});

test("a service that says when is waited for, but not longer than allowed", async () => {
  const client = await newClient({ retry: { retries: 1, minMs: 0, maxMs: 1_500 } });
  const after = (seconds) => () =>
    new Response("", { status: 503, headers: { "retry-after": seconds } });
  fails(1, PATHS.item, after("1"));
  const ms = await duration(async () => assert.equal(await client.resolve(BY_NAME), SECRET));
  assert.ok(ms >= 990, `${ms}`);
  fails(1, PATHS.item, after("2"));
  const error = await service.failure(client.resolve(BY_NAME), "serverError");
  assert.equal(error.retryAfterMs, 2000);
});

test("a fetch that never answers ends in time, and the client goes on", async () => {
  const client = await newClient({ timeoutMs: 400 });
  for (const path of [PATHS.vaults, PATHS.overviews, PATHS.item]) {
    fails(1, path, never);
    const ms = await duration(() => service.failure(client.resolve(BY_NAME), "timeout"));
    assert.ok(ms < 1_500, `${ms}`);
    assert.equal(await client.resolve(BY_NAME), SECRET);
  }
  const endless = new ReadableStream({ pull: () => sleep(5) });
  fails(1, PATHS.item, () => new Response(endless));
  await service.failure(client.resolve(BY_NAME), "timeout");
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("signing in ends in time", async () => {
  for (const path of [PATHS.start, PATHS.complete]) {
    fails(1, path, never);
    await service.failure(service.authenticate({ timeoutMs: 50 }), "timeout");
  }
});

test("a call may have its own limit", async () => {
  const client = await newClient();
  service.replace = never;
  for (const call of [
    client.resolve(BY_NAME, { timeoutMs: 30 }),
    client.secrets.resolveBytes(BY_NAME, { timeoutMs: 30 }),
  ]) {
    assert.equal((await service.failure(call, "timeout")).retryable, true);
  }
  const { individualResponses } = await client.secrets.resolveAll([BY_NAME], { timeoutMs: 30 });
  assert.equal(individualResponses[BY_NAME].error.type, "timeout");
});

test("the limit is one for the whole call, and not for each request", async () => {
  const client = await newClient({ timeoutMs: 400 });
  service.replace = async (_, ask) => {
    await sleep(250);
    return ask();
  };
  const ms = await duration(() => service.failure(client.resolve(BY_NAME), "timeout"));
  assert.ok(ms < 1_200, `${ms}`);
});

test("a signal ends a call at once, and its requests with it", async () => {
  const client = await newClient();
  let signal;
  service.replace = (call) => {
    signal = call.init.signal;
    return never();
  };
  const controller = new AbortController();
  const call = client.resolve(BY_NAME, { signal: controller.signal });
  await sleep(5);
  controller.abort();
  await service.failure(call, "aborted");
  await sleep(0);
  assert.equal(signal.aborted, true);
  service.replace = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a signal that was given already sends nothing", async () => {
  const client = await newClient();
  const signal = AbortSignal.abort();
  await service.failure(client.resolve(BY_NAME, { signal }), "aborted");
  await service.failure(client.secrets.resolveAll([BY_NAME], { signal }), "aborted");
  await sleep(5);
  assert.deepEqual(service.paths, []);
});

test("who aborts ends his own wait, not the others'", async () => {
  const client = await newClient();
  const controller = new AbortController();
  const mine = client.resolve(BY_NAME, { signal: controller.signal });
  const theirs = client.resolve(BY_NAME);
  controller.abort();
  await service.failure(mine, "aborted");
  assert.equal(await theirs, SECRET);
});

test("the client's own signal ends all its calls", async () => {
  const controller = new AbortController();
  const client = await newClient({ signal: controller.signal });
  service.replace = never;
  const calls = [client.resolve(BY_NAME), client.resolve(BY_ID)];
  await sleep(5);
  controller.abort();
  for (const call of calls) await service.failure(call, "aborted");
  service.replace = undefined;
  await service.failure(client.resolve(BY_NAME), "aborted");
  await service.failure(service.authenticate({ signal: controller.signal }), "aborted");
});

test("429: nothing is sent until the time has come, then one request", async () => {
  const events = [];
  const client = await newClient({ onEvent: (event) => events.push(event) });
  let limited = true;
  const headers = { "retry-after": "1" };
  service.replace = (_, ask) => (limited ? new Response("", { status: 429, headers }) : ask());
  const first = await service.failure(client.resolve(BY_NAME), "rateLimited");
  assert.equal(first.retryAfterMs, 1000);
  assert.deepEqual(
    events.findLast(({ type }) => type === "throttle"),
    {
      type: "throttle",
      retryAfterMs: 1000,
    },
  );
  for (let n = 0; n < 20; n += 1) {
    const error = await service.failure(client.resolve(BY_NAME), "rateLimited");
    assert.ok(error.retryAfterMs <= 1000 && error.retryable);
  }
  assert.equal(service.paths.length, 1);
  await sleep(1_010);
  const outcomes = [1, 2, 3].map((n) => client.resolve(`op://app ${n}/x/y`));
  for (const outcome of outcomes) await service.failure(outcome, "rateLimited");
  assert.equal(service.paths.length, 2);
  limited = false;
  await sleep(1_010);
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("429: what was sent before it and is answered late does not end the pause", async () => {
  const client = await newClient({ cache: {} });
  const late = [];
  service.replace = async (_, ask) => {
    if (service.calls.length === 3) return new Response("", { status: 429 });
    await new Promise((resolve) => late.push(resolve));
    return ask();
  };
  const calls = [];
  for (let n = 0; n < 3; n += 1) {
    calls.push(client.resolve(`op://${VAULT_ID}/item ${n}/password`).catch(({ code }) => code));
    calls.push(client.resolve(BY_ID, { fresh: true }).catch(({ code }) => code));
    await sleep(5);
  }
  for (const answer of late) answer();
  await Promise.all(calls);
  const before = service.calls.length;
  const error = await service.failure(client.resolve(BY_NAME), "rateLimited");
  assert.ok(error.retryAfterMs > 20_000);
  assert.equal(service.calls.length, before);
});

test("429: a lost connection says so, and does not keep the next request from trying", async () => {
  const client = await newClient({ retry: { retries: 0 } });
  const headers = { "retry-after": "1" };
  fails(1, PATHS.vaults, () => new Response("", { status: 429, headers }));
  await service.failure(client.resolve(BY_NAME), "rateLimited");
  aQuarterHourPasses();
  fails(1, PATHS.vaults, () => Promise.reject(new TypeError("offline")));
  await service.failure(client.resolve(BY_NAME), "network");
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("429 with the time in its body", async () => {
  const client = await newClient();
  fails(1, PATHS.vaults, () => Response.json({ errorCode: 1, retryAfter: 3 }, { status: 429 }));
  const error = await service.failure(client.resolve(BY_NAME), "rateLimited");
  assert.equal(error.retryAfterMs, 3000);
});

test("429: the pause is the token's, and holds for clients that come later", async () => {
  const client = await newClient();
  const headers = { "retry-after": "3600" };
  fails(1, PATHS.vaults, () => new Response("", { status: 429, headers }));
  await service.failure(client.resolve(BY_NAME), "rateLimited");
  client.close();
  service.calls = [];
  const lazy = await service.authenticate({ lazy: true });
  const { retryAfterMs } = await service.failure(lazy.resolve(BY_NAME), "rateLimited");
  assert.ok(retryAfterMs > 3_590_000, `${retryAfterMs}`);
  await service.failure(lazy.resolve(BY_NAME, { fresh: true }), "rateLimited");
  assert.deepEqual(service.calls, []);
  const other = await Service.start();
  assert.equal(await (await other.authenticate()).resolve(BY_NAME), SECRET);
  lazy.clearPause();
  assert.equal(await lazy.resolve(BY_NAME), SECRET);
});

test("429: after five minutes one request tries, whatever an answer says", async () => {
  const client = await newClient();
  const headers = { "retry-after": "86400" };
  fails(1, PATHS.vaults, () => new Response("", { status: 429, headers }));
  const { retryAfterMs } = await service.failure(client.resolve(BY_NAME), "rateLimited");
  assert.equal(retryAfterMs, 86_400_000);
  aQuarterHourPasses();
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

for (const [text, ms] of [
  ["Too many requests. Try again in 2 minutes.", 120_000],
  [JSON.stringify({ errorCode: 1, errorMessage: "Please wait 45 seconds" }), 45_000],
  [JSON.stringify({ retryAfter: "7" }), 7_000],
  ["Too many requests", 30_000],
]) {
  test(`429 with a text: ${text}`, async () => {
    const client = await newClient();
    fails(1, PATHS.vaults, () => new Response(text, { status: 429 }));
    const error = await service.failure(client.resolve(BY_NAME), "rateLimited");
    assert.equal(error.retryAfterMs, ms);
  });
}

test("clearPause ends the pause after refused sign-ins, too", async () => {
  const client = await service.authenticate({ lazy: true });
  service.replace = () => new Response("{}", { status: 401 });
  for (let n = 0; n < 10; n += 1) {
    await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  }
  service.replace = undefined;
  await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  const later = await service.authenticate({ lazy: true });
  later.clearPause();
  assert.equal(await later.resolve(BY_NAME), SECRET);
  later.close();
  later.clearPause();
});

test("refused sign-ins are not sent ten times a minute", async () => {
  const client = await newClient();
  service.emulator.expireSessions();
  service.replace = ({ path }, ask) =>
    path === PATHS.start ? new Response("{}", { status: 401 }) : ask();
  for (let n = 0; n < 30; n += 1) {
    await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  }
  assert.ok(count(PATHS.start) < 10, `${count(PATHS.start)}`);
});

test("sessions that are refused at once are not asked for ten times a minute", async () => {
  const client = await newClient();
  service.replace = ({ path }, ask) =>
    path === PATHS.vaults ? new Response("{}", { status: 401 }) : ask();
  for (let n = 0; n < 30; n += 1) {
    await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  }
  assert.ok(count(PATHS.start) < 10, `${count(PATHS.start)}`);
});

test("refused sign-ins of clients with one token count together", async () => {
  service.calls = [];
  service.replace = ({ path }, ask) =>
    path === PATHS.start ? new Response("{}", { status: 401 }) : ask();
  const lazy = Array.from({ length: 30 }, () => service.authenticate({ lazy: true }));
  for (const client of await Promise.all(lazy)) {
    const error = await client.resolve(BY_NAME).catch((thrown) => thrown);
    assert.ok(["authenticationFailed", "rateLimited"].includes(error.code), error.code);
    client.close();
  }
  assert.ok(count(PATHS.start) < 10, `${count(PATHS.start)}`);
  const waiting = await service.authenticate({ lazy: true });
  const error = await service.failure(waiting.resolve(BY_NAME), "rateLimited");
  assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 60_000, `${error.retryAfterMs}`);
});

test("of sign-ins that begin together nine are sent, until one is accepted", async () => {
  service.calls = [];
  const start = (n) => service.authenticate({ lazy: true, integrationVersion: `${n}` });
  const clients = await Promise.all(Array.from({ length: 30 }, (_, n) => start(n)));
  const ask = () =>
    Promise.all(clients.map((client) => client.resolve(BY_NAME).catch(({ code }) => code)));
  service.replace = async ({ path }, answer) => {
    await sleep(20);
    return path === PATHS.exchange ? new Response("{}", { status: 401 }) : answer();
  };
  const codes = new Set(await ask());
  assert.ok(codes.has("authenticationFailed") && !codes.has(SECRET), [...codes].join());
  assert.equal(count(PATHS.exchange), 9);
  service.replace = undefined;
  aQuarterHourPasses();
  assert.deepEqual(new Set(await ask()), new Set([SECRET]));
});

test("a caller with more time has it for a request that another one began", async () => {
  const client = await newClient({ timeoutMs: 300 });
  service.replace = async (_, ask) => {
    await sleep(700);
    return ask();
  };
  const hasty = client.resolve(BY_ID);
  await sleep(50);
  const patient = client.resolve(BY_ID, { timeoutMs: 10_000 });
  await service.failure(hasty, "timeout");
  assert.equal(await patient, SECRET);
});

test("more calls at once than a function takes arguments", async () => {
  const client = await newClient();
  // How long it takes is the machine's matter.
  const options = { timeoutMs: 600_000 };
  const calls = Array.from({ length: 140_000 }, () => client.resolve(BY_ID, options));
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([SECRET]));
});

test("after a pause one request tries, and not one of each vault", async () => {
  await service.emulator.account.addItem("app", { title: "x", password: "1" });
  const client = await newClient();
  const both = [BY_NAME, "op://other/x/password"];
  const headers = { "retry-after": "1" };
  fails(1, PATHS.vaults, () => new Response("", { status: 429, headers }));
  await client.secrets.resolveAll(both);
  aQuarterHourPasses();
  const { individualResponses } = await client.secrets.resolveAll(both);
  const codes = Object.values(individualResponses).map(
    ({ content, error }) => content?.secret ?? error.type,
  );
  assert.deepEqual(codes, [SECRET, "vaultNotFound"]);
});

test("an item that is always refused does not have the client sign in again and again", async () => {
  const client = await newClient();
  service.replace = ({ path }, ask) =>
    path === PATHS.item ? new Response("{}", { status: 401 }) : ask();
  for (let n = 0; n < 20; n += 1) {
    await service.failure(client.resolve(BY_NAME), "authenticationFailed");
    await service.failure(client.resolve("op://app/nothing/password"), "itemNotFound");
  }
  assert.ok(count(PATHS.start) < 10, `${count(PATHS.start)}`);
});

test("a sign-in that the service cannot do now: two calls may try, and the error says when", async () => {
  service.calls = [];
  const client = await service.authenticate({ lazy: true, retry: QUICK });
  service.replace = () => new Response("", { status: 503 });
  for (let n = 0; n < 10; n += 1) {
    const error = await service.failure(client.resolve(BY_NAME), "serverError");
    if (n >= 2) assert.ok(error.retryAfterMs > 9_000, `${error.retryAfterMs}`);
  }
  assert.equal(count(PATHS.start), 6);
  service.replace = undefined;
  aQuarterHourPasses();
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a call with more time than the client's others has it for its requests, too", async () => {
  const client = await newClient({ timeoutMs: 400 });
  service.replace = async (_, ask) => {
    await sleep(500);
    return ask();
  };
  assert.equal(await client.resolve(BY_ID, { timeoutMs: 10_000 }), SECRET);
  await service.failure(client.resolve(BY_ID), "timeout");
});

test("a network that comes back is used at once", async () => {
  const client = await newClient();
  service.emulator.expireSessions();
  service.replace = () => Promise.reject(new TypeError("offline"));
  for (let n = 0; n < 30; n += 1) await service.failure(client.resolve(BY_NAME), "network");
  service.replace = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a fetch that followed a redirect, or answers opaquely", async () => {
  const client = await newClient();
  const body = async () => new ArrayBuffer(0);
  for (const [response, says] of [
    [{ status: 200, redirected: true, arrayBuffer: body }, /redirect/],
    [{ status: 0, type: "opaqueredirect", arrayBuffer: body }, /redirect/],
    [{ status: 0, type: "opaque", arrayBuffer: body }, /opaque/],
  ]) {
    fails(1, PATHS.item, () => response);
    const error = await service.failure(client.resolve(BY_NAME), "protocol");
    assert.match(error.message, says);
  }
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a body of nothing without end ends in time", async () => {
  const client = await newClient({ timeoutMs: 400 });
  const pull = (controller) => controller.enqueue(new Uint8Array(0));
  fails(1, PATHS.item, () => new Response(new ReadableStream({ pull })));
  await service.failure(client.resolve(BY_NAME), "timeout");
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a fetch that throws what cannot be looked at", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fetch = () => {
    throw proxy;
  };
  await service.failure(service.authenticate({ fetch, retry: QUICK }), "network");
});

test("options that are none", async () => {
  const client = await newClient();
  for (const options of [
    { timeoutMs: 0 },
    { timeoutMs: "1" },
    { timeoutMs: Number.NaN },
    { signal: {} },
    { fresh: 1 },
    null,
    5,
  ]) {
    await service.failure(client.resolve(BY_NAME, options), "argumentInvalid");
  }
  for (const config of [
    { timeoutMs: -1 },
    { retry: { retries: 1.5 } },
    { retry: { retries: 11 } },
    { retry: 5 },
    { retry: { minMs: "1" } },
    { cache: { secretTtlMs: -1 } },
    { cache: { metadataTtlMs: Number.POSITIVE_INFINITY } },
    { cache: true },
    { lazy: "yes" },
    { onEvent: {} },
    { store: {} },
    { signal: 5 },
  ]) {
    await service.failure(service.authenticate(config), "argumentInvalid");
  }
});
