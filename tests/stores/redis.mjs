// `redisStore` with each of its clients, against a server and against a cluster of one.
import { setTimeout as sleep } from "node:timers/promises";
import { redisStore } from "../../dist/stores.js";
import { checks, equal } from "../runtime/checks.mjs";
import { joined, versionOf } from "./kit.mjs";
import { redisVersion, startRedis } from "./redis_server.mjs";
import { runSuite } from "./suite.mjs";

const HOST = "127.0.0.1";
const ALL_SLOTS = ["0", "16383"];
const LOOK_AGAIN_MS = 50;
/** Who does not listen to a client's errors ends with the first one. */
const ignore = () => {};

/** How a package's clients are made, connected and ended, and how they pass on any command. */
const nodeRedis = (name) => ({
  version: () => versionOf(name),
  async connect({ port }) {
    const { createClient } = await import(name);
    const client = createClient({
      socket: { host: HOST, port, connectTimeout: 1_000 },
      disableOfflineQueue: true,
    });
    return await client.on("error", ignore).connect();
  },
  async connectCluster({ port }) {
    const { createCluster } = await import(name);
    const cluster = createCluster({ rootNodes: [{ socket: { host: HOST, port } }] });
    cluster.on("error", ignore);
    await cluster.connect();
    return cluster;
  },
  // Version 4 has no `destroy`.
  end: (client) => (client.destroy ? client.destroy() : client.disconnect()),
  command: (client, ...words) => client.sendCommand(words),
});

const ioredis = (name) => ({
  version: () => versionOf(name),
  async connect({ port }) {
    const { Redis } = await import(name);
    const options = { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
    const client = new Redis({ host: HOST, port, ...options }).on("error", ignore);
    await client.connect();
    return client;
  },
  async connectCluster({ port }) {
    const { Cluster } = await import(name);
    const cluster = new Cluster([{ host: HOST, port }], { lazyConnect: true }).on("error", ignore);
    await cluster.connect();
    return cluster;
  },
  end: (client) => client.disconnect(),
  command: (client, ...words) => client.call(...words),
});

/** What else is true of what stands in the database. */
async function inside(check, { client, command }) {
  await check("one key is written, with its time, and nothing else", async () => {
    await command("FLUSHALL");
    await redisStore(client, { prefix: "app:" }).set("a", "1", 900);
    equal((await command("KEYS", "*")).join(), "app:a", "keys");
    equal(await command("TTL", "app:a"), 900, "time");
    equal(await command("GET", "app:a"), "1", "value");
  });
  await check("what is no text is an error", async () => {
    await command("LPUSH", "list", "1");
    const thrown = await redisStore(client)
      .get("list")
      .catch((error) => error);
    equal(/WRONGTYPE/.test(thrown?.message), true, String(thrown));
  });
}

/** Makes a cluster of the one node. It takes a moment until the node serves. */
async function formCluster(client, command) {
  await command(client, "CLUSTER", "ADDSLOTSRANGE", ...ALL_SLOTS);
  while (!(await command(client, "CLUSTER", "INFO")).includes("cluster_state:ok")) {
    await sleep(LOOK_AGAIN_MS);
  }
}

/** A target for a package: the suite with its clients, then with those for clusters. */
function target(kind) {
  return async (kit) => {
    const server = await startRedis(kit);
    const clusterServer = await startRedis(kit, { cluster: true });
    const kept = (client) => {
      kit.defer(() => kind.end(client));
      return client;
    };
    await formCluster(kept(await kind.connect(clusterServer)), kind.command);
    const make = async (options) => redisStore(kept(await kind.connect(server)), options);
    const cluster = kept(await kind.connectCluster(clusterServer));
    const down = async () => {
      const other = await startRedis(kit);
      const store = redisStore(kept(await kind.connect(other)));
      await other.kill();
      return store;
    };
    const closed = async () => {
      const client = await kind.connect(server);
      await kind.end(client);
      return redisStore(client);
    };
    const { results, check } = checks();
    const client = kept(await kind.connect(server));
    await inside(check, { client, command: (...words) => kind.command(client, ...words) });
    const all = [
      results,
      await runSuite({ make, down }),
      { name: "closed", ...(await runSuite({ make, down: closed, ends: false })) },
      { name: "cluster", ...(await runSuite({ make: (options) => redisStore(cluster, options) })) },
    ];
    return { version: `${kind.version()}, Redis ${redisVersion()}`, ...joined(all) };
  };
}

export const REDIS = {
  "redis-4": target(nodeRedis("redis4")),
  "redis-5": target(nodeRedis("redis5")),
  "redis-6": target(nodeRedis("redis6")),
  "ioredis-5": target(ioredis("ioredis")),
  "ioredis-6": target(ioredis("ioredis6")),
};
