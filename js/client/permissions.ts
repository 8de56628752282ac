import { listOf } from "./check.js";
import { OnePasswordError } from "./errors.js";

// The bits of `permissions`: what someone may do with a vault.

/** To recover its access for others. */
export const RECOVER_VAULT: number = 1;
/** To change the vault and who has access to it. */
export const MANAGE_VAULT: number = 2;
/** To see what is concealed. */
export const REVEAL_ITEM_PASSWORD: number = 16;
/** To see items. */
export const READ_ITEMS: number = 32;
/** To change items. */
export const UPDATE_ITEMS: number = 64;
/** To add items. */
export const CREATE_ITEMS: number = 128;
/** To archive items. */
export const ARCHIVE_ITEMS: number = 256;
/** To delete items. */
export const DELETE_ITEMS: number = 512;
/** To change items' earlier versions. */
export const UPDATE_ITEM_HISTORY: number = 1024;
/** To share items. */
export const SEND_ITEMS: number = 1_048_576;
/** To import items. */
export const IMPORT_ITEMS: number = 2_097_152;
/** To export items. */
export const EXPORT_ITEMS: number = 4_194_304;
/** To print items. */
export const PRINT_ITEMS: number = 8_388_608;
/** Nothing at all. */
export const NO_ACCESS: number = 0;

/** Something that one may do with a vault. */
export type PermissionName =
  | "RECOVER_VAULT"
  | "MANAGE_VAULT"
  | "REVEAL_ITEM_PASSWORD"
  | "READ_ITEMS"
  | "UPDATE_ITEMS"
  | "CREATE_ITEMS"
  | "ARCHIVE_ITEMS"
  | "DELETE_ITEMS"
  | "UPDATE_ITEM_HISTORY"
  | "SEND_ITEMS"
  | "IMPORT_ITEMS"
  | "EXPORT_ITEMS"
  | "PRINT_ITEMS";

const BITS: Readonly<Record<PermissionName, number>> = {
  RECOVER_VAULT,
  MANAGE_VAULT,
  REVEAL_ITEM_PASSWORD,
  READ_ITEMS,
  UPDATE_ITEMS,
  CREATE_ITEMS,
  ARCHIVE_ITEMS,
  DELETE_ITEMS,
  UPDATE_ITEM_HISTORY,
  SEND_ITEMS,
  IMPORT_ITEMS,
  EXPORT_ITEMS,
  PRINT_ITEMS,
};

/** What someone may do with a vault: bits, or their names. */
export type Permissions = number | readonly PermissionName[];

/** The names of the bits that are set and have one, in their order. */
export function permissionNames(permissions: number): PermissionName[] {
  const names = Object.keys(BITS) as PermissionName[];
  // Not `&`, which has 32 bits: a service may set more.
  return names.filter((name) => Math.floor(permissions / BITS[name]) % 2 === 1);
}

/**
 * Bits for names; a number, and what is neither, as it is, to be checked by whoever asks.
 *
 * @internal
 */
export function bitsOf(permissions: unknown): unknown {
  const given = listOf(permissions);
  if (given === undefined) return permissions;
  const bits = given.map((name) => {
    if (typeof name === "string" && Object.hasOwn(BITS, name)) return BITS[name as PermissionName];
    throw new OnePasswordError({
      code: "argumentInvalid",
      message: `permissions must be a number or names such as READ_ITEMS; known: ${Object.keys(BITS).join(", ")}`,
    });
  });
  return [...new Set(bits)].reduce((sum, bit) => sum + bit, 0);
}
