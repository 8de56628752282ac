// That the clients which stores are given fit their parameters, in TypeScript, too.

import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster6, Redis as Redis6 } from "ioredis6";
import { createClient as createClient4, createCluster as createCluster4 } from "redis4";
import { createClient as createClient5, createCluster as createCluster5 } from "redis5";
import {
  createClient as createClient6,
  createClientPool as createClientPool6,
  createCluster as createCluster6,
} from "redis6";
import { createStorage } from "unstorage";
import { fileStore } from "../../dist/node/file_store.js";
import {
  kvStore,
  memoryStore,
  redisStore,
  type Store,
  unstorageStore,
  upstashStore,
} from "../../dist/stores.js";

export const fitting: (() => Store)[] = [
  () => redisStore(createClient4()),
  () => redisStore(createCluster4({ rootNodes: [] })),
  () => redisStore(createClient5()),
  () => redisStore(createCluster5({ rootNodes: [] })),
  () => redisStore(createClient6()),
  () => redisStore(createCluster6({ rootNodes: [] }), { prefix: "app:" }),
  () => redisStore(createClientPool6()),
  () => redisStore(new Redis()),
  () => redisStore(new Cluster([])),
  () => redisStore(new Redis6()),
  () => redisStore(new Cluster6([])),
  () => unstorageStore(createStorage()),
  () => unstorageStore(createStorage<string>(), { prefix: "app" }),
  () => upstashStore({ url: "https://db.example", token: "x", fetch, prefix: "app:" }),
  () => fileStore("records.json"),
  memoryStore,
];

export const refused: (() => Store)[] = [
  // @ts-expect-error
  () => redisStore(new Map<string, string>()),
  // @ts-expect-error
  () => redisStore(new Redis(), { prefx: "app:" }),
  // @ts-expect-error
  () => unstorageStore(new Map<string, string>()),
  // @ts-expect-error
  () => upstashStore({ url: "https://db.example" }),
  // @ts-expect-error
  () => kvStore(createStorage()),
];
