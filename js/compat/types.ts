/**
 * The types of the vendor's SDK for what onepassword-edge has in another form or not at all. They
 * are the same to the compiler; a test assigns each to the other, both ways.
 */

import type {
  Item,
  ItemField,
  ItemSection,
  Response,
  VaultAccess,
  Website,
} from "../client/shapes.js";
import type { RecipeOf, SeparatorType, WordListType } from "../passwords/passwords.js";

/** Says what went wrong. */
export type ErrorMessage = string;

/** What stands in the way of one reference. */
export type ResolveReferenceError =
  | { type: "parsing" | "unableToGenerateTotpCode"; message: ErrorMessage }
  | { type: PlainReferenceError; message?: undefined };

/** Kinds of errors that are told without a message. */
export type PlainReferenceError =
  | "fieldNotFound"
  | "vaultNotFound"
  | "tooManyVaults"
  | "itemNotFound"
  | "tooManyItems"
  | "tooManyMatchingFields"
  | "noMatchingSections"
  | "incompatibleTOTPQueryParameterField"
  | "sSHKeyMetadataNotFound"
  | "unsupportedFileFormat"
  | "incompatibleSshKeyQueryParameterField"
  | "unableToParsePrivateKey"
  | "unableToFormatPrivateKeyToOpenSsh"
  | "other";

/** A value, and where it was found. */
export interface ResolvedReference {
  secret: string;
  itemId: string;
  vaultId: string;
}

/** For each reference its value, or what stands in the way; the other one is null. */
export interface ResolveAllResponse {
  individualResponses: Record<string, Response<ResolvedReference, ResolveReferenceError>>;
}

/** What stands in the way of one item. */
export type ItemsGetAllError =
  | { type: "itemNotFound"; message?: undefined }
  | { type: "internal"; message: ErrorMessage };

/** In the order of the question, one for each item. */
export interface ItemsGetAllResponse {
  individualResponses: Response<Item, ItemsGetAllError>[];
}

/** How a password is to be made. */
export type PasswordRecipe = RecipeOf<SeparatorType, WordListType>;

// What follows belongs to methods that are not supported.

/** A document that is to be stored. */
export interface DocumentCreateParams {
  name: string;
  content: Uint8Array;
}

/** A file that is to be stored in a section. */
export interface FileCreateParams {
  name: string;
  content: Uint8Array;
  sectionId: string;
  fieldId: string;
}

/** An item that is to be stored. */
export interface ItemCreateParams {
  category: Item["category"];
  vaultId: string;
  title: string;
  fields?: ItemField[];
  sections?: ItemSection[];
  notes?: string;
  tags?: string[];
  websites?: Website[];
  files?: FileCreateParams[];
  document?: DocumentCreateParams;
}

/** Why an item was not changed. */
export type ItemUpdateFailureReason =
  | { type: "itemValidationError" | "internal"; message: ErrorMessage }
  | {
      type:
        | "itemStatusPermissionError"
        | "itemStatusIncorrectItemVersion"
        | "itemStatusFileNotFound"
        | "itemStatusTooBig"
        | "itemNotFound";
      message?: undefined;
    };

/** For each item whether it was deleted. */
export interface ItemsDeleteAllResponse {
  individualResponses: Record<string, Response<undefined, ItemUpdateFailureReason>>;
}

/** For each item what it is now. */
export interface ItemsUpdateAllResponse {
  individualResponses: Response<Item, ItemUpdateFailureReason>[];
}

/** For how long an item is shared. */
export enum ItemShareDuration {
  OneHour = "OneHour",
  OneDay = "OneDay",
  SevenDays = "SevenDays",
  FourteenDays = "FourteenDays",
  ThirtyDays = "ThirtyDays",
}

/** With whom items may be shared. */
export enum AllowedType {
  Authenticated = "Authenticated",
  Public = "Public",
}

/** How those may be named with whom items are shared. */
export enum AllowedRecipientType {
  Email = "Email",
  Domain = "Domain",
}

/** An account's rules for sharing files. */
export interface ItemShareFiles {
  allowed: boolean;
  /** In bytes. */
  maxSize: number;
  allowedTypes?: AllowedType[];
  allowedRecipientTypes?: AllowedRecipientType[];
  maxExpiry?: ItemShareDuration;
  defaultExpiry?: ItemShareDuration;
  maxViews?: number;
}

/** An account's rules for sharing items. */
export interface ItemShareAccountPolicy {
  maxExpiry: ItemShareDuration;
  defaultExpiry: ItemShareDuration;
  maxViews?: number;
  allowedTypes: AllowedType[];
  allowedRecipientTypes: AllowedRecipientType[];
  files: ItemShareFiles;
}

/** With whom an item is shared. */
export type ValidRecipient =
  | { type: "Email"; parameters: { email: string } }
  | { type: "Domain"; parameters: { domain: string } };

/** How an item is shared. */
export interface ItemShareParams {
  recipients?: ValidRecipient[];
  expireAfter?: ItemShareDuration;
  oneTimeOnly: boolean;
}

/** A vault that is to be made. */
export interface VaultCreateParams {
  title: string;
  description?: string;
  allowAdminsAccess?: boolean;
}

/** What a vault is to be called. */
export interface VaultUpdateParams {
  title?: string;
  description?: string;
}

/** What groups are for. */
export enum GroupType {
  Owners = "owners",
  Administrators = "administrators",
  Recovery = "recovery",
  ExternalAccountManagers = "externalAccountManagers",
  TeamMembers = "teamMembers",
  UserDefined = "userDefined",
  Unsupported = "unsupported",
}

/** Whether a group is there. */
export enum GroupState {
  Active = "active",
  Deleted = "deleted",
  Unsupported = "unsupported",
}

/** Members of an account. */
export interface Group {
  id: string;
  title: string;
  description: string;
  groupType: GroupType;
  state: GroupState;
  vaultAccess?: VaultAccess[];
}

/** What is asked for of a group. */
export interface GroupGetParams {
  vaultPermissions?: boolean;
}

/** What a group may do with a vault that is named elsewhere. */
export interface GroupAccess {
  groupId: string;
  permissions: number;
}

/** What a group may do with a vault. */
export interface GroupVaultAccess {
  vaultId: string;
  groupId: string;
  permissions: number;
}

/** A variable of an environment. */
export interface EnvironmentVariable {
  name: string;
  value: string;
  masked: boolean;
}

/** The variables of an environment. */
export interface GetVariablesResponse {
  variables: EnvironmentVariable[];
}

/** How a workload proves what it is. */
export interface WorkloadDetails {
  customerManagedSecret: string;
  workloadUuid: string;
}
