import { check } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";
import { fromData, malformed } from "./error_data.js";
import type { ReadRequest, ReadResult } from "./message.js";
import type { ObjectNamespaceLike } from "./types.js";

// As it was when this was loaded: a test that fakes it later stops no call.
const { setTimeout } = globalThis;

/** What answers requests: a stub, or a service binding. */
export interface Readable {
  read(request: ReadRequest): Promise<unknown>;
}

/** How long a call may take unless it says otherwise. */
export const TIMEOUT_MS = 30_000;
/** The longest pause before a second attempt: an object that was evicted starts elsewhere. */
const PAUSE_MS = 100;

/** Which object is asked if nobody says otherwise. */
export const DEFAULT_NAME = "default";

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkNamespace(given: unknown): asserts given is ObjectNamespaceLike {
  const { idFromName, get } = Object(given);
  const isNamespace = typeof idFromName === "function" && typeof get === "function";
  check(
    isNamespace && !isService(given),
    "a Durable Object namespace is needed; is it bound in wrangler.json, as OP for example?",
  );
}

/** By its tag, because a service binding seems to have every method. */
export function isService(given: unknown): boolean {
  const tag = Object.prototype.toString.call(given);
  // The second one is what `ctx.exports` has.
  return tag === "[object Fetcher]" || tag === "[object LoopbackServiceStub]";
}

/** A new stub for each attempt: one that has failed stays broken. */
export function readableOf(
  namespace: ObjectNamespaceLike,
  name: string,
  locationHint?: string,
): Readable {
  const options = locationHint === undefined ? undefined : ownOf({ locationHint });
  return namespace.get(namespace.idFromName(name), options) as Readable;
}

/**
 * Sends a request, and once more if the object could not be reached: it may have been evicted, or
 * updated, in the middle of a call.
 *
 * @throws {OnePasswordError} `network`, or what stands in the way of all references
 */
export async function reach(
  connect: () => Readable,
  request: ReadRequest,
  endsMs: number,
): Promise<readonly ReadResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    const timeoutMs = Math.max(1, endsMs - Date.now());
    const sent = await trySend(connect, { ...request, timeoutMs });
    if ("results" in sent) return sent.results;
    const isOver = attempt > 1 || sent.isOverloaded;
    const pauseMs = Math.random() * PAUSE_MS;
    if (isOver || Date.now() + pauseMs >= endsMs) throw unreachable(sent.isOverloaded);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

type Sent = { results: readonly ReadResult[] } | { isOverloaded: boolean };

async function trySend(connect: () => Readable, request: ReadRequest): Promise<Sent> {
  let answer: unknown;
  try {
    answer = await connect().read(request);
  } catch (thrown) {
    return { isOverloaded: isOverload(thrown) };
  }
  const { results, error }: { results?: unknown; error?: unknown } = ownOf(Object(answer));
  if (error !== undefined) throw fromData(error);
  const isWhole = Array.isArray(results) && results.length === request.references.length;
  if (!isWhole) throw malformed();
  return { results: results.map((result) => ownOf(Object(result))) };
}

function isOverload(thrown: unknown): boolean {
  try {
    const { overloaded }: { overloaded?: unknown } = ownOf(Object(thrown));
    return overloaded === true;
  } catch {
    return false;
  }
}

function unreachable(isOverloaded: boolean): OnePasswordError {
  const why = isOverloaded
    ? "the Durable Object is overloaded; call it less often, with localTtlMs, or spread the calls over several names"
    : "the Durable Object could not be reached, or was evicted during the call; try again. If it always fails, check that the binding leads to OnePasswordObject or OnePasswordEntrypoint";
  return new OnePasswordError({ code: "network", message: why, retryable: true });
}
