import type { Bytes } from "../client/bytes.js";
import { check } from "../client/check.js";
import { Automaton } from "./automaton.js";

/** What stands in place of a secret. */
export const MASK = "<concealed by 1Password>";

/** How secrets are masked. */
export interface MaskOptions {
  /** What stands in their place. Default: `<concealed by 1Password>`. */
  readonly mask?: string | undefined;
}

/** Masks secrets in a stream of bytes. */
export interface Masker {
  /**
   * What can be shown after a chunk. What may be the beginning of a secret is held back.
   * @param chunk text counts as UTF-8
   */
  write(chunk: Uint8Array | string): Bytes;
  /**
   * What can be shown because nothing has come for a while: what is held back, if it is less than four
   * bytes of a secret. Whatever follows still counts as that secret's rest.
   */
  idle(): Bytes;
  /** What is held back, because nothing more comes. */
  end(): Bytes;
}

/** Fewer bytes of a secret do not wait for the rest. */
const WAITING_BYTES = 4;
/** For how long a stream is silent before these go out. */
const IDLE_MS = 50;
/** Shorter lines of a secret are not masked by themselves. */
const LINE_CHARS = 8;

/**
 * Masks secrets, whatever the pieces in which they come, in bytes of UTF-8. A secret is also
 * masked with other line breaks, without its final one, without blanks around it if four characters
 * are left, and of one of several lines each line of at least eight characters. Secrets that touch or
 * overlap have one mask. An empty or blank one is none. What is encoded otherwise (base64, JSON) is not
 * found.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function createMasker(secrets: Iterable<string>, options: MaskOptions = {}): Masker {
  return new StreamMasker(textsOf(secrets), ENCODER.encode(options.mask ?? MASK));
}

/**
 * The same for `pipeThrough`. Text that is written to it counts as UTF-8.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function maskStream(
  secrets: Iterable<string>,
  options: MaskOptions = {},
): TransformStream<Uint8Array | string, Bytes> {
  const masker = createMasker(secrets, options);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (bytes: Bytes, to: TransformStreamDefaultController) => {
    if (bytes.length > 0) to.enqueue(bytes);
  };
  const idle = (controller: TransformStreamDefaultController) => {
    try {
      show(masker.idle(), controller);
    } catch {} // nobody reads any more
  };
  return new TransformStream<Uint8Array | string, Bytes>({
    transform(chunk, controller) {
      clearTimeout(timer);
      show(masker.write(chunk), controller);
      timer = setTimeout(idle, IDLE_MS, controller);
    },
    flush(controller) {
      clearTimeout(timer);
      show(masker.end(), controller);
    },
  });
}

const ENCODER = new TextEncoder();
const LINE_BREAK = /\r\n?|\n/;
const FINAL_BREAK = /(\r\n?|\n)$/;
const isLongLine = ({ length }: string) => length >= LINE_CHARS;

function textsOf(secrets: Iterable<string>): string[] {
  check(typeof secrets !== "string", "the secrets to mask must be an array or the like");
  const texts = new Set<string>();
  for (const secret of secrets) {
    check(typeof secret === "string", "the secrets to mask must be strings");
    const lines = secret.split(LINE_BREAK);
    const breaks = ["\n", "\r\n"].map((end) => lines.join(end));
    const trimmed = [...lines.map((line) => line.trim()).filter(isLongLine), secret.trim()];
    const long = trimmed.filter((text) => text.length >= WAITING_BYTES);
    for (const text of [secret, ...breaks, secret.replace(FINAL_BREAK, ""), ...long]) {
      if (text.trim() !== "") texts.add(text);
    }
  }
  return [...texts];
}

/** What is masked for sure: from a byte to before another, counted from the first that is held back. */
interface Span {
  readonly from: number;
  readonly to: number;
}

class StreamMasker implements Masker {
  readonly #automaton: Automaton;
  readonly #mask: Uint8Array;
  #state = 0;
  #held: Uint8Array = new Uint8Array();
  /** What was found in what is held back, in its order, without overlaps. */
  #spans: Span[] = [];
  /** Whether a mask was the last that was shown: what it touches belongs to it. */
  #masked = false;

  constructor(texts: readonly string[], mask: Uint8Array) {
    this.#automaton = new Automaton(texts.map((text) => ENCODER.encode(text)));
    this.#mask = mask;
  }

  write(chunk: Uint8Array | string): Bytes {
    const bytes = typeof chunk === "string" ? ENCODER.encode(chunk) : chunk;
    const begin = this.#held.length;
    const all = begin === 0 ? bytes : joined([this.#held, bytes]);
    this.#find(all, begin);
    return this.#show(all, all.length - (this.#automaton.depth[this.#state] ?? 0));
  }

  idle(): Bytes {
    const matched = this.#automaton.depth[this.#state] ?? 0;
    const waits = matched >= WAITING_BYTES || this.#spans.length > 0;
    return waits ? new Uint8Array() : this.#show(this.#held, this.#held.length);
  }

  end(): Bytes {
    this.#state = 0;
    return this.#show(this.#held, this.#held.length);
  }

  #find(bytes: Uint8Array, begin: number): void {
    const automaton = this.#automaton;
    const { found } = automaton;
    let state = this.#state;
    for (let at = begin; at < bytes.length; at += 1) {
      state = automaton.next(state, bytes[at] as number);
      const length = found[state] as number;
      if (length > 0) this.#add(at + 1 - length, at + 1);
    }
    this.#state = state;
  }

  /** Joins it with what it touches. It may begin in what was shown already. */
  #add(from: number, to: number): void {
    let start = Math.max(from, 0);
    for (let last = this.#spans.at(-1); last && last.to >= start; last = this.#spans.at(-1)) {
      start = Math.min(start, last.from);
      this.#spans.pop();
    }
    this.#spans.push({ from: start, to });
  }

  /**
   * What comes before `decided` is no part of a secret that is still to be found. It is negative where
   * that secret begins in what was shown already.
   */
  #show(bytes: Uint8Array, decided: number): Bytes {
    const pieces: Uint8Array[] = [];
    let at = 0;
    const undecided = this.#spans.findIndex(({ from }) => from > Math.max(decided, 0));
    const later = undecided < 0 ? [] : this.#spans.splice(undecided);
    for (const { from, to } of this.#spans) {
      if (from > at) this.#masked = false;
      pieces.push(bytes.subarray(at, from));
      if (!this.#masked) pieces.push(this.#mask);
      this.#masked = true;
      at = to;
    }
    if (decided > at) {
      pieces.push(bytes.subarray(at, decided));
      this.#masked = false;
      at = decided;
    }
    this.#spans = later.map(({ from, to }) => ({ from: from - at, to: to - at }));
    this.#held = bytes.slice(at);
    return joined(pieces);
  }
}

function joined(pieces: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
