/// <reference lib="esnext.disposable" preserve="true" />
import type { CoreClass } from "../loading/load.js";
import { within } from "../loading/waiting.js";
import type {
  ClientOptions,
  Client as CoreClient,
  Items as CoreItems,
  Vaults as CoreVaults,
} from "../wasm/op.js";
import { ownResponses, type ResolveAllResponse } from "./answers.js";
import type { Bytes } from "./bytes.js";
import type { CallOptions, ClientConfig } from "./config.js";
import { bindMethods } from "./detached.js";
import { type Environments, environmentsOf } from "./environments.js";
import { OnePasswordError, withClass } from "./errors.js";
import { type ClientStats, NOTHING_YET } from "./events.js";
import { type Groups, groupsOf } from "./groups.js";
import { type Items, itemsOf } from "./items.js";
import { ownOf } from "./own.js";
import { sharesOf } from "./shares.js";
import { Steps } from "./steps.js";
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
  resolveBytes(reference: string, options?: CallOptions): Promise<Bytes>;
  /**
   * Several references at once, with few requests. One that fails spoils no other.
   *
   * @throws {OnePasswordError} if the client is closed
   */
  resolveAll(references: readonly string[], options?: CallOptions): Promise<ResolveAllResponse>;
}

/** As the module has it. */
const TIMEOUT_MS = 30_000;

/** A client inside the module, and what it reads with. */
interface Core {
  readonly client: CoreClient;
  readonly items: CoreItems;
  readonly vaults: CoreVaults;
}

/** What every entry's `Client` is, however it comes by the wasm module. Calls may overlap. */
export abstract class SignedIn implements Disposable {
  /**
   * As it was given; the module checks it. Gone once the module has it, or the client is closed: the
   * token is in it.
   */
  #config: ClientConfig | undefined;
  /** Starts the module. */
  #load: (() => CoreClass | Promise<CoreClass>) | undefined;
  /** The client inside the module, and what it has. */
  #core: Core | undefined;
  #starting: Promise<Core> | undefined;
  /** How long a call may take that says nothing of it. */
  readonly #timeoutMs: number;
  /** Whether a pause is to be ended as soon as the client is there: it may be another one's. */
  #clearsPause = false;
  /** Reads secrets. */
  readonly secrets: Secrets = {
    resolve: (reference, options) => this.resolve(reference, options),
    resolveBytes: (reference, options) =>
      this.#ask(({ client }) => client.resolveBytes(reference, options)),
    resolveAll: async (references, options) =>
      ownResponses(
        await this.#ask<ResolveAllResponse>(({ client }) => client.resolveAll(references, options)),
      ),
  };
  /** Reads items, and shares them. */
  readonly items: Items = itemsOf(
    (ask) => this.#ask(({ items }) => ask(items)),
    sharesOf((options) => this.#begin(options)),
  );
  /** Reads vaults, and says which groups reach them. */
  readonly vaults: Vaults = vaultsOf(
    (ask) => this.#ask(({ vaults }) => ask(vaults)),
    (options) => this.#begin(options),
  );
  /** Reads the variables of Environments. */
  readonly environments: Environments = environmentsOf((ask) =>
    this.#ask(({ client }) => ask(client)),
  );
  /** Reads groups. */
  readonly groups: Groups = groupsOf((options) => this.#begin(options));

  /** @internal */
  protected constructor(
    config: ClientConfig,
    load: () => CoreClass | Promise<CoreClass>,
    more: { waitsForOthers?: boolean } = {},
  ) {
    this.#config = Object.assign(copyOf(config), more);
    this.#timeoutMs = this.#config.timeoutMs ?? TIMEOUT_MS;
    this.#load = load;
    checkToken(this.#config.auth);
    bindMethods(this, SignedIn.prototype);
  }

  /**
   * Signs in, unless the client is lazy.
   *
   * @internal
   */
  protected async start(): Promise<void> {
    if (this.#config?.lazy === true) return;
    try {
      await this.#ask(({ client }) => client.signIn());
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  /** The same as `client.secrets.resolve`. */
  async resolve(reference: string, options?: CallOptions): Promise<string> {
    return await this.#ask(({ client }) => client.resolve(reference, options));
  }

  /** Begins a call of several requests. */
  #begin(options: CallOptions | undefined): Steps {
    return new Steps((ask) => this.#ask(ask), options, this.#timeoutMs);
  }

  /** Asks the module: at once if it is there, so that calls made in one go are read together. */
  async #ask<T>(ask: (core: Core) => unknown): Promise<T> {
    try {
      return (await ask(this.#core ?? (await this.#start()))) as T;
    } catch (thrown) {
      throw withClass(thrown);
    }
  }

  /** Starts the module once for all calls that need it. A failure is not remembered. */
  #start(): Core | Promise<Core> {
    const [config, load] = [this.#config, this.#load];
    if (config === undefined || load === undefined) throw closed();
    const loaded = load();
    // At once where it can be: in Workers no call may wait for another request's.
    if (!(loaded instanceof Promise)) return this.#made(loaded);
    const { timeoutMs, signal } = config;
    this.#starting ??= within(loaded, { timeoutMs, signal })
      .then((CoreClass) => this.#made(CoreClass))
      .finally(() => {
        this.#starting = undefined;
      });
    return this.#starting;
  }

  #made(CoreClass: CoreClass): Core {
    if (this.#core !== undefined) return this.#core;
    if (this.#config === undefined) throw closed();
    const client = CoreClass.create(this.#config as ClientOptions);
    if (this.#clearsPause) client.clearPause();
    this.#core = { client, items: client.items, vaults: client.vaults };
    this.#forget();
    return this.#core;
  }

  /** Forgets names and secrets that are remembered. Keys and the session stay. */
  clearCache(): void {
    this.#core?.client.clearCache();
  }

  /**
   * Ends the pause that the service asked for with a 429, and the one after refused sign-ins, for all
   * clients of this token in the process: the next call asks at once.
   */
  clearPause(): void {
    this.#core?.client.clearPause();
    this.#clearsPause = this.#core === undefined;
  }

  /** What this client has done so far. */
  stats(): ClientStats {
    try {
      return this.#core?.client.stats() ?? { ...NOTHING_YET };
    } catch {
      // The module has ended, and nobody knows any more.
      return { ...NOTHING_YET };
    }
  }

  /** Zeroes the token, the session, all keys and secrets. Later calls fail with `closed`. */
  close(): void {
    this.#forget();
    this.#core?.client.close();
  }

  /** The token, and a module that was given with it. */
  #forget(): void {
    this.#config = undefined;
    this.#load = undefined;
  }

  /** The same as {@link SignedIn.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * The options as they are now, with the `fetch` that there is now: a lazy client needs them later.
 * What is given may throw as it is read.
 *
 * @internal
 */
export function copyOf<T extends ClientConfig>(config: T): T {
  try {
    const own = ownOf(config);
    const { fetch = globalThis.fetch, retry, cache, share, allowedHosts } = own;
    const copies = {
      retry: copied(retry),
      cache: copied(cache),
      share: copied(share),
      allowedHosts: copied(allowedHosts),
    };
    return Object.assign(own, copies, { fetch });
  } catch {
    throw new OnePasswordError({
      code: "argumentInvalid",
      message: "the options of the client cannot be read",
    });
  }
}

/** A copy, of an array or an object; the module says what should be neither. */
function copied<T>(given: T): T {
  if (Array.isArray(given)) return [...given] as T;
  return typeof given === "object" && given !== null ? { ...given } : given;
}

/** What nearly every mistake is, told without starting the module. */
function checkToken(auth: unknown): void {
  if (typeof auth === "string") return;
  throw new OnePasswordError({
    code: "tokenInvalid",
    message: `auth must be a service-account token (ops_…), not ${typeof auth}; is the environment variable set?`,
  });
}

function closed(): OnePasswordError {
  return new OnePasswordError({
    code: "closed",
    message: "this client was closed; authenticate again",
  });
}
