import type { Store } from "../stores/store.js";
import type { EventListener } from "./events.js";

/** A function with the signature of `fetch`. It is called with a URL as a string. */
export type FetchFunction = (input: string, init?: RequestInit) => Promise<Response>;

/** A relay's address, or a function that says where the request for a URL goes. */
export type Relay = string | ((url: URL) => string | URL);

/** Timers such as the host's. */
export interface Timers {
  /** As `globalThis.setTimeout`. */
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  /** As `globalThis.clearTimeout`. */
  readonly clearTimeout: (timer: never) => void;
}

/** Client options. */
export interface ClientConfig {
  /** A service-account token, `ops_…`. White space around it is dropped. */
  readonly auth: string;
  /** The name of your program. The service is told. */
  readonly integrationName: string;
  /** The version of your program. The service is told. */
  readonly integrationVersion: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /**
   * Where requests go in place of the account's own address: for pages, which the service does not
   * answer across origins. See `onepassword-edge/relay`.
   */
  readonly relay?: Relay | undefined;
  /**
   * Where the token may lead: `host`, `*.domain`, either with a scheme before and a port
   * after. Default: `*.1password.com`, `*.1password.ca` and `*.1password.eu` over https.
   * Without it, also where an emulator says that it answers: see `onepassword-edge/emulator`.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * Do nothing, not even start the wasm module, before the first secret is asked for. Options are
   * checked then.
   */
  readonly lazy?: boolean | undefined;
  /** How long a call may take as a whole, and each of its requests. Default: 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Ends all calls of the client. */
  readonly signal?: AbortSignal | undefined;
  /** How requests are tried again. */
  readonly retry?: RetryConfig | undefined;
  /** What is remembered, and for how long. */
  readonly cache?: CacheConfig | undefined;
  /**
   * Where the client keeps what it has learned for other processes of the same token, sealed with a
   * key that is derived from the token: see `onepassword-edge/stores`. Default: nowhere.
   */
  readonly store?: Store | undefined;
  /** What is kept in the store. */
  readonly share?: ShareConfig | undefined;
  /**
   * Keeps the host alive until a write to the store is done, such as `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`; not that of one request's context, which the client
   * may outlive. Default: the call that learned something waits for the write.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Sees what the client does: see `ClientEvent`. */
  readonly onEvent?: EventListener | undefined;
  /** Whether events show the ids in paths. Default: false. */
  readonly idsInEvents?: boolean | undefined;
  /**
   * What time limits and pauses are measured with. Default: the host's timers, as they were when
   * this package was loaded, so that a test's fake timers stop no client. A test that moves its own
   * clock gives its own.
   */
  readonly timers?: Timers | undefined;
}

/**
 * How often a request is sent again that failed for a network error or with status 408, 500, 502,
 * 503 or 504. The pause before doubles each time, and a random part of it is waited.
 */
export interface RetryConfig {
  /** How many times. Default: 2. */
  readonly retries?: number | undefined;
  /** The longest first pause. Default: 200 ms. */
  readonly minMs?: number | undefined;
  /** The longest pause. Default: 5,000 ms. */
  readonly maxMs?: number | undefined;
}

/** For how many milliseconds something is remembered; 0: not at all. */
export interface CacheConfig {
  /** Names of vaults and items. Each is checked against the item that comes. Default: 5 minutes. */
  readonly metadataTtlMs?: number | undefined;
  /** Secrets, but never one-time passwords. Default: 0. */
  readonly secretTtlMs?: number | undefined;
  /**
   * That something is missing or refused: at first, and then twice as long each time, up to five
   * minutes. Default: 10 seconds.
   */
  readonly negativeTtlMs?: number | undefined;
  /** For how long after `secretTtlMs` a secret is given if the service cannot be reached. Default: 0. */
  readonly staleIfErrorMs?: number | undefined;
}

/** What is kept in the store. The pauses that the service asks for always are. */
export interface ShareConfig {
  /** The session, for 15 minutes after sign-in. Default: true. */
  readonly session?: boolean | undefined;
  /**
   * The ids that names were found to mean, for `metadataTtlMs`, and the keys of the vaults that were
   * used, for a day. Default: true.
   */
  readonly names?: boolean | undefined;
  /** Secrets that were resolved, but never one-time passwords. Default: none. */
  readonly secrets?: { readonly ttlMs: number } | undefined;
}

/** How one call differs from the client's others. */
export interface CallOptions {
  /** Ends this call. */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /**
   * `true`: ask for everything but keys, whatever is remembered. `"secrets"`: ask for secrets and items
   * anew, and trust the names that are remembered, which spares two requests.
   */
  readonly fresh?: boolean | "secrets" | undefined;
}
