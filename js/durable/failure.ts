import type { OnePasswordError } from "../client/errors.js";
import { toData } from "./error_data.js";
import type { ReadKind, ReadResult } from "./message.js";

/** What stands in the way of one reference, as the client tells it. */
export function failure(kind: ReadKind, error: OnePasswordError): ReadResult {
  if (kind !== "all") return { error: toData(error) };
  return { value: { error: { type: error.code, message: error.message } } };
}
