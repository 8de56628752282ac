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
/** To change what items were before. */
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

/** For programs that have no name. */
export const DEFAULT_INTEGRATION_NAME = "Unknown";
/** For programs that have no version. */
export const DEFAULT_INTEGRATION_VERSION = "Unknown";
