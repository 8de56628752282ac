import type { ResolveResponse } from "../client/answers.js";
import { ownOf } from "../client/own.js";
import type { ReadResult } from "./message.js";

/** How many values an isolate keeps for a binding. */
const MOST_ENTRIES = 500;
const MOST_CHARS = 16_384;

type Value = NonNullable<ReadResult["value"]>;

interface Entry {
  readonly value: Value;
  readonly askedMs: number;
  readonly endsMs: number;
}

/** By binding, so that nothing is answered to one that came for another. */
const caches = new WeakMap<object, Map<string, Entry>>();

/** Values that this isolate has been given, for a while. */
export class LocalCache {
  readonly #entries: Map<string, Entry>;
  readonly #ttlMs: number;

  constructor(binding: object, ttlMs: number) {
    const entries = caches.get(binding) ?? new Map<string, Entry>();
    if (ttlMs > 0) caches.set(binding, entries);
    this.#entries = entries;
    this.#ttlMs = ttlMs;
  }

  get(key: string): ReadResult | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#ttlMs === 0) return undefined;
    // By this client's time: another one of the same binding may keep values for longer.
    const nowMs = Date.now();
    if (nowMs < entry.endsMs && nowMs < entry.askedMs + this.#ttlMs)
      return ownOf({ value: entry.value });
    if (nowMs >= entry.endsMs) this.#entries.delete(key);
    return undefined;
  }

  /** Keeps what was asked for at this time, unless it has got something newer. */
  put(key: string, { value }: ReadResult, askedMs: number): void {
    if (this.#ttlMs === 0 || value === undefined || lengthOf(value) > MOST_CHARS) return;
    if ((this.#entries.get(key)?.askedMs ?? 0) > askedMs) return;
    // Removed first, so that the map is in the order of writing.
    this.#entries.delete(key);
    const nowMs = Date.now();
    for (const [other, { endsMs }] of this.#entries)
      if (nowMs >= endsMs) this.#entries.delete(other);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, askedMs, endsMs: askedMs + this.#ttlMs });
  }
}

/** Infinity for what is not kept. */
function lengthOf(value: Value): number {
  if (typeof value === "string") return value.length;
  const secret = Object.hasOwn(value, "content")
    ? (value as ResolveResponse).content?.secret
    : undefined;
  return secret?.length ?? Number.POSITIVE_INFINITY;
}
