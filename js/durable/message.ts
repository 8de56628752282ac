import type { ResolveResponse } from "../client/answers.js";
import type { Bytes } from "../client/bytes.js";
import { check, checkNames, isStringArray } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { parseSecretReference } from "../reference/reference.js";
import type { ErrorData } from "./error_data.js";

/** What is read of each reference: its value, its bytes, or the value and where it was found. */
export type ReadKind = "text" | "bytes" | "all";

/** What a stub sends to the object in one RPC call. */
export interface ReadRequest {
  /** What to read of each reference. */
  readonly kind: ReadKind;
  /** At most 1,000, of at most 8,192 characters each. */
  readonly references: readonly string[];
  /** How long the object may take. Default: its client's `timeoutMs`. */
  readonly timeoutMs?: number;
  /** Whether to read it anew, whatever is remembered; `"secrets"`: but trust names. */
  readonly fresh?: boolean | "secrets";
}

/** Of one reference: its value, or what stands in the way. */
export interface ReadResult {
  /** The value, by the request's kind. */
  readonly value?: string | Bytes | ResolveResponse;
  /** What stands in the way. */
  readonly error?: ErrorData;
}

/** What the object answers. Errors are data, because RPC drops what an error has besides its message. */
export interface ReadAnswer {
  /** One for each reference, in their order. */
  readonly results?: readonly ReadResult[];
  /** What stands in the way of all of them. */
  readonly error?: ErrorData;
}

/** How many references a request may have. */
export const MOST_REFERENCES = 1_000;
/** How long a reference may be: with names of 500 characters, percent-encoded, it is shorter. */
export const MOST_CHARS = 8_192;
/** The longest that a timer can wait. */
export const MOST_MS: number = 2 ** 31 - 1;

const TIMEOUT = "timeoutMs must be a number of milliseconds above 0, and at most 2147483647";
const FRESH = 'fresh must be true, false or "secrets"';
const NAMES = ["kind", "references", "timeoutMs", "fresh"];

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkTimeout(ms: unknown): asserts ms is number {
  check(typeof ms === "number" && ms > 0 && ms <= MOST_MS, TIMEOUT);
}

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkFresh(fresh: unknown): asserts fresh is boolean | "secrets" {
  check(typeof fresh === "boolean" || fresh === "secrets", FRESH);
}

/**
 * A checked copy of a request, with own properties only: RPC callers may send anything.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function checkRequest(given: unknown): ReadRequest {
  check(typeof given === "object" && given !== null, "a request must be an object");
  const own = ownOf(given as Partial<ReadRequest>);
  checkNames(own, NAMES, "a request");
  const { kind, references, timeoutMs, fresh } = own;
  check(kind === "text" || kind === "bytes" || kind === "all", "kind must be text, bytes or all");
  check(
    Array.isArray(references) && references.length <= MOST_REFERENCES && isStringArray(references),
    `references must be an array of at most ${MOST_REFERENCES} strings`,
  );
  check(
    references.every(({ length }) => length <= MOST_CHARS),
    `a secret reference must have at most ${MOST_CHARS} characters`,
  );
  if (timeoutMs !== undefined) checkTimeout(timeoutMs);
  if (fresh !== undefined) checkFresh(fresh);
  return {
    kind,
    references: [...references],
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(fresh !== undefined && { fresh }),
  };
}

/** Whether a reference asks for a one-time password, which is never cached. */
export function isOneTime(reference: string): boolean {
  try {
    const { attribute } = parseSecretReference(reference);
    return attribute === "otp" || attribute === "totp";
  } catch {
    return true; // malformed: there is nothing to cache
  }
}
