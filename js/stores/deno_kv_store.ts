import { check } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { hasMethods, type PrefixOptions, prefixIn } from "./options.js";
import type { Store } from "./store.js";
import { isLive, timed } from "./timed_value.js";

/** The part of a `Deno.Kv` that `denoKvStore` calls. */
export interface DenoKvLike {
  /** As Deno has it. */
  get(key: string[]): Promise<{ readonly value: unknown }>;
  /** As Deno has it. */
  set(key: string[], value: unknown, options: { expireIn: number }): Promise<unknown>;
}

/**
 * Keeps records in Deno KV. A prefix becomes the first part of each key. Deno KV takes values of up to
 * 65,536 bytes as it writes them, which leaves about 65,490 characters for a record.
 *
 * ```ts
 * const store = denoKvStore(await Deno.openKv());
 * ```
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function denoKvStore(kv: DenoKvLike, options: PrefixOptions = {}): Store {
  check(hasMethods(kv, ["get", "set"]), "denoKvStore needs what Deno.openKv() gives");
  const prefix = prefixIn(options, "denoKvStore");
  const keyOf = (key: string) => (prefix === "" ? [key] : [prefix, key]);
  return {
    async get(key) {
      const { value } = await kv.get(keyOf(key));
      return isLive(value) ? value.value : undefined;
    },
    async set(key, value, ttlSeconds) {
      // With its end, because Deno removes what has ended some time after it has.
      const options = ownOf({ expireIn: ttlSeconds * 1000 });
      await kv.set(keyOf(key), timed(value, ttlSeconds), options);
    },
  };
}
