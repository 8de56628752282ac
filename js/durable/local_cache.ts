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
    // By this client's time: another one of the same binding may keep values for longer.
    const isKept =
      entry !== undefined && Date.now() < Math.min(entry.endsMs, entry.askedMs + this.#ttlMs);
    return isKept ? ownOf({ value: entry.value }) : undefined;
  }

  /** Drops what has ended, so that no secret stays in memory because nobody asks for it again. */
  dropEnded(): void {
    const nowMs = Date.now();
    for (const [key, { endsMs }] of this.#entries) if (nowMs >= endsMs) this.#entries.delete(key);
  }

  /** Drops what came of asking up to this time. */
  drop(key: string, askedMs: number): void {
    if (!this.#isNewer(key, askedMs)) this.#entries.delete(key);
  }

  /** Keeps what was asked for at this time, unless it has got something newer. */
  put(key: string, { value }: ReadResult, askedMs: number): void {
    if (this.#ttlMs === 0 || value === undefined || this.#isNewer(key, askedMs)) return;
    // Removed first, so that the map is in the order of writing; what is too long replaces it by nothing.
    this.#entries.delete(key);
    if (lengthOf(value) > MOST_CHARS) return;
    this.dropEnded();
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, askedMs, endsMs: askedMs + this.#ttlMs });
  }

  /** Whether there is something that was asked for after this time. */
  #isNewer(key: string, askedMs: number): boolean {
    return (this.#entries.get(key)?.askedMs ?? 0) > askedMs;
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
