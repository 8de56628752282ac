/** What every entry exports beside its `Client`. */
export type {
  ResolveAllResponse,
  ResolvedReference,
  ResolveError,
  ResolveResponse,
  Secrets,
} from "./client.js";
export type { CacheConfig, CallOptions, ClientConfig, RetryConfig } from "./config.js";
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
export {
  parseSecretReference,
  type ReferenceAttribute,
  type SecretReference,
  validateSecretReference,
} from "./reference.js";
export type { Relay } from "./relayed.js";
export type { SessionStore } from "./session_store.js";
export * from "./shapes.js";
export type { FetchFunction } from "./transport.js";
export type { Vaults } from "./vaults.js";
