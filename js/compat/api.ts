/** What `onepassword-edge/compat` exports, by name and as its default. */

export * from "../client/shapes.js";
export type { GeneratePasswordResponse } from "../passwords/passwords.js";
export { SeparatorType, WordListType } from "../passwords/passwords.js";
export {
  Client,
  type ClientConfiguration,
  createClient,
  DesktopAuth,
  type EnvironmentsApi,
  type GroupsApi,
  type ItemsApi,
  type ItemsFilesApi,
  type ItemsSharesApi,
  Secrets,
  type SecretsApi,
  type VaultsApi,
} from "./client.js";
export * from "./constants.js";
export {
  AuthExpiredError,
  DesktopSessionExpiredError,
  RateLimitExceededError,
  throwError,
} from "./errors.js";
export { ReplacerFunc, ReviverFunc } from "./json.js";
export * from "./types.js";
