// Work that may hang: ended after a while, and cleaned up after in any case.
import { Failure } from "../../../scripts/lib/run.mjs";

const CLEANING_MS = 5_000;

/**
 * What `work` resolves to, or a Failure after `seconds`. It is given `defer`, for what has to be
 * undone when it is over, last first, and `signal`, for what can be told that time is up.
 */
export async function withLimit(seconds, work) {
  const aborter = new AbortController();
  const deferred = [];
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(reject, seconds * 1000, new Failure(`no end after ${seconds} s`));
  });
  const running = work({ signal: aborter.signal, defer: (undo) => deferred.push(undo) });
  try {
    return await Promise.race([running, limit]);
  } finally {
    clearTimeout(timer);
    // What fails because it is ended has nobody left to tell.
    running.catch(() => {});
    aborter.abort();
    for (const undo of deferred.reverse()) await Promise.race([attempt(undo), cleaningTime()]);
  }
}

const attempt = async (undo) => {
  try {
    await undo();
  } catch {
    // It was gone already.
  }
};

const cleaningTime = () => new Promise((resolve) => setTimeout(resolve, CLEANING_MS).unref());
