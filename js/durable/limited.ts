import { aborted, unlessEnded } from "../loading/waiting.js";
import type { ReadRequest } from "./message.js";

/** How one call differs from others. */
export interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly fresh: NonNullable<ReadRequest["fresh"]>;
}

/**
 * What is worked for, unless the call's time is up or its signal is given first. Only the wait ends:
 * the object goes on, for others. `message` is what happened if the time is up, in place of what a caller is
 * told.
 *
 * @throws {OnePasswordError} `timeout`, `aborted`
 */
export async function limited<T>(
  work: () => Promise<T>,
  { signal, timeoutMs: ms }: Pick<Call, "signal" | "timeoutMs">,
  message = `no answer within ${ms} ms; try again, or give the call more time with timeoutMs`,
): Promise<T> {
  // Nothing is asked for what nobody waits for.
  if (signal?.aborted) throw aborted();
  return await unlessEnded(work(), { ms, signal, message });
}
