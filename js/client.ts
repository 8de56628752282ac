/// <reference lib="esnext.disposable" preserve="true" />
import { type Asker, Calls, type Core, type Found, type Want, withReference } from "./calls.js";
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
import { type Items, itemsOf } from "./items.js";
import { Listed } from "./listed.js";
import type { CoreClass } from "./load.js";
import { detectPlatform } from "./platform.js";
import { SessionShelf } from "./session_store.js";
import { type Limits, until } from "./until.js";
import { type Vaults, vaultsOf } from "./vaults.js";

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
  /** When to try again, in milliseconds, if the service said so, or after a 429. */
  readonly retryAfterMs?: number;
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

  readonly #asker: Asker = {
    ask: (key, want, options) => this.#ask(key, options, want),
    failure: failureOf,
    list: (what, revive, options) =>
      new Listed((give) => {
        const giveParsed = (page: string) => give(JSON.parse(page).map(revive));
        return this.#calls.list(what(), giveParsed, this.#manner(options));
      }),
  };
  /** Reads items. */
  readonly items: Items = itemsOf(this.#asker);
  /** Reads vaults. */
  readonly vaults: Vaults = vaultsOf(this.#asker);

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
    return (await this.#ask<Uint8Array<ArrayBuffer>>(reference, options, "bytes")).secret;
  }

  async #resolveAll(
    references: readonly string[],
    options?: CallOptions,
  ): Promise<ResolveAllResponse> {
    check(isStringArray(references), "references must be an array of strings");
    const checked = checkCallOptions(options);
    const asked = [...new Set(references)];
    const responses = await Promise.all(
      asked.map(async (reference) => [reference, await this.#respond(reference, checked)] as const),
    );
    return { individualResponses: Object.fromEntries(responses) };
  }

  async #respond(reference: string, options?: CallOptions): Promise<ResolveResponse> {
    try {
      return { content: await this.#ask<string>(reference, options) };
    } catch (thrown) {
      return { error: failureOf(thrown) };
    }
  }

  async #ask<Secret>(
    reference: string,
    options: CallOptions | undefined,
    want: Want = "text",
  ): Promise<Found<Secret>> {
    const { fresh, ...limits } = this.#manner(options);
    try {
      return await this.#calls.ask<Secret>(reference, { ...limits, want, fresh });
    } catch (thrown) {
      const isLate = thrown instanceof OnePasswordError && thrown.code === "timeout";
      const mayBeStale = isLate && want === "text" && !fresh;
      const stale = mayBeStale ? this.#core?.stale(reference) : undefined;
      if (stale !== undefined) return stale as Found<never>;
      throw thrown;
    }
  }

  #manner(options: CallOptions | undefined): Limits & { readonly fresh: boolean } {
    const own = this.#config;
    const { timeoutMs = own.timeoutMs, signal, fresh = false } = checkCallOptions(options);
    return { timeoutMs, signals: [own.signal, signal], fresh };
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
    // The module keeps its host: a host that knew this client would keep it from being collected.
    const { limits } = this.#calls;
    const timeoutMs = () => Math.max(config.timeoutMs, limits.longestMs);
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

/** What stands in the way of one thing; an error that stands in the way of all is thrown again. */
function failureOf(thrown: unknown): ResolveError {
  if (!(thrown instanceof OnePasswordError) || OF_ALL.includes(thrown.code)) throw thrown;
  const { code: type, message, candidates, retryAfterMs } = thrown;
  return {
    type,
    message,
    ...(candidates && { candidates }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

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
