import { OnePasswordError } from "./errors.js";
import type { EventListener } from "./events.js";
import { checkRelay, type Relay, throughRelay } from "./relayed.js";
import type { SessionStore } from "./session_store.js";
import type { FetchFunction } from "./transport.js";

/** What a client is made from. */
export interface ClientConfig {
  /** A service-account token, `ops_…`. White space around it is dropped. */
  readonly auth: string;
  /** The name of your program. The service is told. */
  readonly integrationName: string;
  /** The version of your program. The service is told. */
  readonly integrationVersion: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /**
   * Where requests go in place of the account's own address: for pages, which the service does not
   * answer across origins. See `onepassword-edge/relay`.
   */
  readonly relay?: Relay | undefined;
  /**
   * Where the token may lead: `host`, `*.domain`, either with a scheme before and a port
   * after. Default: `*.1password.com`, `*.1password.ca` and `*.1password.eu` over https, and
   * loopback over http or https.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Do nothing, not even start the wasm module, before the first secret is asked for. */
  readonly lazy?: boolean | undefined;
  /** How long a call may take as a whole, and each of its requests. Default: 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Ends all calls of the client. */
  readonly signal?: AbortSignal | undefined;
  /** How requests are tried again. */
  readonly retry?: RetryConfig | undefined;
  /** What is remembered, and for how long. */
  readonly cache?: CacheConfig | undefined;
  /** Where sessions are kept for other processes. Default: nowhere. */
  readonly sessionStore?: SessionStore | undefined;
  /** Sees what the client does: see `ClientEvent`. */
  readonly onEvent?: EventListener | undefined;
  /** Whether events show the ids in paths. Default: false. */
  readonly idsInEvents?: boolean | undefined;
}

/**
 * How often a request is sent again that failed for a network error or with status 408, 500, 502,
 * 503 or 504. The pause before doubles each time, and a random part of it is waited.
 */
export interface RetryConfig {
  /** How many times. Default: 2. */
  readonly retries?: number | undefined;
  /** The longest first pause. Default: 200 ms. */
  readonly minMs?: number | undefined;
  /** The longest pause. Default: 5,000 ms. */
  readonly maxMs?: number | undefined;
}

/** For how many milliseconds something is remembered; 0: not at all. */
export interface CacheConfig {
  /** Names of vaults and items. Each is checked against the item that comes. Default: 5 minutes. */
  readonly metadataTtlMs?: number | undefined;
  /** Secrets, but never one-time passwords. Default: 0. */
  readonly secretTtlMs?: number | undefined;
  /** That there is no vault, item or field of a name. Default: 10 seconds. */
  readonly negativeTtlMs?: number | undefined;
  /** For how long after `secretTtlMs` a secret is given if the service cannot be reached. Default: 0. */
  readonly staleIfErrorMs?: number | undefined;
}

/** How one call differs from the client's others. */
export interface CallOptions {
  /** Ends this call. */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Ask for everything but keys, whatever is remembered. */
  readonly fresh?: boolean | undefined;
}

/** A configuration whose parts have the right types, with all defaults. */
export interface CheckedConfig {
  readonly auth: string;
  readonly fetch: FetchFunction;
  readonly integrationName: string;
  readonly integrationVersion: string;
  readonly allowedHosts: string[] | undefined;
  readonly lazy: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly sessionStore: SessionStore | undefined;
  readonly onEvent: EventListener | undefined;
  readonly idsInEvents: boolean;
  readonly retries: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly metadataTtlMs: number;
  readonly secretTtlMs: number;
  readonly negativeTtlMs: number;
  readonly staleIfErrorMs: number;
}

const MAX_RETRIES = 10;
/** What a timer takes at most: about 24 days. */
const MAX_MS = 2 ** 31 - 1;

/** JavaScript callers have no compiler that checks these. */
export function checkConfig(config: ClientConfig): CheckedConfig {
  const { auth, integrationName, integrationVersion, allowedHosts, relay } = config ?? {};
  if (typeof auth !== "string") {
    throw new OnePasswordError({
      code: "tokenInvalid",
      message: `auth must be a service-account token (ops_…), not ${typeof auth}; is the environment variable set?`,
    });
  }
  check(typeof integrationName === "string", "integrationName must be a string");
  check(typeof integrationVersion === "string", "integrationVersion must be a string");
  check(
    allowedHosts === undefined || isStringArray(allowedHosts),
    "allowedHosts must be an array of strings",
  );
  checkRelay(relay);
  const fetch = checkFetch(config);
  return {
    auth,
    fetch: relay === undefined ? fetch : throughRelay(fetch, relay),
    integrationName,
    integrationVersion,
    allowedHosts: allowedHosts && [...allowedHosts],
    lazy: checkFlag("lazy", config.lazy),
    timeoutMs: checkTimeout(config.timeoutMs) ?? 30_000,
    signal: checkSignal(config.signal),
    sessionStore: checkStore(config.sessionStore),
    onEvent: checkListener(config.onEvent),
    idsInEvents: checkFlag("idsInEvents", config.idsInEvents),
    ...checkRetry(config.retry),
    ...checkCache(config.cache),
  };
}

/**
 * A copy, because what is read once more may be another.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function checkCallOptions(options: CallOptions | undefined): CallOptions {
  check(options === undefined || isObject(options), "options must be an object");
  const { timeoutMs, signal, fresh } = options ?? {};
  return {
    timeoutMs: checkTimeout(timeoutMs),
    signal: checkSignal(signal),
    fresh: checkFlag("fresh", fresh),
  };
}

function checkFetch({ fetch }: ClientConfig): FetchFunction {
  check(fetch === undefined || typeof fetch === "function", "fetch must be a function");
  if (fetch !== undefined) return fetch;
  if (typeof globalThis.fetch === "function") return globalThis.fetch;
  throw new OnePasswordError({
    code: "unsupported",
    message: "this runtime has no fetch; pass one to Client.authenticate({ fetch })",
  });
}

function checkRetry(retry: RetryConfig | undefined) {
  check(retry === undefined || isObject(retry), "retry must be an object");
  const { retries = 2, minMs, maxMs } = retry ?? {};
  const isCount = Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES;
  check(isCount, `retry.retries must be a whole number from 0 to ${MAX_RETRIES}`);
  return {
    retries,
    retryMinMs: checkMs("retry.minMs", minMs, 200),
    retryMaxMs: checkMs("retry.maxMs", maxMs, 5_000),
  };
}

function checkCache(cache: CacheConfig | undefined) {
  check(cache === undefined || isObject(cache), "cache must be an object");
  const { metadataTtlMs, secretTtlMs, negativeTtlMs, staleIfErrorMs } = cache ?? {};
  return {
    metadataTtlMs: checkMs("cache.metadataTtlMs", metadataTtlMs, 300_000),
    secretTtlMs: checkMs("cache.secretTtlMs", secretTtlMs, 0),
    negativeTtlMs: checkMs("cache.negativeTtlMs", negativeTtlMs, 10_000),
    staleIfErrorMs: checkMs("cache.staleIfErrorMs", staleIfErrorMs, 0),
  };
}

function checkMs(name: string, ms: number | undefined, byDefault: number): number {
  const isMs = ms === undefined || (typeof ms === "number" && ms >= 0 && ms <= MAX_MS);
  check(isMs, `${name} must be a number of milliseconds from 0 to ${MAX_MS}`);
  return ms ?? byDefault;
}

function checkTimeout(ms: number | undefined): number | undefined {
  const isMs = ms === undefined || (typeof ms === "number" && ms > 0 && ms <= MAX_MS);
  check(isMs, `timeoutMs must be a number of milliseconds above 0, and at most ${MAX_MS}`);
  return ms;
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  // By its form: a polyfill's is as good.
  const isSignal = signal === undefined || typeof signal?.addEventListener === "function";
  check(isSignal, "signal must be an AbortSignal");
  return signal;
}

function checkStore(store: SessionStore | undefined): SessionStore | undefined {
  const methods = [store?.get, store?.set, store?.delete];
  check(
    store === undefined || methods.every((method) => typeof method === "function"),
    "sessionStore must have the methods get, set and delete",
  );
  return store;
}

function checkListener(listener: EventListener | undefined): EventListener | undefined {
  check(listener === undefined || typeof listener === "function", "onEvent must be a function");
  return listener;
}

export function checkFlag(name: string, flag: boolean | undefined, byDefault = false): boolean {
  check(flag === undefined || typeof flag === "boolean", `${name} must be true or false`);
  return flag ?? byDefault;
}

export const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

export function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new OnePasswordError({ code: "argumentInvalid", message: rule });
}

export function isStringArray(value: unknown): value is string[] {
  // A copy, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && [...value].every((entry) => typeof entry === "string");
}
