import type { Store } from "./store.js";
import { isLive, type TimedValue, timed } from "./timed_value.js";

const MAX_RECORDS = 1_000;

/**
 * Keeps records in this process: for several clients of one token, and for tests. Holds at most 1,000
 * records; a further one replaces the one that was written first.
 */
export function memoryStore(): Store {
  const records = new Map<string, TimedValue>();
  return {
    get(key) {
      const record = records.get(key);
      if (isLive(record)) return record.value;
      records.delete(key);
    },
    set(key, value, ttlSeconds) {
      // Removed first, so that the map is in the order of writing.
      records.delete(key);
      for (const [other, record] of records) if (!isLive(record)) records.delete(other);
      for (const oldest of records.keys()) {
        if (records.size < MAX_RECORDS) break;
        records.delete(oldest);
      }
      records.set(key, timed(value, ttlSeconds));
    },
  };
}
