import { OnePasswordError } from "../client/errors.js";
import type { ReadRequest } from "./message.js";

// As they were when this was loaded: a test that fakes them later stops no call.
const { setTimeout, clearTimeout } = globalThis;

/** How one call differs from others. */
export interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly fresh: NonNullable<ReadRequest["fresh"]>;
}

/**
 * What is worked for, unless the call's time is up or its signal is given first. Only the wait ends:
 * the object goes on, for others. `told` is what happened if the time is up, in place of what a caller is
 * told.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function limited<T>(
  work: () => Promise<T>,
  { signal, timeoutMs }: Pick<Call, "signal" | "timeoutMs">,
  told = `no answer within ${timeoutMs} ms; try again, or give the call more time with timeoutMs`,
): Promise<T> {
  if (signal?.aborted) throw aborted();
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const abort = () => reject(aborted());
    const timer = setTimeout(() => reject(timedOut(told)), timeoutMs);
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

function timedOut(message: string): OnePasswordError {
  return new OnePasswordError({ code: "timeout", message, retryable: true });
}
