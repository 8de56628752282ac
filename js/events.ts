import type { CoreEvent } from "./wasm/op.js";

/** Something that a client did. No secret or name is in any of them, and no id unless asked for. */
export type ClientEvent =
  | RequestEvent
  /** Something remembered was used, was not there, or is given though its time is over. */
  | { readonly type: "cache"; readonly result: "hit" | "miss" | "stale" }
  | { readonly type: "signIn" }
  /** A session was taken from the session store. */
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
  /** Sessions that were begun. */
  readonly signIns: number;
  /** Sessions that were taken from the session store. */
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

type Counts = { -readonly [Name in keyof ClientStats]: number };
type Request = Omit<RequestEvent, "type" | "path"> & { readonly url: string };

/** What a listener wants to be told. */
interface Wanted {
  readonly onEvent: EventListener | undefined;
  readonly idsInEvents: boolean;
}

/** Counts what happens, and tells who listens. */
export class Watch {
  readonly #listener: EventListener | undefined;
  readonly #pathOf: (url: string) => string;
  readonly #counts: Counts = {
    requests: 0,
    retries: 0,
    failures: 0,
    bytes: 0,
    signIns: 0,
    resumes: 0,
    cacheHits: 0,
    cacheMisses: 0,
    cacheStale: 0,
    throttles: 0,
  };

  constructor({ onEvent, idsInEvents }: Wanted) {
    this.#listener = onEvent;
    this.#pathOf = idsInEvents ? fullPath : template;
  }

  get stats(): ClientStats {
    return { ...this.#counts };
  }

  request({ method, url, status, ms, retry, bytes }: Request): void {
    const counts = this.#counts;
    counts.requests += 1;
    counts.bytes += bytes;
    if (retry > 0) counts.retries += 1;
    if (status === 0 || status >= 400) counts.failures += 1;
    this.#tell({ type: "request", method, path: this.#pathOf(url), status, ms, retry, bytes });
  }

  note(event: CoreEvent, ms: number): void {
    this.#counts[COUNTED[event]] += 1;
    this.#tell(eventOf(event, ms));
  }

  /** Later, when nothing is half done: a listener may use the client. */
  #tell(event: ClientEvent): void {
    if (this.#listener === undefined) return;
    Promise.resolve(event)
      .then(this.#listener)
      // It must not break what it listens to.
      .catch(() => {});
  }
}

const COUNTED = {
  signIn: "signIns",
  resume: "resumes",
  throttle: "throttles",
  hit: "cacheHits",
  miss: "cacheMisses",
  stale: "cacheStale",
} as const;

function eventOf(event: CoreEvent, ms: number): ClientEvent {
  switch (event) {
    case "throttle":
      return { type: event, retryAfterMs: ms };
    case "signIn":
    case "resume":
      return { type: event };
    default:
      return { type: "cache", result: event };
  }
}

const fullPath = (url: string): string => new URL(url).pathname;

/** Every path of the service that has an id has it in a segment of its own. */
function template(url: string): string {
  return new URL(url).pathname
    .replace(/\/(vault|item|file|device)\/[^/]+/g, "/$1/:id")
    .replace(/^(\/api\/v2\/file\/:id)\/.*/, "$1/:id/:id");
}
