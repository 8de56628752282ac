// Calls beside each other, and what ends them.
import { answering, equal } from "./checks.mjs";
import { isTrue, never, same, sleep, TEXT, times } from "./kit.mjs";

const BATCH = "/items/batch";
const LIMIT_MS = 120;
/** Far above what a limit takes, on a machine that is busy. */
const LATE_MS = 10_000;
const references = times(50, (n) => `op://app/item ${n}/password`);
const values = times(50, (n) => `pw ${n}`);

/** An aborter whose signal counts those who listen. */
function countedAborter() {
  const aborter = new AbortController();
  const counts = { added: 0, removed: 0 };
  const counting = (name, count) => {
    const own = aborter.signal[name];
    aborter.signal[name] = function (...args) {
      counts[count] += 1;
      return own.apply(this, args);
    };
  };
  counting("addEventListener", "added");
  counting("removeEventListener", "removed");
  return { aborter, counts };
}

/** A fetch that does not answer to a batch of items until it is let go; `asked` when it is asked. */
function holding() {
  const held = { signals: [] };
  const asked = new Promise((resolve) => {
    held.ask = resolve;
  });
  const answer = new Promise((resolve) => {
    held.letGo = resolve;
  });
  return {
    asked,
    letGo: held.letGo,
    signals: held.signals,
    async fetch(url, init) {
      if (new URL(url).pathname.endsWith(BATCH)) {
        held.signals.push(init.signal);
        held.ask();
        await answer;
      }
      return fetch(url, init);
    },
  };
}

async function took(work) {
  const start = Date.now();
  await work();
  return Date.now() - start;
}

async function checkTogether(check, { signIn, fails }) {
  await check("50 calls at once are four requests, and one later", async () => {
    const client = await signIn();
    const ask = async () => {
      const before = client.stats().requests;
      const twice = [...references, ...references];
      const got = await Promise.all(twice.map((reference) => client.resolve(reference)));
      same(got, [...values, ...values], "values");
      return client.stats().requests - before;
    };
    same([await ask(), await ask()], [4, 1], "requests");
  });
  await check("calls that reject leave no other unsettled", async () => {
    const client = await signIn();
    const aborter = new AbortController();
    const outcomes = Promise.allSettled([
      client.resolve(references[0]),
      client.resolve("op://app/nothing/password"),
      client.resolve(references[1], { signal: aborter.signal }),
      client.resolve(7),
      client.resolve(references[2], { timeoutMs: 0 }),
      client.resolveAll([references[3], "op://nowhere/x/y"]),
      client.items.get("app", "twice"),
      client.vaults.list().all(),
      client.resolve(references[4]),
    ]);
    aborter.abort();
    const codes = (await outcomes).map(({ status, reason }) => reason?.code ?? status);
    const [ok, error] = ["fulfilled", "argumentInvalid"];
    const expected = [ok, "itemNotFound", "aborted", "parsing", error, ok, "tooManyItems", ok, ok];
    same(codes, expected, "outcomes");
    await fails("itemNotFound", client.resolve("op://app/nothing/password"));
    equal(await client.resolve(references[5]), "pw 5", "a later call");
  });
}

async function checkAborts(check, { signIn, create, fails }) {
  await check("one signal ends 50 calls and their request, with one listener", async () => {
    const { asked, letGo, signals, fetch } = holding();
    const client = await signIn({ fetch });
    const { aborter, counts } = countedAborter();
    const options = { signal: aborter.signal };
    const calls = references.map((reference) => client.resolve(reference, options));
    const failing = calls.map((call) => fails("aborted", call));
    await asked;
    same(counts, { added: 1, removed: 0 }, "listeners");
    aborter.abort();
    await Promise.all(failing);
    same(counts, { added: 1, removed: 1 }, "listeners at the end");
    same(
      signals.map(({ aborted }) => aborted),
      [true],
      "requests that were ended",
    );
    letGo();
    equal(await client.resolve(references[0]), "pw 0", "a later call");
  });
  await check("a signal ends its own calls alone", async () => {
    const { asked, letGo, signals, fetch } = holding();
    const client = await signIn({ fetch });
    const aborter = new AbortController();
    const aborted = fails("aborted", client.resolve(references[1], { signal: aborter.signal }));
    const both = [client.resolve(references[1]), client.resolve(references[2])];
    await asked;
    aborter.abort();
    await aborted;
    equal(signals[0].aborted, false, "whether the request was ended");
    letGo();
    same(await Promise.all(both), ["pw 1", "pw 2"], "values");
  });
  await check("what is aborted already sends nothing", async () => {
    const client = await signIn();
    const signal = AbortSignal.abort();
    const before = client.stats().requests;
    const calls = [
      client.resolve(TEXT, { signal }),
      client.resolveBytes(TEXT, { signal }),
      client.resolveAll([TEXT], { signal }),
      client.items.get("app", "kinds", { signal }),
      client.items.list("app", [], { signal }).all(),
      client.vaults.get("app", {}, { signal }),
    ];
    for (const call of calls) await fails("aborted", call);
    equal(client.stats().requests, before, "requests");
    const aborter = new AbortController();
    const ofClient = create({ signal: aborter.signal });
    equal(await ofClient.resolve(TEXT), "grüße", "before the client's signal");
    aborter.abort();
    await fails("aborted", ofClient.resolve(TEXT));
  });
}

async function checkTime(check, { signIn, create, fails }) {
  await check("a fetch that never answers is waited for as long as timeoutMs says", async () => {
    const options = { fetch: never, timeoutMs: LIMIT_MS };
    const signingIn = await took(async () => {
      const error = await fails("timeout", signIn(options));
      equal(error.retryable, true, "retryable");
    });
    const resolving = await took(() => fails("timeout", create(options).resolve(TEXT)));
    for (const ms of [signingIn, resolving]) {
      isTrue(ms >= LIMIT_MS - 10 && ms < LATE_MS, `${ms} ms`);
    }
  });
  await check("a call has a time limit of its own", async () => {
    const { letGo, fetch } = holding();
    const client = await signIn({ fetch });
    const patient = [client.resolve(references[1]), client.resolve(references[2])];
    const hasty = client.resolve(references[1], { timeoutMs: LIMIT_MS });
    await fails("timeout", hasty);
    letGo();
    same(await Promise.all(patient), ["pw 1", "pw 2"], "values");
  });
  await check("limits are measured with the timers that are given", async () => {
    const timers = new Map();
    const client = await signIn({
      fetch: answering("/items/overviews", never),
      timeoutMs: LIMIT_MS / 2,
      timers: {
        setTimeout(callback, _ms, ...args) {
          const timer = {};
          timers.set(timer, () => callback(...args));
          return timer;
        },
        clearTimeout: (timer) => timers.delete(timer),
      },
    });
    equal(timers.size, 0, "timers that are left");
    let isOver = false;
    const failing = fails("timeout", client.resolve(TEXT)).finally(() => {
      isOver = true;
    });
    await sleep(LIMIT_MS);
    same([isOver, timers.size > 0], [false, true], "whether nothing is over");
    for (const fire of [...timers.values()]) fire();
    await failing;
    equal(timers.size, 0, "timers that are left");
  });
}

export async function checkCalls(check, kit) {
  await checkTogether(check, kit);
  await checkAborts(check, kit);
  await checkTime(check, kit);
}
