import { OnePasswordError } from "./errors.js";

/** What ends a wait. */
export interface Limits {
  readonly timeoutMs: number;
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * The promise's result, unless the time is up or a signal is given first: then a rejection at once,
 * whatever becomes of the promise.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function until<T>(promise: Promise<T>, { timeoutMs, signals }: Limits): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined);
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const abort = () => reject(aborted());
    const stops = given.map((signal) => onAbort(signal, abort));
    const timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
    if (given.some((signal) => signal.aborted)) abort();
    end = () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    end();
  }
}

/** Who waits for a signal: it gets one listener for all, because hosts warn of many. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal is given, until the function that it returns is called. */
function onAbort(signal: AbortSignal, call: () => void): () => void {
  const calls = listeners.get(signal) ?? new Set();
  const all = () => {
    for (const one of calls) one();
  };
  if (!listeners.has(signal)) {
    listeners.set(signal, calls);
    signal.addEventListener("abort", all, { once: true });
  }
  calls.add(call);
  return () => calls.delete(call);
}

export function aborted(): OnePasswordError {
  return new OnePasswordError({ code: "aborted", message: "the call was aborted by its signal" });
}

function timedOut(ms: number): OnePasswordError {
  return new OnePasswordError({
    code: "timeout",
    message: `no answer within ${ms} ms; try again, or give the call more time with timeoutMs`,
    retryable: true,
  });
}
