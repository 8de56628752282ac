import { OnePasswordError } from "../client/errors.js";

/** How one call differs from others. */
export interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly fresh: boolean;
}

/**
 * What is worked for, unless the call's time is up or its signal is given first. Only the wait ends:
 * the object goes on, for others.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function limited<T>(work: () => Promise<T>, { signal, timeoutMs }: Call): Promise<T> {
  if (signal?.aborted) throw aborted();
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const abort = () => reject(aborted());
    const timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", abort);
    end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([ended, work()]);
  } finally {
    end();
  }
}

function aborted(): OnePasswordError {
  return new OnePasswordError({ code: "aborted", message: "the call was aborted by its signal" });
}

function timedOut(ms: number): OnePasswordError {
  return new OnePasswordError({
    code: "timeout",
    message: `no answer within ${ms} ms; try again, or give the call more time with timeoutMs`,
    retryable: true,
  });
}
