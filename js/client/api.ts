/** What every entry exports beside its `Client`. */

export {
  parseSecretReference,
  type ReferenceAttribute,
  type SecretReference,
  validateSecretReference,
} from "../reference/reference.js";
export type { Store } from "../stores/store.js";
export type {
  ResolveAllResponse,
  ResolvedReference,
  ResolveError,
  ResolveResponse,
} from "./answers.js";
export type { Bytes } from "./bytes.js";
export type { Secrets } from "./client.js";
export type {
  CacheConfig,
  CallOptions,
  ClientConfig,
  FetchFunction,
  Relay,
  RetryConfig,
  ShareConfig,
  Timers,
} from "./config.js";
export {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  isOnePasswordError,
  OnePasswordError,
} from "./errors.js";
export type { ClientEvent, ClientStats, EventListener, RequestEvent } from "./events.js";
export type { ItemFiles, Items, ItemsGetAllResponse } from "./items.js";
export type { Listed } from "./listed.js";
export * from "./shapes.js";
export type { Vaults } from "./vaults.js";
