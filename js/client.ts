/// <reference lib="esnext.disposable" preserve="true" />
import { type ClientConfig, check, checkConfig, isStringArray } from "./config.js";
import { type Candidate, type ErrorCode, type ErrorDetails, OnePasswordError } from "./errors.js";
import type { CoreClass } from "./load.js";
import { detectPlatform } from "./platform.js";

/** Reads secrets. */
export interface Secrets {
  /**
   * The value that a secret reference names: `op://vault/item/[section/]field`, each part an
   * id or a name.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  resolve(reference: string): Promise<string>;
  /**
   * The content of a file that a secret reference names, whatever bytes it has; text as UTF-8.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  resolveBytes(reference: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Several references at once, with few requests. One that fails spoils no other.
   *
   * @throws {OnePasswordError} if the client is closed
   */
  resolveAll(references: readonly string[]): Promise<ResolveAllResponse>;
}

/** What {@link Secrets.resolveAll} answers: for each reference its value, or what stands in the way. */
export interface ResolveAllResponse {
  readonly individualResponses: Readonly<Record<string, ResolveResponse>>;
}

/** One of the two is there. */
export interface ResolveResponse {
  readonly content?: ResolvedReference;
  readonly error?: ResolveError;
}

/** A value, and where it was found. */
export interface ResolvedReference {
  readonly secret: string;
  readonly itemId: string;
  readonly vaultId: string;
}

/** What stands in the way of one reference. */
export interface ResolveError {
  readonly type: ErrorCode;
  readonly message: string;
  /** What an ambiguous reference may have meant. */
  readonly candidates?: readonly Candidate[];
}

/** A client inside the wasm module. */
export interface Core {
  resolve(reference: string): Promise<string>;
  resolveBytes(reference: string): Promise<Uint8Array<ArrayBuffer>>;
  resolveAll(references: string[]): Promise<Outcome[]>;
  close(): void;
}

/** What every entry's `Client` is, however it comes by the wasm module. Calls may overlap. */
export abstract class SignedIn implements Disposable {
  readonly #core: Core;
  /** Reads secrets. */
  readonly secrets: Secrets = {
    resolve: (reference) => this.resolve(reference),
    resolveBytes: (reference) => this.#resolveBytes(reference),
    resolveAll: (references) => this.#resolveAll(references),
  };

  protected constructor(core: Core) {
    this.#core = core;
  }

  /** The same as `client.secrets.resolve`. */
  async resolve(reference: string): Promise<string> {
    checkReference(reference);
    return await rethrow(this.#core.resolve(reference), reference);
  }

  async #resolveBytes(reference: string): Promise<Uint8Array<ArrayBuffer>> {
    checkReference(reference);
    return await rethrow(this.#core.resolveBytes(reference), reference);
  }

  async #resolveAll(references: readonly string[]): Promise<ResolveAllResponse> {
    check(isStringArray(references), "references must be an array of strings");
    const asked = [...new Set(references)];
    const outcomes: Outcome[] = await rethrow(this.#core.resolveAll(asked));
    const responses = outcomes.map(toResponse).map((response, n) => [asked[n], response]);
    return { individualResponses: Object.fromEntries(responses) };
  }

  /** Zeroes the token, the session and all keys. Later calls fail with `closed`. */
  close(): void {
    this.#core.close();
  }

  /** The same as {@link SignedIn.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Checks the configuration, has the wasm module started, and signs in. `waits` says whether calls
 * may wait for what others are doing.
 *
 * @internal
 */
export async function signIn(
  config: ClientConfig,
  load: () => CoreClass | Promise<CoreClass>,
  waits = true,
): Promise<Core> {
  const { auth: token, ...checked } = checkConfig(config);
  const Core = await load();
  const told = { token, ...checked, ...detectPlatform(), waitsForOthers: waits };
  return await rethrow(Core.authenticate(told));
}

/** What the core says of one of several references. */
export type Outcome = ResolvedReference | { readonly error: ErrorDetails };

function toResponse(outcome: Outcome): ResolveResponse {
  if (!("error" in outcome)) return { content: outcome };
  const { code: type, message, candidates } = outcome.error;
  return { error: { type, message, ...(candidates && { candidates }) } };
}

function checkReference(reference: string): void {
  if (typeof reference === "string") return;
  throw new OnePasswordError({
    code: "parsing",
    message: "a secret reference is a string such as op://vault/item/field",
  });
}

/** Gives what the core rejects with its class. */
async function rethrow<T>(promise: Promise<T>, reference?: string): Promise<T> {
  try {
    return await promise;
  } catch (thrown) {
    if (!isErrorDetails(thrown)) throw thrown;
    const { cause, ...details } = thrown;
    throw new OnePasswordError({
      ...details,
      // A token passed by mistake must not come back in an error.
      reference: reference === undefined || TOKEN.test(reference) ? undefined : reference,
      cause: cause === undefined ? undefined : new Error(String(cause)),
    });
  }
}

/** Of a token, and of what is no reference at all. */
const TOKEN = /ops_|^(?!op:\/\/)/;

function isErrorDetails(value: unknown): value is ErrorDetails {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}
