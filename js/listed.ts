import { type Limits, until } from "./until.js";

/** A list on its way. */
export interface Reading {
  readonly limits: Limits;
  readonly done: Promise<void>;
  /** Ends it, if it has not ended. */
  cancel(): void;
}

/** Takes a page; the next one is opened when the promise that it may return is settled. */
export type Give<T> = (page: T[]) => Promise<void> | undefined;

/** Ends what a loop is reading. */
interface Ending {
  end: () => void;
}

/** Loops that are left without a word, such as an iterator that nobody asks again. Not all hosts tell. */
const dropped =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<Ending>((ending) => ending.end());

/**
 * A list that is read when it is wanted: whole with `await`, or entry by entry with `for await`,
 * which opens the next hundred only when it comes to them.
 *
 * ```ts
 * const all = await client.items.list("prod");
 * for await (const item of client.items.list("prod")) if (item.title === "database") break;
 * ```
 */
export class Listed<T> implements Promise<T[]>, AsyncIterable<T> {
  readonly [Symbol.toStringTag] = "Listed";
  readonly #read: (give: Give<T>) => Reading;
  #whole: Promise<T[]> | undefined;

  /** @internal */
  constructor(read: (give: Give<T>) => Reading) {
    this.#read = read;
  }

  /** All entries. They are read once, however often they are asked for. */
  // biome-ignore lint/suspicious/noThenProperty: it stands for a promise where one is expected
  then<A = T[], B = never>(
    onfulfilled?: ((all: T[]) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#whole ??= this.#all();
    return this.#whole.then(onfulfilled, onrejected);
  }

  /** As a promise has it. */
  catch<B = never>(
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<T[] | B> {
    return this.then(undefined, onrejected);
  }

  /** As a promise has it. */
  finally(onfinally?: (() => void) | null): Promise<T[]> {
    return this.then().finally(onfinally);
  }

  async #all(): Promise<T[]> {
    const all: T[] = [];
    const reading = this.#read((page) => {
      all.push(...page);
      return undefined;
    });
    try {
      await until(reading.done, reading.limits);
      return all;
    } finally {
      reading.cancel();
    }
  }

  /** Entry by entry, each time read anew. The call's time is that until a page comes. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const ending: Ending = { end: () => {} };
    const entries = this.#entries(ending);
    dropped?.register(entries, ending);
    return entries;
  }

  async *#entries(ending: Ending): AsyncGenerator<T, void, undefined> {
    let arrive: (page: T[]) => void = () => {};
    let take = () => {};
    const next = () => new Promise<T[]>((resolve) => (arrive = resolve));
    let page = next();
    const reading = this.#read((entries) => {
      arrive(entries);
      return new Promise((resolve) => (take = resolve));
    });
    const end = reading.done.then(() => undefined);
    // It may fail while nobody waits for a page; whoever waits for the next one is told.
    end.catch(() => {});
    ending.end = () => {
      reading.cancel();
      // A promise that is never settled keeps what waits for it, in the module.
      take();
    };
    try {
      for (;;) {
        const entries = await until(Promise.race([page, end]), reading.limits);
        if (entries === undefined) return;
        yield* entries;
        page = next();
        take();
      }
    } finally {
      ending.end();
    }
  }
}
