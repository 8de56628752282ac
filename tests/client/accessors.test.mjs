// Whatever the client touches of what is foreign may throw, at any of its steps. The steps are found
// in a run in which all goes well; then each in turn throws, rejects, or never comes.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { Client, ERROR_CODES, OnePasswordError } from "../../dist/index.js";
import { aQuarterHourPasses, BY_ID, ITEM_ID, SECRET, Service, VAULT_ID } from "./support.mjs";
import { Trace } from "./trace.mjs";

/** What a call has if something never comes, and if not. */
const SHORT_MS = 1_000;
const LONG_MS = 30_000;
/** A call that the module leaves is ended two seconds after its time. */
const HANGS_MS = 20_000;
/** Retry-After as a date, which is read with the date of the answer. */
const LATER = {
  date: "Fri, 27 Nov 2026 08:00:00 GMT",
  "retry-after": "Fri, 27 Nov 2026 08:01:00 GMT",
};

const service = await Service.start();
const client = await service.authenticate();
const host = new URL(service.calls[0].url).hostname;

/** What is done now, and what nobody caught meanwhile. */
let now;
const uncaught = [];
for (const name of ["uncaughtException", "unhandledRejection"]) {
  const note = () => uncaught.push(`${name}: ${now}`);
  process.on(name, note);
  after(() => process.off(name, note));
}

const FOREIGN = `Object.defineProperty(new Error("foreign"), "message", {
  get() { throw new Error("thrown by what was thrown"); },
})`;
const THROWN = {
  "an error": () => new Error("thrown by a test"),
  "a string": () => "thrown by a test",
  undefined: () => undefined,
  "another realm's error that throws": () => runInNewContext(FOREIGN),
};

/** What may go wrong at a step. */
function deedsAt(step) {
  const raise = (thrown) => {
    throw thrown;
  };
  const thrown = Object.entries(THROWN);
  const deeds = thrown.map(([name, make]) => ({
    name: `throws ${name}`,
    throws: () => raise(make()),
    settles: () => raise(make()),
  }));
  if (!step.startsWith("settle ")) return deeds;
  for (const [name, make] of thrown) {
    deeds.push({ name: `rejects with ${name}`, settles: (_, reject) => reject(make()) });
  }
  return [...deeds, { name: "never comes", timeoutMs: SHORT_MS, settles: () => {} }];
}

const timeOf = (trace) => trace.deed?.timeoutMs ?? LONG_MS;
const same = (response) => response;

/** What `fetch` gives as a Response of another make: its body in pieces, or as a whole. */
async function foreign(trace, response, { isWhole = false, change = same } = {}) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const pieces = [bytes.slice(0, 9), bytes.slice(9)];
  const read = async () => ({ value: pieces.shift(), done: false });
  const body = { getReader: () => ({ read, cancel: async () => {} }) };
  const { status, type, redirected, headers } = response;
  const of = isWhole ? { body: null, arrayBuffer: async () => bytes } : { body };
  return trace.wrap(change({ status, type, redirected, headers, ...of }), "response");
}

/** Resolves with the client that all share, while the service's answers are foreign. */
async function answered(trace, how) {
  const answer = async (_, ask) => foreign(trace, await ask(), how);
  const replace = trace.wrap(answer, "fetch");
  service.replace = (call, ask) => replace(call, ask);
  try {
    return await client.resolve(BY_ID, { timeoutMs: timeOf(trace) });
  } finally {
    service.replace = undefined;
  }
}

/** Expects an error with this code, and gives the secret in its place. */
const fails = (promise, code) =>
  promise.then(
    () => assert.fail(`should have failed with ${code}`),
    (error) => (error.code === code ? SECRET : Promise.reject(error)),
  );

/** Does `work` with a client of these options. It has to resolve after that, whatever came of it. */
async function withClient(trace, config, work, of = service) {
  const made = await Client.authenticate({
    auth: of.token,
    fetch: of.emulator.fetch,
    integrationName: "client tests",
    integrationVersion: "1.0.0",
    retry: { retries: 0 },
    lazy: true,
    timeoutMs: timeOf(trace),
    ...config,
  });
  try {
    return await work(made);
  } finally {
    aQuarterHourPasses();
    assert.equal(await made.resolve(BY_ID, { timeoutMs: LONG_MS }), SECRET, "the next good call");
    made.close();
  }
}

const resolves = (made) => made.resolve(BY_ID);

/** A store that a session is in, which the service may have forgotten. */
async function lent(trace, isOver) {
  // What is refused is shared no more in this process: an account of its own.
  const own = await Service.start();
  const map = new Map();
  const store = {
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, value),
    propagationMs: 0,
  };
  const share = { session: true, names: true, secrets: { ttlMs: 1 } };
  await withClient(new Trace(), { store, share }, resolves, own);
  if (isOver) own.emulator.expireSessions();
  return withClient(
    trace,
    { store: trace.wrap(store, "store"), share: trace.wrap(share, "share") },
    resolves,
    own,
  );
}

/** The relay's header is not the service's. */
function behindRelay(url, { headers: { "OP-Relay-Host": _, ...headers }, ...init }) {
  return service.emulator.fetch(url, { ...init, headers });
}

/** With numbers: Node's own timer is nothing that may be a proxy. */
const timers = { setTimeout: (...args) => Number(setTimeout(...args)), clearTimeout };

function allOptions(trace) {
  const config = {
    auth: service.token,
    fetch: service.emulator.fetch,
    integrationName: "client tests",
    integrationVersion: "1.0.0",
    allowedHosts: ["other.example", host],
    lazy: false,
    timeoutMs: timeOf(trace),
    retry: { retries: 1, minMs: 0, maxMs: 0 },
    cache: { metadataTtlMs: 0, secretTtlMs: 0, negativeTtlMs: 0, staleIfErrorMs: 0 },
    store: { get: () => undefined, set: () => {} },
    share: { session: true, names: true, secrets: { ttlMs: 1 } },
    waitUntil: () => {},
    onEvent: () => {},
    idsInEvents: true,
    timers,
    signal: new AbortController().signal,
  };
  return trace.wrap(config, "config");
}

/** What is done with what is foreign: if nothing goes wrong, each comes to the secret. */
const WORK = {
  "an answer in pieces": (trace) => answered(trace),
  "an answer as a whole": (trace) => answered(trace, { isWhole: true }),
  "an answer that says when to come again": (trace) => {
    const headers = new Headers(LATER);
    const change = (response) => ({ ...response, headers, status: 503 });
    return fails(answered(trace, { change }), "serverError");
  },
  "an answer that is too long": (trace) => {
    const read = async () => ({ value: new Uint8Array(40 * 2 ** 20) });
    const body = { getReader: () => ({ read, cancel: async () => {} }) };
    return fails(answered(trace, { change: (response) => ({ ...response, body }) }), "protocol");
  },
  "answers to a sign-in": (trace) => {
    const fetch = async (...args) => foreign(trace, await service.emulator.fetch(...args));
    return withClient(trace, { fetch: trace.wrap(fetch, "fetch") }, resolves);
  },
  "all options": async (trace) => {
    const made = await Client.authenticate(allOptions(trace));
    return resolves(made).finally(() => made.close());
  },
  "the options of a call": (trace) => {
    const { signal } = new AbortController();
    return client.resolve(
      BY_ID,
      trace.wrap({ signal, timeoutMs: timeOf(trace), fresh: true }, "call"),
    );
  },
  "a signal of the client": (trace) => {
    const { signal } = new AbortController();
    return withClient(trace, { signal: trace.wrap(signal, "signal") }, resolves);
  },
  "a signal that is given": async (trace) => {
    const controller = new AbortController();
    service.replace = () => new Promise(() => {});
    const signal = trace.wrap(controller.signal, "signal");
    const call = client.resolve(BY_ID, { signal, timeoutMs: SHORT_MS });
    setImmediate(() => controller.abort());
    return fails(call, "aborted").finally(() => {
      service.replace = undefined;
    });
  },
  "a listener": (trace) =>
    withClient(trace, { onEvent: trace.wrap(() => {}, "onEvent") }, resolves),
  timers: (trace) => withClient(trace, { timers: trace.wrap(timers, "timers") }, resolves),
  "a relay": (trace) =>
    withClient(trace, { fetch: behindRelay, relay: trace.wrap((url) => url, "relay") }, resolves),
  "a store": (trace) => lent(trace, false),
  "a store with a session that is over": (trace) => lent(trace, true),
  "a list of references": async (trace) => {
    const references = trace.wrap([BY_ID, "op://no/such/thing"], "references");
    const { individualResponses } = await client.secrets.resolveAll(references);
    return individualResponses[BY_ID].content.secret;
  },
  "a list of items": async (trace) => {
    const items = await client.items.getAll(VAULT_ID, trace.wrap([ITEM_ID], "items"));
    return items.individualResponses[0].content.fields.find(({ id }) => id === "password").value;
  },
  "a filter of a list": async (trace) => {
    const filter = { type: "ByState", content: { active: true, archived: false } };
    const items = await client.items.list(VAULT_ID, trace.wrap(filter, "filter"));
    return items.length === 1 && SECRET;
  },
  "attributes of a file": (trace) => {
    const attributes = trace.wrap({ id: "nothing" }, "attributes");
    return fails(client.items.files.read(VAULT_ID, ITEM_ID, attributes), "notFound");
  },
  "parameters of a vault": async (trace) => {
    const vault = await client.vaults.get(VAULT_ID, trace.wrap({ accessors: true }, "params"));
    return vault.id === VAULT_ID && SECRET;
  },
};

/** How a run ends: whether with the secret, and if not, with what. */
async function endOf(run) {
  const hangs = sleep(HANGS_MS, { error: "it hangs" }, { ref: false });
  return await Promise.race([
    run.then(
      (value) => ({ value }),
      (error) => ({ error }),
    ),
    hangs,
  ]);
}

/** What was thrown may throw as it is shown. */
function shown(end) {
  try {
    return inspect(end);
  } catch {
    return "what was thrown, as it was";
  }
}

function isAnswer({ value, error }) {
  if (value === SECRET) return true;
  return error instanceof OnePasswordError && ERROR_CODES.includes(error.code);
}

const numbers = { steps: 0, runs: 0 };

for (const [name, work] of Object.entries(WORK)) {
  test(name, { timeout: 600_000 }, async () => {
    const good = new Trace();
    assert.deepEqual(await endOf(work(good)), { value: SECRET });
    const wrong = [];
    let runs = 0;
    for (const step of good.steps) {
      for (const deed of deedsAt(step)) {
        now = `${name}: ${step} ${deed.name}`;
        const trace = new Trace(step, deed);
        const end = await endOf(work(trace));
        if (!trace.isDone || !isAnswer(end)) wrong.push(`${step} ${deed.name}: ${shown(end)}`);
        assert.equal(await client.resolve(BY_ID), SECRET, `the call after ${step} ${deed.name}`);
        runs += 1;
      }
    }
    numbers.steps += good.steps.size;
    numbers.runs += runs;
    assert.deepEqual(wrong, [], `${wrong.length} of ${runs}`);
    console.log(`${good.steps.size} steps, ${runs} runs, all settled`);
  });
}

test("nothing was uncaught", async () => {
  await sleep(0);
  console.log(`${numbers.steps} steps, ${numbers.runs} runs, ${uncaught.length} uncaught`);
  assert.deepEqual(uncaught, []);
  assert.ok(numbers.steps >= 100 && numbers.runs >= 4 * numbers.steps, JSON.stringify(numbers));
});
