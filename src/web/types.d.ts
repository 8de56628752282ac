/// <reference lib="esnext.disposable" />
/** Client options. Times are in milliseconds. */
export interface ClientOptions {
  /** A service-account token, `ops_…`. White space around it is dropped. */
  readonly auth: string;
  /** The name of your program. The service is told. */
  readonly integrationName: string;
  /** The version of your program. The service is told. */
  readonly integrationVersion: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Where requests go in place of the account's own address, or a function that says it. */
  readonly relay?: string | ((url: URL) => string | URL) | undefined;
  /** Where the token may lead: `host`, `*.domain`, either with a scheme before and a port after. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Sign in only when the first secret is asked for. */
  readonly lazy?: boolean | undefined;
  /** How long a call may take as a whole, and each of its requests. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends all calls of the client. */
  readonly signal?: AbortSignal | undefined;
  /** How often requests are sent again, and how long to wait before. */
  readonly retry?:
    | { readonly retries?: number; readonly minMs?: number; readonly maxMs?: number }
    | undefined;
  /** For how long something is remembered; 0: not at all. */
  readonly cache?:
    | {
        readonly metadataTtlMs?: number;
        readonly secretTtlMs?: number;
        readonly negativeTtlMs?: number;
        readonly staleIfErrorMs?: number;
      }
    | undefined;
  /** Where what a client has learned is kept for other processes, sealed. Default: nowhere. */
  readonly store?:
    | {
        get(key: string): Promise<string | null | undefined> | string | null | undefined;
        set(key: string, value: string, ttlSeconds: number): unknown;
        readonly propagationMs?: number | undefined;
      }
    | undefined;
  /** What is kept in the store. Default: the session and names, no secrets. */
  readonly share?:
    | {
        readonly session?: boolean | undefined;
        readonly names?: boolean | undefined;
        readonly secrets?: { readonly ttlMs?: number | undefined } | undefined;
      }
    | undefined;
  /** Keeps the host alive for a write to the store. Default: calls wait for it. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Sees what the client does. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /** Whether events show the ids in paths. */
  readonly idsInEvents?: boolean | undefined;
  /** What time limits and pauses are measured with. Default: the host's timers. */
  readonly timers?:
    | {
        readonly setTimeout: (callback: () => void, ms: number) => unknown;
        readonly clearTimeout: (timer: never) => void;
      }
    | undefined;
  /**
   * Whether a call may wait for what another call is doing. Default: not in Cloudflare Workers and
   * Vercel's edge runtime, which end a request that does.
   */
  readonly waitsForOthers?: boolean | undefined;
}

/** How one call differs from the client's others. */
export interface CallOptions {
  /** Ends this call. */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take. */
  readonly timeoutMs?: number | undefined;
  /** Ask for everything but keys, whatever is remembered. */
  readonly fresh?: boolean | "secrets" | undefined;
}

/** What a promise rejects with. */
export interface OnePasswordError extends Error {
  readonly name: "OnePasswordError";
  readonly code: string;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly limit?: "token" | "account";
  readonly reference?: string;
  readonly candidates?: readonly Candidate[];
}

export interface Candidate {
  readonly id: string;
  readonly title: string;
  /** Of a field in a section. */
  readonly section?: string;
  /** Of a vault or an item: when it was changed, RFC 3339. */
  readonly updatedAt?: string;
  /** The reference that names nothing but this. */
  readonly reference?: string;
  /** Whether it is an Environment, of which a vault has the name. */
  readonly environment?: true;
}

export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly candidates?: readonly Candidate[];
  readonly retryAfterMs?: number;
  readonly limit?: "token" | "account";
}

/** A list, read page by page or whole. */
export interface PagesOf<T extends object> extends Pages {
  all(): Promise<T[]>;
  next(): Promise<T[] | undefined>;
}

/** For each reference its value, or what stands in the way. */
export interface ResolveAllResponse {
  readonly individualResponses: Readonly<
    Record<
      string,
      {
        readonly content?: {
          readonly secret: string;
          readonly itemId: string;
          readonly vaultId: string;
        };
        readonly error?: Failure;
      }
    >
  >;
}

/** In the order of the question: an item or an error, the other is null. */
export interface ItemsGetAllResponse {
  individualResponses: { content: Item | null; error: Failure | null }[];
}

export type ClientEvent =
  | {
      readonly type: "request";
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly ms: number;
      readonly retry: number;
      readonly bytes: number;
      /** Which of the service account's limits it counts against. */
      readonly quota: "none" | "read" | "write";
    }
  | { readonly type: "cache"; readonly result: "hit" | "miss" | "stale" }
  | { readonly type: "signIn" }
  | { readonly type: "resume" }
  | { readonly type: "throttle"; readonly retryAfterMs: number };

/** What a client has done so far. */
export interface ClientStats {
  readonly requests: number;
  readonly retries: number;
  readonly failures: number;
  readonly bytes: number;
  readonly reads: number;
  readonly writes: number;
  readonly signIns: number;
  readonly resumes: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheStale: number;
  readonly throttles: number;
}

export interface ItemListFilter {
  readonly type: "ByState";
  readonly content: { readonly active: boolean; readonly archived: boolean };
}

export interface VaultListParams {
  readonly decryptDetails?: boolean | undefined;
}

export interface VaultGetParams {
  readonly accessors?: boolean | undefined;
}

export interface Item {
  id: string;
  title: string;
  category: string;
  vaultId: string;
  fields: ItemField[];
  sections: { id: string; title: string }[];
  notes: string;
  tags: string[];
  websites: Website[];
  version: number;
  files: { attributes: FileAttributes; sectionId: string; fieldId: string }[];
  document: FileAttributes | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface ItemField {
  id: string;
  title: string;
  sectionId: string | null;
  fieldType: string;
  value: string;
  details: { type: string; content: object | null } | null;
}

export interface Website {
  url: string;
  label: string;
  autofillBehavior: string;
}

export interface FileAttributes {
  name: string;
  id: string;
  size: number;
}

export interface ItemOverview {
  id: string;
  title: string;
  category: string;
  vaultId: string;
  websites: Website[];
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  state: "active" | "archived";
}

export interface VaultOverview {
  id: string;
  title: string;
  description: string;
  vaultType: string;
  activeItemCount: number;
  contentVersion: number;
  attributeVersion: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface Vault {
  id: string;
  title: string;
  description: string;
  vaultType: string;
  activeItemCount: number;
  contentVersion: number;
  attributeVersion: number;
  access: object[] | null;
}

/** The variables of an Environment, in their order. */
export interface GetVariablesResponse {
  variables: { name: string; value: string; masked: boolean }[];
}
