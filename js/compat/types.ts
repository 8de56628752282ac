/**
 * The types of the vendor's SDK for what onepassword-edge has in another form or not at all. They
 * are the same to the compiler; a test assigns each to the other, both ways.
 */

import type { Item, ItemField, ItemSection, Response, Website } from "../client/shapes.js";
import type {
  AllowedRecipientType,
  AllowedType,
  ItemShareDuration,
  ValidRecipient,
} from "../client/share_types.js";
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

/** How an item is shared. */
export interface ItemShareParams {
  recipients?: ValidRecipient[];
  expireAfter?: ItemShareDuration;
  oneTimeOnly: boolean;
}

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

/** How a workload proves what it is. */
export interface WorkloadDetails {
  customerManagedSecret: string;
  workloadUuid: string;
}
