import {
  also,
  anything,
  type Check,
  count,
  flag,
  mapping,
  oneOf,
  positive,
  requireMember,
  satisfies,
  shape,
  text,
  fault as wrong,
} from "./checks.js";
import { isObject, type Json } from "./json.js";
import { ownOf } from "./own.js";

/** A request that is about to be served. */
export interface FaultRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** Answers in place of the service, which never sees the request. */
export interface StatusFault {
  kind: "status";
  /** From 200 to 599. */
  status: number;
  /** Such as `Retry-After`. */
  headers?: Record<string, string>;
  /** Sent as JSON; no body if absent. */
  body?: Json;
}

/** Serves as usual, so much later. */
export interface DelayFault {
  kind: "delay";
  /** By how much, in milliseconds. */
  ms: number;
}

/** Loses the connection before there is an answer. */
export interface ResetFault {
  kind: "reset";
  /** Whether the request was served before; not if absent. */
  served?: boolean;
}

/** Serves, and lets the answer's body end after so many bytes. */
export interface TruncateFault {
  kind: "truncate";
  /** How many of the body are sent. */
  bytes: number;
  /** Whether the body ends as if it were whole; without it the connection is lost. */
  silent?: boolean;
}

/** Answers 200 with bytes that are no JSON; the request is not served. */
export interface GarbageFault {
  kind: "garbage";
}

/** Serves; a batch of items comes in another order. Other answers stay as they are. */
export interface ReorderFault {
  kind: "reorder";
}

/** Serves; each item of a batch comes twice. Other answers stay as they are. */
export interface DuplicateFault {
  kind: "duplicate";
}

/** Never answers: only the caller's abort ends it. */
export interface HangFault {
  kind: "hang";
}

/** Ends the session that the request names, and then serves: 401. */
export interface ExpireFault {
  kind: "expire";
}

/** Answers 302; the request is not served. In process it is for the caller to follow. */
export interface RedirectFault {
  kind: "redirect";
  /** `https://elsewhere.example/` if absent. */
  location?: string;
}

/** Answers 200 with a body that goes on until the caller aborts or cancels it. */
export interface EndlessFault {
  kind: "endless";
  /** How many bytes come at a time; 64 if absent. */
  bytes?: number;
  /** How long it waits between them; 10 if absent. */
  everyMs?: number;
}

/** What goes wrong with a request. */
export type Fault =
  | StatusFault
  | DelayFault
  | ResetFault
  | TruncateFault
  | GarbageFault
  | ReorderFault
  | DuplicateFault
  | HangFault
  | ExpireFault
  | RedirectFault
  | EndlessFault;

/**
 * Says what goes wrong with a request, if anything. It is asked at once when a request arrives. One
 * that throws makes `fetch` reject with the same error, as a lost connection would.
 */
export type FaultHook = (
  request: FaultRequest,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that lets a request pass returns nothing
) => Fault | undefined | void | Promise<Fault | undefined | void>;

/** A fault hook returned what is no fault. */
export class FaultMistake extends TypeError {}

/** Statuses whose answers have no body. */
const BODILESS = [204, 205, 304];

const status = satisfies(
  (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599,
  "a whole number from 200 to 599",
);
/** The longest that a timer can wait. */
const milliseconds = satisfies(
  (value) => typeof value === "number" && value >= 0 && value < 2 ** 31,
  "a number of milliseconds",
);
const headers: Check = (value, path) => {
  mapping(text)(value, path);
  try {
    new Headers(value as Record<string, string>);
  } catch {
    throw wrong(path, "must be names and values of HTTP headers");
  }
};

const statusFault = also(shape({ kind: text, status, headers, body: anything }), (value, path) => {
  requireMember("status")(value, path);
  const bodiless = BODILESS.includes(value["status"] as number);
  if (bodiless && value["body"] !== undefined) throw wrong(`${path}.body`, "this status has none");
});

const SHAPES: Readonly<Record<Fault["kind"], Check>> = {
  status: statusFault,
  delay: also(shape({ kind: text, ms: milliseconds }), requireMember("ms")),
  reset: shape({ kind: text, served: flag }),
  truncate: also(shape({ kind: text, bytes: count, silent: flag }), requireMember("bytes")),
  garbage: shape({ kind: text }),
  reorder: shape({ kind: text }),
  duplicate: shape({ kind: text }),
  hang: shape({ kind: text }),
  expire: shape({ kind: text }),
  redirect: shape({ kind: text, location: text }),
  endless: shape({ kind: text, bytes: positive, everyMs: milliseconds }),
};
const anyKind = oneOf(...Object.keys(SHAPES));

/** What a hook returned, if it is a fault or nothing; throws a {@link FaultMistake} otherwise. */
export function checkFault(given: unknown): Fault | undefined {
  if (given === undefined) return undefined;
  const value = ownOf(given);
  try {
    if (!isObject(value)) throw wrong("fault", "must be an object, or undefined for none");
    anyKind(value["kind"], "fault.kind");
    SHAPES[value["kind"] as Fault["kind"]](value, "fault");
  } catch (error) {
    throw new FaultMistake(`faults: ${(error as Error).message}`);
  }
  return value as unknown as Fault;
}
