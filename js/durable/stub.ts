import { ownResponses, type ResolveAllResponse, type ResolveResponse } from "../client/answers.js";
import type { Bytes } from "../client/bytes.js";
import { check, checkNames, isStringArray } from "../client/check.js";
import type { Secrets } from "../client/client.js";
import type { CallOptions } from "../client/config.js";
import { type ErrorCode, isOnePasswordError, OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";
import { Batches } from "./batches.js";
import { fromData, malformed } from "./error_data.js";
import { codeOf } from "./failure.js";
import { type Call, limited } from "./limited.js";
import { LocalCache } from "./local_cache.js";
import {
  checkFresh,
  checkTimeout,
  isOneTime,
  MOST_CHARS,
  MOST_MS,
  type ReadKind,
  type ReadResult,
} from "./message.js";
import {
  checkNamespace,
  DEFAULT_NAME,
  isService,
  type Readable,
  readableOf,
  TIMEOUT_MS,
} from "./reach.js";
import type { ObjectNamespaceLike, ServiceLike } from "./types.js";

/** Options of {@link durableClient}. */
export interface DurableClientOptions {
  /**
   * Which object of the namespace to ask: each has a client, a cache and a session of its own. A
   * service binding leads to one object and takes no name. Default: `default`.
   */
  readonly name?: string | undefined;
  /**
   * For how many milliseconds this isolate caches text values, but never one-time passwords, and answers
   * without a call to the object. Default: 0.
   */
  readonly localTtlMs?: number | undefined;
  /** How long a call may take as a whole. Default: 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Where Workers create the object, such as `weur`, when it is first used. */
  readonly locationHint?: string | undefined;
}

/** Reads secrets through a Durable Object, as a `Client` does by itself. */
export interface DurableClient {
  /** The same as `client.secrets.resolve`. */
  resolve(reference: string, options?: CallOptions): Promise<string>;
  /** Reads secrets. */
  readonly secrets: Secrets;
}

const OPTIONS = ["name", "localTtlMs", "timeoutMs", "locationHint"];
const CALL_OPTIONS = ["signal", "timeoutMs", "fresh"];

/**
 * A client of the Durable Object behind a binding: a namespace of {@link OnePasswordObject}, or a service
 * binding to {@link OnePasswordEntrypoint}. Creating one costs nothing: do it in each request.
 *
 * ```ts
 * const client = durableClient(env.OP);
 * await client.resolve("op://app/database/password");
 * ```
 *
 * Calls fail with the errors of a `Client`, and with `network` if the object cannot be reached.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function durableClient(
  binding: ObjectNamespaceLike | ServiceLike,
  options: DurableClientOptions = {},
): DurableClient {
  const stub = new Stub(binding, ownOf(options));
  const resolve: Secrets["resolve"] = async (reference, options) =>
    (await stub.one("text", reference, options)) as string;
  return {
    resolve,
    secrets: {
      resolve,
      resolveBytes: async (reference, options) =>
        (await stub.one("bytes", reference, options)) as Bytes,
      resolveAll: async (references, options) => await stub.all(references, options),
    },
  };
}

class Stub {
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #batches: Batches;
  readonly #cache: LocalCache;

  constructor(binding: ObjectNamespaceLike | ServiceLike, options: DurableClientOptions) {
    checkNames(options, OPTIONS, "durableClient");
    const { name, localTtlMs = 0, timeoutMs = TIMEOUT_MS, locationHint } = options;
    check(name === undefined || typeof name === "string", "name must be a string");
    checkTimeout(timeoutMs);
    check(
      typeof localTtlMs === "number" && localTtlMs >= 0 && localTtlMs <= MOST_MS,
      `localTtlMs must be a number of milliseconds from 0 to ${MOST_MS}`,
    );
    check(
      locationHint === undefined || typeof locationHint === "string",
      "locationHint must be a string",
    );
    this.#name = name ?? DEFAULT_NAME;
    this.#timeoutMs = timeoutMs;
    this.#batches = new Batches(connection(binding, options));
    this.#cache = new LocalCache(binding, localTtlMs);
  }

  /** The value of one reference. */
  async one(kind: ReadKind, reference: string, options?: CallOptions): Promise<unknown> {
    const call = this.#callOf(options);
    if (typeof reference !== "string") throw notText();
    checkLength(reference);
    try {
      const { value, error } = await limited(() => this.#read(kind, reference, call), call);
      if (error !== undefined) throw fromData(error);
      const isIt = kind === "text" ? typeof value === "string" : value instanceof Uint8Array;
      if (!isIt) throw malformed();
      return value;
    } catch (thrown) {
      throw about(thrown, reference);
    }
  }

  /** As `resolveAll` of a client answers. */
  async all(references: readonly string[], options?: CallOptions): Promise<ResolveAllResponse> {
    const call = this.#callOf(options);
    check(isStringArray(references), "references must be an array of strings");
    for (const reference of references) checkLength(reference);
    const responses = [...new Set(references)].map(async (reference) => {
      const response = await this.#response(reference, call);
      return [reference, response] as const;
    });
    // Not set one by one: `__proto__` would be the object's prototype.
    const individualResponses = Object.fromEntries(await Promise.all(responses));
    return ownResponses({ individualResponses });
  }

  async #response(reference: string, call: Call): Promise<ResolveResponse> {
    try {
      const { value, error } = await limited(() => this.#read("all", reference, call), call);
      if (error !== undefined) throw fromData(error);
      if (typeof value !== "object" || value instanceof Uint8Array) throw malformed();
      return copied(value);
    } catch (thrown) {
      if (!isOnePasswordError(thrown) || !OF_ONE.includes(thrown.code)) throw thrown;
      return { error: { type: thrown.code, message: thrown.message } };
    }
  }

  async #read(kind: ReadKind, reference: string, call: Call): Promise<ReadResult> {
    this.#cache.dropEnded();
    const keyOf = (kind: ReadKind) => JSON.stringify([kind, this.#name, reference]);
    const key = keyOf(kind);
    const kept = call.fresh || kind === "bytes" ? undefined : this.#cache.get(key);
    if (kept !== undefined) return kept;
    const askedMs = Date.now();
    /** What is refused now is not given from memory either, of whichever kind. */
    const forget = (code: unknown) => {
      if (PASSING.includes(code as ErrorCode)) return;
      for (const each of ["text", "all"] as const) this.#cache.drop(keyOf(each), askedMs);
    };
    try {
      const result = await this.#batches.ask(kind, reference, call);
      const code = codeOf(result);
      if (code !== undefined) forget(code);
      else if (!isOneTime(reference)) this.#cache.put(key, result, askedMs);
      return result;
    } catch (thrown) {
      forget(isOnePasswordError(thrown) ? thrown.code : undefined);
      throw thrown;
    }
  }

  #callOf(options: CallOptions | undefined): Call {
    if (options === undefined) return { timeoutMs: this.#timeoutMs, fresh: false };
    check(typeof options === "object" && options !== null, "options must be an object");
    const own = ownOf(options);
    checkNames(own, CALL_OPTIONS, "a call");
    const { signal, timeoutMs = this.#timeoutMs, fresh = false } = own;
    checkTimeout(timeoutMs);
    checkFresh(fresh);
    const isSignal = signal === undefined || typeof Object(signal).addEventListener === "function";
    check(isSignal, "signal must be an AbortSignal");
    return { signal, timeoutMs, fresh };
  }
}

/** Errors that `resolveAll` reports for each reference. Any other rejects the whole call. */
const OF_ONE = ["network", "timeout", "protocol"];

/** Errors that say nothing of a value that was given before. */
const PASSING: readonly ErrorCode[] = ["network", "timeout", "rateLimited", "aborted"];

/** Makes a new stub for each attempt. */
function connection(
  binding: ObjectNamespaceLike | ServiceLike,
  { name = DEFAULT_NAME, locationHint }: DurableClientOptions,
): () => Readable {
  if (!isService(binding)) {
    checkNamespace(binding);
    return () => readableOf(binding, name, locationHint);
  }
  check(name === DEFAULT_NAME, "name is for namespaces: a service binding leads to one object");
  return () => binding as unknown as Readable;
}

/** A copy, because a cached value is given more than once. */
function copied(response: ResolveResponse): ResolveResponse {
  const { content, error } = ownOf(response);
  if (content) return { content: { ...content } };
  return error ? { error: { ...error } } : {};
}

/** Adds the reference that was asked for, as the client's errors have it. */
function about(thrown: unknown, reference: string): unknown {
  if (!isOnePasswordError(thrown) || Object.hasOwn(thrown, "reference")) return thrown;
  if (!reference.startsWith("op://")) return thrown;
  const { code, message, retryable, cause } = thrown;
  const { status, retryAfterMs, limit, candidates } = ownOf(thrown);
  const known = { code, message, retryable, status, retryAfterMs, limit, candidates };
  const details = { ...known, reference, cause };
  return new OnePasswordError(details);
}

function checkLength(reference: string): void {
  check(
    reference.length <= MOST_CHARS,
    `a secret reference must have at most ${MOST_CHARS} characters`,
  );
}

function notText(): OnePasswordError {
  return new OnePasswordError({
    code: "parsing",
    message: "a secret reference is a string such as op://vault/item/field",
  });
}
