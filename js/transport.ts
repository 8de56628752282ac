import type { Watch } from "./events.js";
import type { Answer, Pending, SendFailure } from "./wasm/op.js";

/** A function with the signature of `fetch`. It is called with a URL as a string. */
export type FetchFunction = (input: string, init?: RequestInit) => Promise<Response>;

/** A request, ready to be sent. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** How many times the same was sent before. */
  readonly retry: number;
}

export interface Means {
  readonly fetch: FetchFunction;
  /** How long the whole answer may take: longer if somebody comes who has more time. */
  readonly timeoutMs: () => number;
  readonly watch: Watch;
}

/** Above what a vault of 50,000 items or the largest file takes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** What a piece takes besides its bytes: a body of many small ones is longer than it looks. */
const PIECE_BYTES = 100;
const READS_IN_ONE_GO = 256;
/** Timers may fire a little before their time. */
const TIMER_SLACK_MS = 5;
const MAX_CAUSE_CHARS = 300;
/** Keys, proofs, tokens and ids of sessions are of these characters, and no shorter. */
const KEY_LIKE = /[\w\-+/=%|]{16,}/g;

/** Nothing that a `fetch` does leaves this otherwise than as a {@link SendFailure}. */
class Failed extends Error {
  readonly failure: SendFailure;

  constructor(kind: SendFailure["kind"], cause = "") {
    super(kind);
    this.failure = { kind, cause };
  }
}

const noResponse = () => new Failed("network", "fetch did not answer with a Response");

/**
 * Sends a request and reads its answer to the end. Whatever `fetch` does or does not, the answer
 * comes, or a failure, within the time.
 */
export function send(outgoing: Outgoing, { fetch, timeoutMs, watch }: Means): Pending<Answer> {
  const controller = new AbortController();
  let give: (failure: Failed) => void = () => {};
  const given = new Promise<never>((_, reject) => {
    give = reject;
  });
  const end = (kind: SendFailure["kind"]) => {
    give(new Failed(kind));
    controller.abort();
  };
  const seen = { status: 0, bytes: 0 };
  const start = performance.now();
  const wait = () => setTimeout(look, Math.max(0, start + timeoutMs() - performance.now()));
  const look = () => {
    if (start + timeoutMs() > performance.now() + TIMER_SLACK_MS) timer = wait();
    else end("timeout");
  };
  let timer = wait();
  const settle = () => {
    clearTimeout(timer);
    const ms = Math.round(performance.now() - start);
    const { method, url, retry } = outgoing;
    watch.request({ method, url, status: seen.status, ms, retry, bytes: seen.bytes });
  };
  const asked = ask(outgoing, fetch, controller.signal, seen);
  const answer = Promise.race([asked, given]).then(
    (answer) => {
      settle();
      return answer;
    },
    (thrown: unknown) => {
      settle();
      throw failureOf(thrown);
    },
  );
  return { answer, abort: () => end("aborted") };
}

async function ask(
  { method, url, headers, body }: Outgoing,
  fetch: FetchFunction,
  signal: AbortSignal,
  seen: { status: number; bytes: number },
): Promise<Answer> {
  const init: RequestInit = { method, headers, redirect: "manual", signal };
  if (body !== undefined) init.body = body;
  const response: unknown = await fetch(url, init);
  if (!isObject(response)) throw noResponse();
  const { status, type, redirected } = peek(response, ({ status, type, redirected }) => ({
    status,
    type,
    redirected,
  }));
  if (type === "opaqueredirect" || redirected === true || isBetween(status, 300, 399)) {
    throw new Failed("redirect");
  }
  if (status === 0) throw new Failed("opaque");
  if (!isBetween(status, 200, 599)) throw noResponse();
  seen.status = status;
  const pieces = await readBody(response, signal, seen);
  return { status, retryAfterMs: retryAfterMs(response), pieces };
}

/** Reads properties of something foreign, which may throw. */
function peek<T>(response: Record<string, unknown>, read: (of: Record<string, unknown>) => T): T {
  try {
    return read(response);
  } catch {
    throw noResponse();
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isBetween = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && value >= least && value <= most;

/** Piece by piece: as one buffer a file would be in memory once more. */
async function readBody(
  response: Record<string, unknown>,
  signal: AbortSignal,
  seen: { bytes: number },
): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const push = (piece: unknown) => {
    const bytes = toBytes(piece);
    seen.bytes += bytes.byteLength;
    if (bytes.byteLength > 0) pieces.push(bytes);
    const longest = Math.max(seen.bytes, pieces.length * PIECE_BYTES);
    if (longest > MAX_BODY_BYTES) throw new Failed("tooLong");
  };
  const { body } = response as { body?: { getReader?: unknown } | null };
  if (typeof body?.getReader !== "function") {
    // An answer without a body may have none of the two.
    const whole = (response as unknown as Response).arrayBuffer;
    if (typeof whole !== "function") throw noResponse();
    push(await whole.call(response));
    return pieces;
  }
  const reader: Partial<ReadableStreamDefaultReader> = (
    body as unknown as ReadableStream
  ).getReader();
  if (typeof reader?.read !== "function") throw noResponse();
  const cancel = () => {
    // Not waited for: a stream that hangs would not end either.
    (async () => await reader.cancel?.())().catch(() => {});
  };
  // A fetch that knows no signals would go on reading.
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (let reads = 1; ; reads += 1) {
      // A stream that always has something would keep every timer from its turn.
      if (reads % READS_IN_ONE_GO === 0) await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) throw new Failed("aborted");
      const { value } = await reader.read();
      if (value === undefined) return pieces;
      push(value);
    }
  } catch (thrown) {
    cancel();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** An `ArrayBuffer` or a view of one, of whichever realm. */
function toBytes(piece: unknown): Uint8Array {
  if (ArrayBuffer.isView(piece)) {
    return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
  if (Object.prototype.toString.call(piece) !== "[object ArrayBuffer]") throw noResponse();
  return new Uint8Array(piece as ArrayBuffer);
}

function header(response: Record<string, unknown>, name: string): string | undefined {
  try {
    const value: unknown = (response as unknown as Response).headers.get(name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110 §10.2.3), which is by the clock of whoever answers. */
function retryAfterMs(response: Record<string, unknown>): number | undefined {
  const text = header(response, "retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const until = parseDate(text);
  const now = parseDate(header(response, "date") ?? "") ?? Date.now();
  return until === undefined ? undefined : Math.max(0, until - now);
}

function parseDate(text: string): number | undefined {
  const date = Date.parse(text);
  return /^[A-Z]/.test(text) && !Number.isNaN(date) ? date : undefined;
}

/**
 * What a `fetch` threw. Only its name, message and code are kept, as text: an error of a foreign
 * `fetch` may hold the request.
 */
function failureOf(thrown: unknown): SendFailure {
  try {
    if (thrown instanceof Failed) return thrown.failure;
    const { name, message, cause } = (
      isObject(thrown) ? thrown : { message: thrown }
    ) as Partial<Error>;
    if (name === "AbortError") return { kind: "aborted", cause: "" };
    if (name === "TimeoutError") return { kind: "timeout", cause: "" };
    const code = isObject(cause) ? cause["code"] : undefined;
    const parts = [name, message, code].filter((part) => typeof part === "string" && part !== "");
    return { kind: "network", cause: shown(parts.join(": ")) };
  } catch {
    return { kind: "network", cause: "" };
  }
}

/** A message of a mock or a proxy may quote the request: what has the length of a key is cut out. */
const shown = (cause: string): string => cause.replace(KEY_LIKE, "…").slice(0, MAX_CAUSE_CHARS);
