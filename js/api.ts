/** What every entry exports beside its `Client`. */
export type {
  ResolveAllResponse,
  ResolvedReference,
  ResolveError,
  ResolveResponse,
  Secrets,
} from "./client.js";
export type { ClientConfig, FetchFunction } from "./config.js";
export {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  isOnePasswordError,
  OnePasswordError,
} from "./errors.js";
export {
  parseSecretReference,
  type ReferenceAttribute,
  type SecretReference,
  validateSecretReference,
} from "./reference.js";
export type { Relay } from "./relayed.js";
