import { check } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { hasMethods } from "./options.js";
import type { Store } from "./store.js";

/** The part of a Workers KV namespace that `kvStore` calls. */
export interface KVNamespaceLike {
  /** As KV has it. */
  get(key: string): Promise<string | null>;
  /** As KV has it. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
}

/** KV refuses to forget sooner. */
const LEAST_KV_SECONDS = 60;
/** KV documents that other locations may see an old value for so long, or longer. */
const KV_PROPAGATION_MS = 60_000;

/**
 * Keeps records in a Workers KV namespace, which all isolates share.
 *
 * ```ts
 * const store = kvStore(env.STORE);
 * ```
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function kvStore(namespace: KVNamespaceLike): Store {
  check(hasMethods(namespace, ["get", "put"]), "kvStore needs a Workers KV namespace");
  return {
    get: async (key) => await namespace.get(key),
    async set(key, value, ttlSeconds) {
      const expirationTtl = Math.max(ttlSeconds, LEAST_KV_SECONDS);
      await namespace.put(key, value, ownOf({ expirationTtl }));
    },
    propagationMs: KV_PROPAGATION_MS,
  };
}
