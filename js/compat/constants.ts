export {
  ARCHIVE_ITEMS,
  CREATE_ITEMS,
  DELETE_ITEMS,
  EXPORT_ITEMS,
  IMPORT_ITEMS,
  MANAGE_VAULT,
  NO_ACCESS,
  PRINT_ITEMS,
  READ_ITEMS,
  RECOVER_VAULT,
  REVEAL_ITEM_PASSWORD,
  SEND_ITEMS,
  UPDATE_ITEM_HISTORY,
  UPDATE_ITEMS,
} from "../client/permissions.js";

/** For programs that have no name. */
export const DEFAULT_INTEGRATION_NAME = "Unknown";
/** For programs that have no version. */
export const DEFAULT_INTEGRATION_VERSION = "Unknown";
