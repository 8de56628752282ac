/** What `onepassword-edge/compat` exports, by name and as its default. */

export type { EnvironmentVariable, GetVariablesResponse } from "../client/environments.js";
export { type Group, type GroupGetParams, GroupState, GroupType } from "../client/groups.js";
export * from "../client/shapes.js";
export {
  AllowedRecipientType,
  AllowedType,
  ItemShareDuration,
  type ValidRecipient,
} from "../client/share_types.js";
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
