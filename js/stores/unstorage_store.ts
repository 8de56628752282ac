import { check } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { hasMethods, type PrefixOptions, prefixIn } from "./options.js";
import type { Store } from "./store.js";
import { isLive, timed } from "./timed_value.js";

/** The part of a storage of `unstorage` that `unstorageStore` calls. */
export interface UnstorageLike {
  /** As unstorage has it. */
  getItem(key: string): Promise<unknown>;
  /** As unstorage has it. */
  setItem(key: string, value: string, options: { ttl: number }): Promise<unknown>;
}

/** What is stored: the end in milliseconds, then the value. */
const RECORD = /^ends (\d{1,16}) (.*)$/s;

/**
 * Keeps records in a storage of the package `unstorage` (version 1), which has drivers for Vercel KV,
 * Netlify Blobs, Azure, MongoDB, browsers' storage and more.
 *
 * ```ts
 * const store = unstorageStore(createStorage({ driver }));
 * ```
 *
 * If the driver's writes take a while to reach all readers, say so:
 * `{ ...unstorageStore(storage), propagationMs: 60_000 }`.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function unstorageStore(storage: UnstorageLike, options: PrefixOptions = {}): Store {
  const isStorage = hasMethods(storage, ["getItem", "setItem"]);
  check(isStorage, "unstorageStore needs what createStorage() of unstorage gives");
  const prefix = prefixIn(options, "unstorageStore");
  return {
    async get(key) {
      const [, ends, value] = RECORD.exec(String(await storage.getItem(prefix + key))) ?? [];
      const record = { value, endsMs: Number(ends) };
      return isLive(record) ? record.value : undefined;
    },
    async set(key, value, ttlSeconds) {
      // Text that does not look like JSON: some drivers, and unstorage itself, parse what does. With
      // its end, because not every driver heeds `ttl`.
      const { endsMs } = timed(value, ttlSeconds);
      await storage.setItem(prefix + key, `ends ${endsMs} ${value}`, ownOf({ ttl: ttlSeconds }));
    },
  };
}
