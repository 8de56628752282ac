import { check } from "../client/check.js";
import { hasMethods, type PrefixOptions, prefixIn } from "./options.js";
import type { Store } from "./store.js";

/** The part of a client of the package `redis` that `redisStore` calls. */
export interface NodeRedisLike {
  /** As Redis has it. */
  get(key: string): Promise<unknown>;
  /** As Redis has it. */
  setEx(key: string, seconds: number, value: string): Promise<unknown>;
}

/** The part of a client of the package `ioredis` that `redisStore` calls. */
export interface IoredisLike {
  /** As Redis has it. */
  get(key: string): Promise<unknown>;
  /** As Redis has it. */
  setex(key: string, seconds: number, value: string): Promise<unknown>;
}

/** A client of either package. */
export type RedisLike = NodeRedisLike | IoredisLike;

/**
 * Keeps records in Redis, or in a database that speaks its protocol, such as Valkey. Takes a connected
 * client of `redis` (versions 4, 5 and 6) or of `ioredis` (versions 5 and 6).
 *
 * ```ts
 * const redis = await createClient({ url, disableOfflineQueue: true }).on("error", log).connect();
 * const store = redisStore(redis);
 * ```
 *
 * Let commands fail while the database is away, with `disableOfflineQueue: true` in `redis` and
 * `enableOfflineQueue: false` in `ioredis`. Otherwise they wait until it is back, and each sign-in
 * waits for them as long as it may.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function redisStore(client: RedisLike, options: PrefixOptions = {}): Store {
  const isClient = hasMethods(client, ["get", "setEx"]) || hasMethods(client, ["get", "setex"]);
  check(isClient, "redisStore needs a client of redis or of ioredis");
  const prefix = prefixIn(options, "redisStore");
  return {
    async get(key) {
      const value = await client.get(prefix + key);
      return typeof value === "string" ? value : undefined;
    },
    async set(key, value, ttlSeconds) {
      // `SET` with `EX` takes other arguments in each package, `SETEX` the same ones.
      if ("setEx" in client) await client.setEx(prefix + key, ttlSeconds, value);
      else await client.setex(prefix + key, ttlSeconds, value);
    },
  };
}
