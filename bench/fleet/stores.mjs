// Stores in simulated time.
import { clock } from "./world.mjs";

/** Seen at once by everybody: Redis, a Durable Object's storage. */
export class ImmediateStore {
  #records = new Map();

  /** As an isolate somewhere sees it. */
  seenFrom() {
    return {
      get: (key) => {
        const record = this.#records.get(key);
        return record !== undefined && record.endsMs > clock.nowMs ? record.value : undefined;
      },
      set: (key, value, ttlSeconds) => {
        this.#records.set(key, { value, endsMs: clock.nowMs + ttlSeconds * 1_000 });
      },
    };
  }
}

/** For how long a place keeps what it has read, also that there was nothing. */
const CACHED_MS = 60_000;
const WRITE_EVERY_MS = 1_000;
export const PLACES = 30;

/**
 * Workers KV: each place keeps what it has read for a minute, so that a write is seen elsewhere that
 * much later; more than one write of a key a second is refused.
 */
export class KvModel {
  refused = 0;
  writes = 0;
  #records = new Map();
  #writtenMs = Number.NEGATIVE_INFINITY;
  #places = Array.from({ length: PLACES }, () => new Map());

  seenFrom(isolate) {
    const cache = this.#places[isolate % PLACES];
    const keep = (key, value) => {
      cache.set(key, { value, untilMs: clock.nowMs + CACHED_MS });
      return value;
    };
    return {
      propagationMs: 60_000,
      get: (key) => {
        const kept = cache.get(key);
        if (kept !== undefined && kept.untilMs > clock.nowMs) return kept.value;
        return keep(key, this.#records.get(key));
      },
      set: (key, value) => {
        if (clock.nowMs - this.#writtenMs < WRITE_EVERY_MS) {
          this.refused += 1;
          throw new Error("429 Too Many Requests");
        }
        this.#writtenMs = clock.nowMs;
        this.writes += 1;
        this.#records.set(key, value);
        keep(key, value);
      },
    };
  }
}
