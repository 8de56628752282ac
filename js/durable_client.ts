/**
 * What asks a Durable Object of `onepassword-edge/durable-object`, without the object's class and the wasm
 * module: for Workers that have the binding alone.
 *
 * @module onepassword-edge/durable-client
 */

export {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  isOnePasswordError,
  OnePasswordError,
} from "./client/errors.js";
export { type DurableClient, type DurableClientOptions, durableClient } from "./durable/stub.js";
export type { ObjectNamespaceLike, ServiceLike } from "./durable/types.js";
