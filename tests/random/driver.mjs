// Mixes resolves, faults, aborts and changes, and judges every answer.
import { setTimeout as sleep } from "node:timers/promises";
import { createEmulator } from "../../dist/emulator/index.js";
import { ERROR_CODES, isOnePasswordError } from "../../dist/index.js";
import { makeStore, SLACK_MS, Slot, TIMEOUT_MS } from "./clients.mjs";
import { finish } from "./final.mjs";
import { judgeAbsence, judgeValue, windowOf } from "./judge.mjs";
import { settledMemory } from "./memory.mjs";
import { Random } from "./prng.mjs";
import { drawQuestion } from "./questions.mjs";
import { ALL_KINDS } from "./trouble.mjs";
import { Truth } from "./truth.mjs";
import { within } from "./within.mjs";

const WORKERS = 4;
const VIOLATIONS_LIMIT = 20;
/** How far the service's clock may be from ours before a request is refused for it. */
const SKEW_MS = [-55_000, 290_000];
const OF_ABSENCE = ["parsing", "vaultNotFound", "itemNotFound", "itemNotActive", "tooManyItems"];
const BY_TRUTH = [...OF_ABSENCE, "fieldNotFound", "notFound"];

/** One run of the random test. */
export class Run {
  errors = {};
  violations = [];
  wrong = 0;
  asked = 0;
  right = 0;
  #options;
  #random;
  #skewMs = 0;

  constructor(options) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async start() {
    const { clients, kinds } = this.#options;
    this.truth = new Truth(this.#random.fork());
    let asking;
    const faults = (request) => {
      const slot = asking;
      asking = undefined;
      return slot?.trouble.next(request);
    };
    const now = () => Date.now() + this.#skewMs;
    this.emulator = await createEmulator({ account: this.truth.describe(), faults, now });
    await this.truth.adopt(this.emulator);
    const onExpiry = (ended) => {
      const others = this.slots.filter((slot) => slot !== ended && slot.shares && ended.shares);
      for (const slot of others) slot.noteExpiry();
    };
    const store = makeStore(this.#random.fork());
    const attribute = (slot) => {
      asking = slot;
    };
    const refusals = [];
    const pauses = [];
    this.slots = Array.from({ length: clients }, (_, index) => {
      const means = {
        emulator: this.emulator,
        store,
        kinds,
        refusals,
        pauses,
        attribute,
        onExpiry,
      };
      return new Slot(index, { random: this.#random.fork(), ...means });
    });
    await Promise.all(this.slots.map((slot) => slot.make(this.onError)));
  }

  /** What stands in the way of a sign-in: nothing but a fault may. */
  onError = (slot, error, from) => {
    const to = performance.now();
    if (error === undefined) return this.violate("authenticate: left hanging");
    this.#count(error);
    if (!isDocumented(error)) return this.violate(`authenticate: ${error}`);
    const late = error.code === "timeout" && to - from >= TIMEOUT_MS - 5;
    if (!late && !slot.trouble.explains(error.code, slot.since(from), to)) {
      this.violate(`authenticate: ${error.code}, and nothing explains it: ${error.message}`);
    }
  };

  violate(what) {
    this.wrong += 1;
    if (this.violations.length < VIOLATIONS_LIMIT) this.violations.push(what);
  }

  #count(error) {
    const code = error?.code ?? String(error?.name);
    this.errors[code] = (this.errors[code] ?? 0) + 1;
  }

  /** All that is asked while things go wrong: until `isOver` says so. */
  async mix(isOver) {
    const workers = this.slots.flatMap((slot, index) =>
      Array.from({ length: WORKERS }, () => this.#work(slot, index, this.#random.fork(), isOver)),
    );
    await Promise.all(workers);
  }

  async #work(slot, index, random, isOver) {
    while (!isOver()) {
      if (random.chance(0.25)) await this.truth.change();
      // Another worker has closed it.
      if (slot.life.closed) await slot.make(this.onError);
      if (random.chance(0.0004)) this.#expireAll();
      if (random.chance(0.02)) this.#skewMs = random.between(...SKEW_MS);
      if (random.chance(0.002)) await slot.renew(this.onError);
      if (random.chance(0.005)) slot.life.client.clearCache?.();
      const question = drawQuestion(random, this.truth, this.#options.resolves - this.asked);
      this.asked += question.references.length;
      const limits = { fresh: random.chance(0.2), abortMs: undefined, timeoutMs: TIMEOUT_MS };
      if (random.chance(0.03)) limits.abortMs = random.between(0, 30);
      if (random.chance(0.03)) limits.timeoutMs = random.between(1, 60);
      await this.ask(slot, question, limits, `client ${index}`);
      // Some go on asking while the service has had enough.
      if (slot.pauseMs > 0 && random.chance(0.8)) await sleep(slot.pauseMs);
      // So that what other clients wait for is not kept from its turn.
      if (random.chance(0.1)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #expireAll() {
    this.emulator.expireSessions();
    for (const slot of this.slots) slot.noteExpiry();
  }

  /** Asks, and judges what comes. */
  async ask(slot, question, limits, who) {
    const { life } = slot;
    const isBytes = question.kind === "bytes";
    const keys = question.references.map(({ text }) => `${isBytes} ${limits.fresh} ${text}`);
    const now = performance.now();
    // A reference that is asked already gets the answer that is on its way.
    const joined = [...life.calls].filter((call) => keys.some((key) => call.keys.includes(key)));
    const from = Math.min(slot.since(now), ...joined.map((call) => call.from));
    const call = { keys, from };
    life.calls.add(call);
    const { signal, cancel } = abortAfter(limits.abortMs);
    const { fresh, timeoutMs } = limits;
    const outcome = await within(
      send(life.client, question, { fresh, timeoutMs, ...(signal && { signal }) }),
      timeoutMs + SLACK_MS,
    );
    cancel();
    life.calls.delete(call);
    const to = performance.now();
    const context = { slot, life, signal, from, to, ms: to - now, timeoutMs, who };
    const window = windowOf({ from, to, fresh, cache: slot.cache });
    this.#judge(question, outcome, { ...context, window });
  }

  #judge({ kind, references }, { value, error, hangs }, context) {
    const told = (reference, problem) =>
      this.violate(
        `${context.who}, ${kind} ${reference.text}, ${Math.round(context.ms)} ms: ${problem}`,
      );
    if (hangs) return told(references[0], "left hanging");
    if (context.ms > context.timeoutMs + SLACK_MS) told(references[0], "took too long");
    for (const reference of references) {
      const one = error ? { error } : answerTo(kind, value, reference);
      if (one?.error?.code === "rateLimited")
        context.slot.pauseMs = one.error.retryAfterMs ?? 1_000;
      else context.slot.pauseMs = 0;
      if (one === undefined) {
        told(reference, "no answer to it");
      } else if (one.error) {
        this.#count(one.error);
        const problem = this.#judgeError(reference, one.error, context);
        if (problem)
          told(reference, `${one.error.code ?? one.error}: ${problem}: ${one.error.message}`);
        else this.right += 1;
      } else {
        const problem = judgeValue(this.truth, reference, one.value, context.window);
        if (problem) told(reference, problem);
        else this.right += 1;
      }
    }
  }

  #judgeError(reference, error, context) {
    const { slot, life, signal, from, to, timeoutMs, window } = context;
    if (!isDocumented(error)) return "not an error of the package";
    const { code } = error;
    if (code === "aborted" && signal?.aborted) return undefined;
    if (code === "closed" && life.closed) return undefined;
    if (code === "timeout" && to - from >= timeoutMs - 5) return undefined;
    if (slot.trouble.explains(code, from, to)) return undefined;
    if (reference.bad || BY_TRUTH.includes(code)) {
      return judgeAbsence(this.truth, reference, code, window);
    }
    return "nothing explains it";
  }
}

/** An error of the package, or one of several answers. */
function isDocumented(error) {
  return (isOnePasswordError(error) || error?.one === true) && ERROR_CODES.includes(error.code);
}

async function send(client, { kind, references }, options) {
  const texts = references.map(({ text }) => text);
  if (kind === "all") return client.secrets.resolveAll(texts, options);
  if (kind === "bytes") return client.secrets.resolveBytes(texts[0], options);
  return client.secrets.resolve(texts[0], options);
}

/** What was answered to one of the references: `{ value }` or `{ error }`. */
function answerTo(kind, value, { text }) {
  if (kind === "bytes") return { value: Buffer.from(value).toString() };
  if (kind !== "all") return { value };
  const { content, error } = value.individualResponses[text] ?? {};
  if (error) return { error: { code: error.type, message: error.message, one: true } };
  return content && { value: content.secret };
}

function abortAfter(ms) {
  if (ms === undefined) return { cancel: () => {} };
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), ms);
  return { signal: aborter.signal, cancel: () => clearTimeout(timer) };
}

/** Runs the whole test; returns what there is to say about it. */
export async function run({ seed, resolves, clients = 5, kinds = ALL_KINDS }) {
  const started = performance.now();
  const test = new Run({ seed, resolves, clients, kinds });
  await test.start();
  // What is warm by then has its size.
  await test.mix(() => test.asked >= resolves / 4);
  const before = await settledMemory();
  await test.mix(() => test.asked >= resolves);
  const after = await settledMemory();
  await finish(test);
  return report(test, { seed, resolves, before, after, started });
}

function report(test, { seed, resolves, before, after, started }) {
  const sum = (maps) => {
    const total = {};
    for (const [name, count] of maps.flatMap(Object.entries))
      total[name] = (total[name] ?? 0) + count;
    return total;
  };
  return {
    seed,
    resolves,
    right: test.right,
    wrong: test.wrong,
    faults: sum(test.slots.map(({ trouble }) => trouble.faults)),
    errors: test.errors,
    changes: test.truth.changes,
    events: sum(test.slots.map(({ events }) => events)),
    requests: test.slots.reduce((total, { requests }) => total + requests, 0),
    repeatedNumbers: test.emulator.repeatedNumbers,
    heapGrowth: after.heapUsed - before.heapUsed,
    wasmGrowth: after.wasm - before.wasm,
    seconds: (performance.now() - started) / 1000,
    violations: test.violations,
  };
}
