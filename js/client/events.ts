/** Something that a client did. No secret or name is in any of them, and no id unless asked for. */
export type ClientEvent =
  | RequestEvent
  /** Something remembered was used, was not there, or is given though its time is over. */
  | { readonly type: "cache"; readonly result: "hit" | "miss" | "stale" }
  | { readonly type: "signIn" }
  /** A session was taken from the store. */
  | { readonly type: "resume" }
  /** The service wants no requests for so many milliseconds. */
  | { readonly type: "throttle"; readonly retryAfterMs: number };

/** A request and its answer. */
export interface RequestEvent {
  readonly type: "request";
  readonly method: string;
  /** The path with `:id` in place of ids, unless `idsInEvents` is set. */
  readonly path: string;
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** Until the whole answer was there, in milliseconds. */
  readonly ms: number;
  /** How many times the same was sent before. */
  readonly retry: number;
  /** Length of the answer's body. */
  readonly bytes: number;
  /**
   * Which of the service account's hourly limits it counts against, as far as is known: signing in
   * against none.
   */
  readonly quota: "none" | "read" | "write";
}

/** What a client has done so far. */
export interface ClientStats {
  /** Requests that were sent. */
  readonly requests: number;
  /** Those of them that were sent again. */
  readonly retries: number;
  /** Requests without an answer, or with a status of 400 or more. */
  readonly failures: number;
  /** Bytes of all answers. */
  readonly bytes: number;
  /**
   * Requests that count as reads of the service account, as far as can be seen here: a request that
   * had no answer may count as well, and other clients of the token count besides.
   */
  readonly reads: number;
  /** Requests that count as its writes. */
  readonly writes: number;
  /** Sessions that were begun. */
  readonly signIns: number;
  /** Sessions that were taken from the store. */
  readonly resumes: number;
  /** How often something remembered was used. */
  readonly cacheHits: number;
  /** How often it was not there. */
  readonly cacheMisses: number;
  /** How often it was given though its time was over. */
  readonly cacheStale: number;
  /** How often the service wanted a pause. */
  readonly throttles: number;
}

/** Sees every event, in their order and soon after. What it throws is ignored. */
export type EventListener = (event: ClientEvent) => void;

/** What a client has done that has not started yet. */
export const NOTHING_YET: ClientStats = {
  requests: 0,
  retries: 0,
  failures: 0,
  bytes: 0,
  reads: 0,
  writes: 0,
  signIns: 0,
  resumes: 0,
  cacheHits: 0,
  cacheMisses: 0,
  cacheStale: 0,
  throttles: 0,
};
