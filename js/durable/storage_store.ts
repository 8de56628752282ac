import { ownOf } from "../client/own.js";
import type { Store } from "../stores/store.js";
import { isLive, timed } from "../stores/timed_value.js";

/** The part of a Durable Object's storage that is used. */
export interface ObjectStorageLike {
  /** As Workers have it. */
  get(key: string): Promise<unknown>;
  /** As Workers have it. */
  put(key: string, value: unknown, options: { allowUnconfirmed: boolean }): Promise<void>;
  /** As Workers have it. */
  delete(keys: string[]): Promise<unknown>;
  /** As Workers have it. */
  list(options: { prefix: string }): Promise<Map<string, unknown>>;
  /** As Workers have it. */
  setAlarm(atMs: number, options: { allowUnconfirmed: boolean }): Promise<void>;
}

/** No answer waits until a record is written: it can be had again. */
export const UNCONFIRMED: { allowUnconfirmed: boolean } = ownOf({ allowUnconfirmed: true });
const PREFIX = "onepassword-edge-";

/** Keeps records in the object's own storage. */
export function storageStore(storage: ObjectStorageLike): Store {
  return {
    async get(key) {
      const record = await storage.get(key);
      return isLive(record) ? record.value : undefined;
    },
    async set(key, value, ttlSeconds) {
      await storage.put(key, timed(value, ttlSeconds), UNCONFIRMED);
      // Those of tokens that were replaced.
      const records = [...(await storage.list(ownOf({ prefix: PREFIX })))];
      const ended = records.filter(([, record]) => !isLive(record)).map(([name]) => name);
      if (ended.length > 0) await storage.delete(ended);
    },
  };
}
