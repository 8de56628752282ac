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
export type {
  EnvironmentOptions,
  Environments,
  EnvironmentVariable,
  GetVariablesResponse,
} from "./environments.js";
export {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  isOnePasswordError,
  OnePasswordError,
} from "./errors.js";
export type { ClientEvent, ClientStats, EventListener, RequestEvent } from "./events.js";
export {
  type Group,
  type GroupAccess,
  type GroupGetParams,
  GroupState,
  type Groups,
  GroupType,
  type GroupVaultAccess,
} from "./groups.js";
export type { ItemFiles, Items, ItemsGetAllResponse } from "./items.js";
export type { Listed } from "./listed.js";
export {
  ARCHIVE_ITEMS,
  CREATE_ITEMS,
  DELETE_ITEMS,
  EXPORT_ITEMS,
  IMPORT_ITEMS,
  MANAGE_VAULT,
  NO_ACCESS,
  type PermissionName,
  type Permissions,
  PRINT_ITEMS,
  permissionNames,
  READ_ITEMS,
  RECOVER_VAULT,
  REVEAL_ITEM_PASSWORD,
  SEND_ITEMS,
  UPDATE_ITEM_HISTORY,
  UPDATE_ITEMS,
} from "./permissions.js";
export * from "./shapes.js";
export * from "./share_types.js";
export type { ItemShares } from "./shares.js";
export type { GroupPermissions } from "./vault_access.js";
export type { Vaults } from "./vaults.js";
