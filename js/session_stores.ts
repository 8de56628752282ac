/**
 * Where sessions are kept for other processes: Workers KV, memory.
 *
 * @module onepassword-edge/session-stores
 */

export type { SessionStore } from "./stores/session_store.js";
export {
  type KVNamespaceLike,
  type KVStoreOptions,
  kvStore,
  memoryStore,
} from "./stores/session_stores.js";
