import type { OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";
import { toData } from "./error_data.js";
import type { ReadKind, ReadResult } from "./message.js";

/** What stands in the way of one reference, as the client tells it. */
export function failure(kind: ReadKind, error: OnePasswordError): ReadResult {
  if (kind !== "all") return { error: toData(error) };
  return { value: { error: { type: error.code, message: error.message } } };
}

/** Which error a result is, if it is one. */
export function codeOf({ value, error }: ReadResult): unknown {
  if (error !== undefined) return ownOf(Object(error)).code;
  if (typeof value !== "object" || value instanceof Uint8Array) return undefined;
  return ownOf(ownOf(Object(value)).error ?? {}).type;
}
