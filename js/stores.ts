/**
 * Stores that a client shares with other processes: Workers KV, Redis, Upstash, Deno KV, whatever
 * `unstorage` has a driver for, memory. `onepassword-edge/file-store` has one for a file.
 *
 * @module onepassword-edge/stores
 */

export { type DenoKvLike, denoKvStore } from "./stores/deno_kv_store.js";
export { type KVNamespaceLike, kvStore } from "./stores/kv_store.js";
export { memoryStore } from "./stores/memory_store.js";
export type { PrefixOptions } from "./stores/options.js";
export {
  type IoredisLike,
  type NodeRedisLike,
  type RedisLike,
  redisStore,
} from "./stores/redis_store.js";
export type { Store } from "./stores/store.js";
export { type UnstorageLike, unstorageStore } from "./stores/unstorage_store.js";
export { type UpstashStoreOptions, upstashStore } from "./stores/upstash_store.js";
