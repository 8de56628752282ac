/** What both entries export beside the classes. */

export {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  isOnePasswordError,
  OnePasswordError,
} from "../client/errors.js";
export type { ErrorData } from "./error_data.js";
export type { ReadAnswer, ReadKind, ReadRequest, ReadResult } from "./message.js";
export type { ObjectStorageLike } from "./storage_store.js";
export { type DurableClient, type DurableClientOptions, durableClient } from "./stub.js";
export type {
  EntrypointOptions,
  HeldClient,
  NarrowedClient,
  ObjectNamespaceLike,
  ObjectOptions,
  ObjectStateLike,
  OnePasswordEntrypointClass,
  OnePasswordObjectClass,
  ServiceLike,
  StoredSecret,
} from "./types.js";
