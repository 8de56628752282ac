/// <reference lib="esnext.disposable" preserve="true" />
import { type Candidate, type ErrorCode, type ErrorDetails, OnePasswordError } from "./errors.js";
import { loadCore } from "./load.js";
import { detectPlatform } from "./platform.js";
import type { Client as Core } from "./wasm/op.js";

/** A function with the signature of `fetch`. It is called with a URL as a string. */
export type FetchFunction = (input: string, init?: RequestInit) => Promise<Response>;

/** What a client is made from. */
export interface ClientConfig {
  /** A service-account token, `ops_…`. White space around it is dropped. */
  readonly auth: string;
  /** The name of your program. The service is told. */
  readonly integrationName: string;
  /** The version of your program. The service is told. */
  readonly integrationVersion: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: FetchFunction;
  /**
   * Where the token may lead: `host`, `*.domain`, either with a scheme before and a port
   * after. Default: `*.1password.com`, `*.1password.ca` and `*.1password.eu` over https, and
   * loopback over http or https.
   */
  readonly allowedHosts?: readonly string[];
}

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

/**
 * A client that is signed in. Calls may overlap.
 *
 * ```ts
 * const client = await Client.authenticate({
 *   auth: process.env.OP_SERVICE_ACCOUNT_TOKEN ?? "",
 *   integrationName: "My integration",
 *   integrationVersion: "v1.0.0",
 * });
 * const password = await client.secrets.resolve("op://vault/item/password");
 * ```
 */
export class Client implements Disposable {
  readonly #core: Core;
  /** Reads secrets. */
  readonly secrets: Secrets = {
    resolve: (reference) => this.resolve(reference),
    resolveBytes: (reference) => this.#resolveBytes(reference),
    resolveAll: (references) => this.#resolveAll(references),
  };

  private constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Signs in with a service-account token.
   *
   * @throws {OnePasswordError} `tokenInvalid`, `argumentInvalid` or `hostNotAllowed` before any
   * request; `authenticationFailed` if the service refuses the token; `serverNotTrusted` if
   * the server does not prove that it knows the account; what the network and the service say.
   */
  static async authenticate(config: ClientConfig): Promise<Client> {
    const { auth, fetch, integrationName, integrationVersion, allowedHosts } = checkConfig(config);
    const { os, arch } = detectPlatform();
    const Core = await loadCore();
    const signIn = Core.authenticate(
      auth,
      fetch,
      integrationName,
      integrationVersion,
      os,
      arch,
      allowedHosts,
    );
    return new Client(await rethrow(signIn));
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

  /** The same as {@link Client.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** What the core says of one of several references. */
type Outcome = ResolvedReference | { readonly error: ErrorDetails };

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

interface CheckedConfig {
  readonly auth: string;
  readonly fetch: FetchFunction;
  readonly integrationName: string;
  readonly integrationVersion: string;
  readonly allowedHosts: string[] | undefined;
}

/** JavaScript callers have no compiler that checks these. */
function checkConfig(config: ClientConfig): CheckedConfig {
  const { auth, integrationName, integrationVersion, allowedHosts } = config ?? {};
  const fetch = config?.fetch ?? globalThis.fetch;
  if (typeof auth !== "string") {
    throw new OnePasswordError({
      code: "tokenInvalid",
      message: `auth must be a service-account token (ops_…), not ${typeof auth}; is the environment variable set?`,
    });
  }
  check(typeof integrationName === "string", "integrationName must be a string");
  check(typeof integrationVersion === "string", "integrationVersion must be a string");
  check(
    allowedHosts === undefined || isStringArray(allowedHosts),
    "allowedHosts must be an array of strings",
  );
  check(
    config.fetch === undefined || typeof config.fetch === "function",
    "fetch must be a function",
  );
  if (typeof fetch !== "function") {
    throw new OnePasswordError({
      code: "unsupported",
      message: "this runtime has no fetch; pass one to Client.authenticate({ fetch })",
    });
  }
  return {
    auth,
    fetch,
    integrationName,
    integrationVersion,
    allowedHosts: allowedHosts && [...allowedHosts],
  };
}

function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new OnePasswordError({ code: "argumentInvalid", message: rule });
}

function isStringArray(value: unknown): value is string[] {
  // A copy, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && [...value].every((entry) => typeof entry === "string");
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
