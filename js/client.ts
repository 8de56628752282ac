/// <reference lib="esnext.disposable" preserve="true" />
import { Calls, type Core, type Found, withReference } from "./calls.js";
import {
  type CallOptions,
  type CheckedConfig,
  type ClientConfig,
  check,
  checkCallOptions,
  checkConfig,
  isStringArray,
} from "./config.js";
import { type Candidate, type ErrorCode, OnePasswordError } from "./errors.js";
import { type ClientStats, Watch } from "./events.js";
import { JsHost } from "./host.js";
import type { CoreClass } from "./load.js";
import { detectPlatform } from "./platform.js";
import { SessionShelf } from "./session_store.js";
import { until } from "./until.js";

/** Reads secrets. */
export interface Secrets {
  /**
   * The value that a secret reference names: `op://vault/item/[section/]field`, each part an
   * id or a name.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  resolve(reference: string, options?: CallOptions): Promise<string>;
  /**
   * The content of a file that a secret reference names, whatever bytes it has; text as UTF-8.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  resolveBytes(reference: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Several references at once, with few requests. One that fails spoils no other.
   *
   * @throws {OnePasswordError} if the client is closed
   */
  resolveAll(references: readonly string[], options?: CallOptions): Promise<ResolveAllResponse>;
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

/** How an entry comes by the wasm module. */
export interface Entry {
  /** Starts the module. */
  readonly load: () => CoreClass | Promise<CoreClass>;
  /** Whether calls may wait for what others are doing. */
  readonly waits: boolean;
}

/** What every entry's `Client` is, however it comes by the wasm module. Calls may overlap. */
export abstract class SignedIn implements Disposable {
  readonly #config: CheckedConfig;
  readonly #entry: Entry;
  readonly #watch: Watch;
  readonly #calls: Calls;
  #core: Core | undefined;
  #isClosed = false;
  /** Reads secrets. */
  readonly secrets: Secrets = {
    resolve: (reference, options) => this.resolve(reference, options),
    resolveBytes: (reference, options) => this.#resolveBytes(reference, options),
    resolveAll: (references, options) => this.#resolveAll(references, options),
  };

  /** @internal */
  protected constructor(config: ClientConfig, entry: Entry) {
    this.#config = checkConfig(config);
    this.#entry = entry;
    this.#watch = new Watch(this.#config);
    this.#calls = new Calls(() => this.#started(), entry.waits);
  }

  /**
   * Signs in, unless the client is lazy.
   *
   * @internal
   */
  protected async start(): Promise<void> {
    if (this.#config.lazy) return;
    const call = this.#calls.next();
    const signIn = async () => (await this.#started()).signIn(call);
    try {
      const { timeoutMs, signal } = this.#config;
      await until(signIn(), { timeoutMs, signals: [signal] });
    } catch (thrown) {
      this.close();
      throw withReference(thrown);
    }
  }

  /** The same as `client.secrets.resolve`. */
  async resolve(reference: string, options?: CallOptions): Promise<string> {
    checkReference(reference);
    return (await this.#ask<string>(reference, options)).secret;
  }

  async #resolveBytes(reference: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
    checkReference(reference);
    return (await this.#ask<Uint8Array<ArrayBuffer>>(reference, options, true)).secret;
  }

  async #resolveAll(
    references: readonly string[],
    options?: CallOptions,
  ): Promise<ResolveAllResponse> {
    check(isStringArray(references), "references must be an array of strings");
    checkCallOptions(options);
    const asked = [...new Set(references)];
    const responses = await Promise.all(
      asked.map(async (reference) => [reference, await this.#respond(reference, options)] as const),
    );
    return { individualResponses: Object.fromEntries(responses) };
  }

  async #respond(reference: string, options?: CallOptions): Promise<ResolveResponse> {
    try {
      return { content: await this.#ask<string>(reference, options) };
    } catch (thrown) {
      if (!(thrown instanceof OnePasswordError) || OF_ALL.includes(thrown.code)) throw thrown;
      const { code: type, message, candidates } = thrown;
      return { error: { type, message, ...(candidates && { candidates }) } };
    }
  }

  async #ask<Secret>(
    reference: string,
    options: CallOptions | undefined,
    bytes = false,
  ): Promise<Found<Secret>> {
    checkCallOptions(options);
    const { timeoutMs, signal } = this.#config;
    const limits = {
      timeoutMs: options?.timeoutMs ?? timeoutMs,
      signals: [signal, options?.signal],
    };
    try {
      const manner = { ...limits, bytes, fresh: options?.fresh ?? false };
      return await this.#calls.ask<Secret>(reference, manner);
    } catch (thrown) {
      const isLate = thrown instanceof OnePasswordError && thrown.code === "timeout";
      const stale = isLate && !bytes && !options?.fresh ? this.#core?.stale(reference) : undefined;
      if (stale !== undefined) return stale as Found<never>;
      throw thrown;
    }
  }

  /** The client inside the module. A failure is not remembered. */
  async #started(): Promise<Core> {
    if (this.#core !== undefined) return this.#core;
    if (this.#isClosed) throw closed();
    const { auth: token, fetch, sessionStore, ...config } = this.#config;
    const CoreClass = await this.#entry.load();
    // Another call may have been faster.
    if (this.#core !== undefined) return this.#core;
    if (this.#isClosed) throw closed();
    const sessions = sessionStore && new SessionShelf(sessionStore);
    const timeoutMs = () => Math.max(config.timeoutMs, this.#calls.longestMs);
    const host = new JsHost({ fetch, timeoutMs, watch: this.#watch, sessions });
    this.#core = CoreClass.create({
      token,
      host,
      ...config,
      ...detectPlatform(),
      waitsForOthers: this.#entry.waits,
      sharesSessions: sessions !== undefined,
    });
    return this.#core;
  }

  /** Forgets names and secrets that are remembered. Keys and the session stay. */
  clearCache(): void {
    this.#calls.forget();
    this.#core?.clearCache();
  }

  /** What this client has done so far. */
  stats(): ClientStats {
    return this.#watch.stats;
  }

  /** Zeroes the token, the session, all keys and secrets. Later calls fail with `closed`. */
  close(): void {
    this.#isClosed = true;
    this.#core?.close();
  }

  /** The same as {@link SignedIn.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** What stands in the way of all references, and not of one. */
const OF_ALL: readonly ErrorCode[] = ["closed", "aborted"];

function closed(): OnePasswordError {
  return new OnePasswordError({
    code: "closed",
    message: "this client was closed; authenticate again",
  });
}

function checkReference(reference: string): void {
  if (typeof reference === "string") return;
  throw new OnePasswordError({
    code: "parsing",
    message: "a secret reference is a string such as op://vault/item/field",
  });
}
