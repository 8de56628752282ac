export {
  Client,
  type ClientConfig,
  type FetchFunction,
  type ResolveAllResponse,
  type ResolvedReference,
  type ResolveError,
  type ResolveResponse,
  type Secrets,
} from "./client.js";
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
