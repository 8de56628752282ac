import { check, checkNames } from "../client/check.js";
import { ownOf } from "../client/own.js";
import type { SessionStore } from "./session_store.js";

/** What is used of a Workers KV namespace. */
export interface KVNamespaceLike {
  /** As KV has it. */
  get(key: string): Promise<string | null>;
  /** As KV has it. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  /** As KV has it. */
  delete(key: string): Promise<void>;
}

/** KV refuses to forget sooner. */
const LEAST_KV_SECONDS = 60;

/** Where a Worker's writes may go on after its answer. */
export interface KVStoreOptions {
  /** Such as `waitUntil` of `cloudflare:workers`. Without it the first call waits for the write. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
}

/**
 * Keeps sessions in a Workers KV namespace, which all isolates share.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function kvStore(namespace: KVNamespaceLike, options: KVStoreOptions = {}): SessionStore {
  const own = ownOf(options);
  checkNames(own, ["waitUntil"], "kvStore");
  const { waitUntil } = own;
  check(isAbsentOrFunction(waitUntil), "waitUntil must be a function");
  const later = (write: Promise<void>) => (waitUntil === undefined ? write : waitUntil(write));
  return {
    get: (key) => namespace.get(key),
    set: (key, value, ttlSeconds) => {
      const expirationTtl = Math.max(ttlSeconds, LEAST_KV_SECONDS);
      return later(namespace.put(key, value, ownOf({ expirationTtl })));
    },
    delete: (key) => later(namespace.delete(key)),
  };
}

const isAbsentOrFunction = (value: unknown) => value === undefined || typeof value === "function";

/** Keeps sessions in this process: for several clients of one token, and for tests. */
export function memoryStore(): SessionStore {
  const records = new Map<string, { value: string; endsMs: number }>();
  return {
    get(key) {
      const record = records.get(key);
      return record !== undefined && record.endsMs > Date.now() ? record.value : undefined;
    },
    set(key, value, ttlSeconds) {
      records.set(key, { value, endsMs: Date.now() + ttlSeconds * 1000 });
    },
    delete(key) {
      records.delete(key);
    },
  };
}
