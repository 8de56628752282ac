import { OnePasswordError } from "../client/errors.js";

/** What ends a wait for the module, as a program gave it: the module checks it once it is there. */
export interface Limits {
  readonly timeoutMs?: unknown;
  readonly signal?: unknown;
}

/** What ends a wait. */
export interface End {
  readonly ms: number;
  readonly signal: unknown;
  /** The message of the error if the time is up. */
  readonly message: string;
}

const TIMEOUT_MS = 30_000;

/**
 * What is loaded, unless the client's time is up or its signal is given first.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function within<T>(loading: Promise<T>, { timeoutMs, signal }: Limits): Promise<T> {
  const ms = typeof timeoutMs === "number" && timeoutMs > 0 ? timeoutMs : TIMEOUT_MS;
  const message = `the wasm module was not loaded within ${ms} ms; try again, or give the client more time with timeoutMs`;
  return await unlessEnded(loading, { ms, signal, message });
}

/**
 * What is waited for, unless the time is up or the signal is given first. Only the wait ends.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function unlessEnded<T>(work: Promise<T>, { ms, signal, message }: End): Promise<T> {
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const abort = () => reject(aborted());
    const timer = setTimeout(() => reject(timedOut(message)), Math.min(ms, 2 ** 31 - 1));
    attempt(signal, (given) => {
      given.addEventListener("abort", abort);
      if (given.aborted) abort();
    });
    end = () => {
      clearTimeout(timer);
      attempt(signal, (given) => given.removeEventListener("abort", abort));
    };
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    end();
  }
}

/** Does something with what should be a signal. If it is none or throws, the module says so later. */
function attempt(signal: unknown, work: (given: AbortSignal) => unknown): void {
  if (signal === undefined) return;
  try {
    work(signal as AbortSignal);
  } catch {}
}

// As they were when this was loaded: a test that fakes them later stops no client.
const { setTimeout, clearTimeout } = globalThis;

/** The error of a call whose signal was given. */
export function aborted(): OnePasswordError {
  return new OnePasswordError({ code: "aborted", message: "the call was aborted by its signal" });
}

function timedOut(message: string): OnePasswordError {
  return new OnePasswordError({ code: "timeout", message, retryable: true });
}
