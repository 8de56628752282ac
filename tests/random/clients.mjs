// The clients of a run: each with its options, its troubles, and a successor when it is closed.
import { Client } from "../../dist/index.js";
import { isSignIn, Trouble } from "./trouble.mjs";
import { within } from "./within.mjs";

export const TIMEOUT_MS = 1_500;
/** How much longer than it may a call may take, on a machine that is busy. */
export const SLACK_MS = 3_000;
/** A request that ended so lately may still be what an answer is made of. */
const JUST_MS = 100;
const NO_CACHE = { metadataTtlMs: 300_000, secretTtlMs: 0, negativeTtlMs: 0, staleIfErrorMs: 0 };

/** Options that differ: what is remembered, and for how long; sessions that are shared. */
const VARIANTS = [
  { cache: NO_CACHE },
  { cache: { ...NO_CACHE, metadataTtlMs: 0 } },
  { cache: { metadataTtlMs: 200, secretTtlMs: 100, negativeTtlMs: 50, staleIfErrorMs: 300 } },
  { cache: { ...NO_CACHE, metadataTtlMs: 500 }, shares: true },
  { cache: { ...NO_CACHE, negativeTtlMs: 200 }, shares: true, lazy: true },
];

/** Sessions in memory, for several clients; now and then it fails. */
export function makeStore(random) {
  const kept = new Map();
  const flaky = () => {
    if (random.chance(0.05)) throw new Error("the store is out of order");
  };
  return {
    async get(key) {
      flaky();
      const { value, until } = kept.get(key) ?? {};
      return until > Date.now() ? value : undefined;
    },
    async set(key, value, ttlSeconds) {
      flaky();
      kept.set(key, { value, until: Date.now() + ttlSeconds * 1000 });
    },
    async delete(key) {
      flaky();
      kept.delete(key);
    },
  };
}

/** A client and, when it is closed, the next one with the same options. */
export class Slot {
  trouble;
  cache;
  requests = 0;
  /** For how long the service wants no requests, as the last answer had it. */
  pauseMs = 0;
  events = {};
  /** The client that is in use: `{ client, closed }`. */
  life;
  #open = [];
  #emulator;
  #store;
  #variant;
  #making;

  constructor(index, { random, emulator, store, kinds, refusals, pauses, attribute, onExpiry }) {
    this.#emulator = emulator;
    this.#variant = VARIANTS[index % VARIANTS.length];
    this.#store = this.#variant.shares ? store : undefined;
    this.cache = this.#variant.cache;
    const { negativeTtlMs } = this.cache;
    const timeoutMs = TIMEOUT_MS;
    this.trouble = new Trouble(random, {
      kinds,
      timeoutMs,
      negativeTtlMs,
      refusals,
      pauses,
      onExpiry: () => onExpiry(this),
    });
    this.fetch = (url, init) => {
      const signIn = isSignIn(new URL(url).pathname);
      const request = { from: performance.now(), to: Infinity, signIn };
      this.#open.push(request);
      this.requests += 1;
      const end = () => {
        request.to = performance.now();
      };
      // The emulator asks for a fault before its fetch returns: so it is this client's.
      attribute(this);
      const answer = emulator.fetch(url, init);
      answer.then(end, end);
      return answer;
    };
  }

  /** When the oldest request was sent that a call that starts now may get its answer from. */
  since(now) {
    this.#open = this.#open.filter(({ to }) => to > now - JUST_MS);
    return Math.min(now, ...this.#open.map(({ from }) => from));
  }

  /** Whether it shares sessions with others. */
  get shares() {
    return this.#store !== undefined;
  }

  /** A session has ended that may be this one's. */
  noteExpiry() {
    this.since(performance.now());
    this.trouble.noteExpiry(this.#open.some(({ signIn }) => signIn));
  }

  /** Signs in; what it is refused with is for `onError` to judge. */
  make(onError) {
    this.#making ??= this.#signIn(onError).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #signIn(onError) {
    for (;;) {
      const from = performance.now();
      const { value, error } = await within(this.#authenticate(), TIMEOUT_MS + SLACK_MS);
      if (value !== undefined) {
        this.life = { client: value, closed: false, calls: new Set() };
        return;
      }
      onError(this, error, from);
      await new Promise((resolve) => setTimeout(resolve, error?.retryAfterMs ?? 20));
    }
  }

  #authenticate() {
    return Client.authenticate({
      auth: this.#emulator.token,
      integrationName: "random test",
      integrationVersion: "1.0.0",
      fetch: this.fetch,
      lazy: this.#variant.lazy ?? false,
      timeoutMs: TIMEOUT_MS,
      retry: { retries: 2, minMs: 1, maxMs: 20 },
      cache: this.cache,
      store: this.#store,
      onEvent: ({ type }) => {
        this.events[type] = (this.events[type] ?? 0) + 1;
      },
    });
  }

  async renew(onError) {
    this.life.closed = true;
    this.life.client.close();
    await this.make(onError);
  }
}
