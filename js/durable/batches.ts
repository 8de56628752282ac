import type { Call } from "./limited.js";
import { MOST_REFERENCES, type ReadKind, type ReadResult } from "./message.js";
import { type Readable, reach } from "./reach.js";

interface Batch {
  /** Each reference once, and where it stands. */
  readonly places: Map<string, number>;
  readonly results: Promise<readonly ReadResult[]>;
}

/**
 * Calls that are made in one go with the same options become one call over RPC. Those for bytes do not:
 * one file may be all that an answer has room for, and whoever gets bytes may overwrite them.
 */
export class Batches {
  readonly #connect: () => Readable;
  /** Those that are not sent yet, by what their calls have in common. */
  readonly #open = new Map<string, Batch>();

  constructor(connect: () => Readable) {
    this.#connect = connect;
  }

  async ask(kind: ReadKind, reference: string, call: Call): Promise<ReadResult> {
    const { places, results } = this.#batchOf(kind, call);
    const place = places.get(reference) ?? places.size;
    places.set(reference, place);
    return (await results)[place] ?? {};
  }

  #batchOf(kind: ReadKind, { fresh, timeoutMs }: Call): Batch {
    const key = JSON.stringify([kind, fresh, timeoutMs]);
    const open = this.#open.get(key);
    if (open !== undefined && open.places.size < MOST_REFERENCES) return open;
    const places = new Map<string, number>();
    const endsMs = Date.now() + timeoutMs;
    const results = Promise.resolve().then(() => {
      if (this.#open.get(key)?.places === places) this.#open.delete(key);
      const request = { kind, references: [...places.keys()], fresh };
      return reach(this.#connect, request, endsMs);
    });
    const batch = { places, results };
    if (kind !== "bytes") this.#open.set(key, batch);
    return batch;
  }
}
