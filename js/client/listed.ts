import { withClass } from "./errors.js";

/** A list inside the module. */
export interface Pages {
  /** The next entries, `undefined` after the last. */
  next(): Promise<object[] | undefined>;
  /** All that are left. */
  all(): Promise<object[]>;
  /** Lets go of what is kept for it. */
  free(): void;
}

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
  readonly #open: () => Promise<Pages>;
  #whole: Promise<T[]> | undefined;

  /** @internal */
  constructor(open: () => Promise<Pages>) {
    this.#open = open;
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
    const pages = await this.#open();
    try {
      return (await pages.all()) as T[];
    } catch (thrown) {
      throw withClass(thrown);
    } finally {
      pages.free();
    }
  }

  /** Entry by entry, each time read anew. The call's time is that until a page comes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const pages = await this.#open();
    try {
      for (;;) {
        const page = await pages.next();
        if (page === undefined) return;
        yield* page as T[];
      }
    } catch (thrown) {
      throw withClass(thrown);
    } finally {
      pages.free();
    }
  }
}
