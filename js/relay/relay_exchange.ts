import { ownOf } from "../client/own.js";

/** Why an exchange ended before it was over. */
export type Ending = "the page has left" | "its time is up" | "a body is too long or broken";

/**
 * A page's request and the answer to it. It ends when the page leaves or when its time is up, and
 * then nothing more is read of either body, whether or not a `fetch` knows signals.
 */
export class Exchange {
  readonly #ending = new AbortController();
  readonly #page: AbortSignal | null | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #leave = () => this.#end("the page has left");
  /** Why it ended, if it did. */
  ending: Ending | undefined;

  constructor(page: AbortSignal | null | undefined, timeoutMs: number) {
    this.#timer = setTimeout(() => this.#end("its time is up"), timeoutMs);
    // In Node: an answer that nobody reads keeps no program alive.
    (this.#timer as { unref?: () => void }).unref?.();
    this.#page = page;
    page?.addEventListener("abort", this.#leave);
    if (page?.aborted) this.#leave();
  }

  /** Ends the request to the service. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.close();
    this.#ending.abort();
  }

  /** It is over: nothing is to be ended any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#page?.removeEventListener("abort", this.#leave);
  }

  /** Does something when it ends. */
  onEnd(work: () => void): void {
    if (this.signal.aborted) work();
    else this.signal.addEventListener("abort", work);
  }

  /** What a promise gives, unless it ends first. What comes too late is for `drop`. */
  async unlessEnded<T>(promise: Promise<T>, drop: (late: T) => void = () => {}): Promise<T> {
    const ended = new Promise<never>((_, reject) => this.onEnd(() => reject(this.#error())));
    try {
      return await Promise.race([promise, ended]);
    } catch (thrown) {
      promise.then(drop).catch(() => {});
      throw thrown;
    }
  }

  /** A page's whole body; `undefined` if it has more bytes than this, of which no more is read. */
  async readAll(body: ReadableStream<unknown> | null, most: number): Promise<Blob | undefined> {
    if (body === null) return new Blob();
    const reader = body.getReader();
    this.onEnd(() => cancel(reader));
    return await this.unlessEnded(allOf(reader, most));
  }

  /**
   * The service's body as it comes. It breaks off if the exchange ends, if it has more bytes than
   * `most`, and if these are not as many as it `declared`.
   */
  passOn(
    body: ReadableStream<unknown>,
    most: number,
    declared: number | undefined,
  ): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    const least = declared ?? 0;
    let length = 0;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      this.onEnd(() => {
        controller.error(this.#error());
        cancel(reader);
      });
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const { done, value } = await reader.read();
      // Then the body is broken off already.
      if (this.signal.aborted) return;
      if (!done && isBytes(value)) length += value.byteLength;
      const isBroken = done ? length < least : !isBytes(value) || length > (declared ?? most);
      if (isBroken) return this.#end("a body is too long or broken");
      if (!done) return controller.enqueue(value as Uint8Array);
      this.close();
      controller.close();
    };
    const fail = () => this.#end("a body is too long or broken");
    const source: UnderlyingDefaultSource<Uint8Array> = ownOf({
      start,
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) =>
        pull(controller).catch(fail),
      cancel: () => this.#leave(),
    });
    return new ReadableStream(source, ownOf({ highWaterMark: 0 }));
  }

  #error(): Error {
    return new Error(`the relay ends the request: ${this.ending}`);
  }
}

async function allOf(
  reader: ReadableStreamDefaultReader<unknown>,
  most: number,
): Promise<Blob | undefined> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    if (!isBytes(value)) throw new TypeError("a body is of bytes");
    length += value.byteLength;
    if (length > most) {
      cancel(reader);
      return undefined;
    }
    pieces.push(value);
  }
}

/** Of whichever realm. */
function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(value);
}

/** A body that nobody wants any more. */
export function cancel(body: { cancel(): Promise<void> } | null): void {
  body?.cancel().catch(() => {});
}
