// `unstorageStore` over drivers that need no service elsewhere.
import { createServer } from "node:http";
import { join } from "node:path";
import { createStorage } from "unstorage";
import kvDriver from "unstorage/drivers/cloudflare-kv-binding";
import fsDriver from "unstorage/drivers/fs";
import fsLiteDriver from "unstorage/drivers/fs-lite";
import httpDriver from "unstorage/drivers/http";
import lruDriver from "unstorage/drivers/lru-cache";
import memoryDriver from "unstorage/drivers/memory";
import overlayDriver from "unstorage/drivers/overlay";
import redisDriver from "unstorage/drivers/redis";
import { createStorageServer } from "unstorage/server";
import { unstorageStore } from "../../dist/stores.js";
import { joined, versionOf } from "./kit.mjs";
import { redisVersion, startRedis } from "./redis_server.mjs";
import { runSuite } from "./suite.mjs";
import { startNamespace } from "./workers.mjs";

/** How to make a driver, by name. */
const DRIVERS = {
  memory: () => memoryDriver(),
  fs: ({ folder }) => fsDriver({ base: join(folder, "fs") }),
  "fs-lite": ({ folder }) => fsLiteDriver({ base: join(folder, "fs-lite") }),
  "lru-cache": () => lruDriver({}),
  overlay: () => overlayDriver({ layers: [memoryDriver(), memoryDriver()] }),
  http: async (kit) => httpDriver({ base: await serveStorage(kit) }),
  "cloudflare-kv-binding": async (kit) => kvDriver({ binding: await startNamespace(kit) }),
};

/** These write files in several steps: two writers at once may mix what they write. */
const MIXING = ["fs", "fs-lite"];

/** A storage in memory behind unstorage's own server; resolves to its URL. */
async function serveStorage({ defer }) {
  const storage = createStorage();
  const server = createServer(createStorageServer(storage).handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

async function suiteOf(kit, driver, more) {
  const storage = createStorage({ driver });
  kit.defer(() => storage.dispose());
  return await runSuite({ make: (options) => unstorageStore(storage, options), ...more });
}

async function unstorage(kit) {
  const all = [];
  for (const [name, make] of Object.entries(DRIVERS)) {
    const whole = !MIXING.includes(name);
    all.push({ name, ...(await suiteOf(kit, await make(kit), { whole })) });
  }
  return {
    version: `${versionOf("unstorage")}: ${Object.keys(DRIVERS).join(", ")}`,
    ...joined(all),
  };
}

async function unstorageRedis(kit) {
  const driverOf = ({ port }) => {
    const driver = redisDriver({ host: "127.0.0.1", port, maxRetriesPerRequest: 1 });
    driver.getInstance().on("error", () => {});
    return driver;
  };
  const down = async () => {
    const server = await startRedis(kit);
    const storage = createStorage({ driver: driverOf(server) });
    kit.defer(() => storage.dispose());
    await storage.setItem("a", "1");
    await server.kill();
    return unstorageStore(storage);
  };
  const results = await suiteOf(kit, driverOf(await startRedis(kit)), { down });
  return { version: `${versionOf("unstorage")}, Redis ${redisVersion()}`, ...results };
}

export const UNSTORAGE = { unstorage };
export const UNSTORAGE_REDIS = { "unstorage-redis": unstorageRedis };
