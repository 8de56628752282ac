import type { ClientConfig } from "../client/config.js";
import type { ReadAnswer, ReadRequest } from "./message.js";
import type { ObjectStorageLike } from "./storage_store.js";

/** A secret of the Secrets Store. */
export interface StoredSecret {
  /** As Workers have it. */
  get(): Promise<string>;
}

/**
 * Options of the client that a Durable Object holds. By default `cache.secretTtlMs` is 300,000, and
 * `cache.metadataTtlMs` 900,000: a refresh trusts names for that long. `timeoutMs` limits refreshes; each
 * call has a limit of its own.
 */
export interface ObjectOptions
  extends Pick<
    ClientConfig,
    "fetch" | "allowedHosts" | "timeoutMs" | "retry" | "cache" | "share" | "onEvent" | "idsInEvents"
  > {
  /**
   * A service-account token, or a binding of the Secrets Store. Default: `env.OP_SERVICE_ACCOUNT_TOKEN`.
   */
  readonly auth?: string | StoredSecret | undefined;
  /** As for a client. Default: `onepassword-edge Durable Object`. */
  readonly integrationName?: string | undefined;
  /** As for a client. Default: `v1`. */
  readonly integrationVersion?: string | undefined;
  /**
   * Which references may be asked for, through every binding: patterns such as `op://app/database/*`, in
   * which `*` stands for any text, and `**` at the end for all further parts. Absent: all that the token
   * can read. A list that is `undefined` is an error, so that a variable that is not set does not allow
   * everything.
   */
  readonly allow?: readonly string[];
}

/** The part of a Durable Object's `ctx` that is used. */
export interface ObjectStateLike {
  /** As Workers have it. */
  readonly storage: ObjectStorageLike;
  /** As Workers have it. */
  waitUntil(promise: Promise<unknown>): void;
}

/** A Durable Object that holds one client. Call it through `durableClient`. */
export interface HeldClient {
  /** The mark of a Durable Object in the types of Workers. */
  readonly __DURABLE_OBJECT_BRAND: never;
  /** Reads secrets; over RPC. */
  read(request: ReadRequest): Promise<ReadAnswer>;
  /** Refreshes secrets in use before they expire. Called by Workers, not over RPC. */
  alarm(): Promise<void>;
}

/** The class of such objects. */
export type OnePasswordObjectClass = new (ctx: ObjectStateLike, env: unknown) => HeldClient;

/** Which object a service binding leads to. */
export interface EntrypointOptions {
  /** The namespace of the class. Default: `env.OP`. */
  readonly namespace?: ObjectNamespaceLike | undefined;
  /** The object's name. Default: `default`. */
  readonly name?: string | undefined;
}

/** What other Workers bind as a service, each with an `allow` list of its own. */
export interface NarrowedClient {
  /** The mark of an entrypoint in the types of Workers. */
  readonly __WORKER_ENTRYPOINT_BRAND: never;
  /** Reads secrets; over RPC. */
  read(request: ReadRequest): Promise<ReadAnswer>;
}

/** The class of such entrypoints. */
export type OnePasswordEntrypointClass = new (ctx: unknown, env: unknown) => NarrowedClient;

/** The part of a Durable Object namespace that is used. */
export interface ObjectNamespaceLike {
  /** As Workers have it. */
  idFromName(name: string): unknown;
  /** As Workers have it. */
  get(id: unknown, options?: { locationHint?: string }): unknown;
}

/** A service binding. */
export interface ServiceLike {
  /** As Workers have it. */
  fetch(input: string): Promise<unknown>;
}
