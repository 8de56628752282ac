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
    const timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
    for (const signal of given) signal.addEventListener("abort", abort);
    if (given.some((signal) => signal.aborted)) abort();
    end = () => {
      clearTimeout(timer);
      for (const signal of given) signal.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    end();
  }
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
