// Each store against its database: `node tests/stores/run.mjs [name…]`, all of them without a name.
// `redis` stands for all that begins so. Needs a build.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../scripts/lib/lock.mjs";
import { installPackages } from "../../scripts/lib/packages.mjs";
import { CACHE, ROOT } from "../../scripts/lib/paths.mjs";
import { Failure, skipped } from "../../scripts/lib/run.mjs";
import { countChecks, mainOfRuntimes, runRuntimes, tellPart } from "../runtime/lib/rounds.mjs";
import { HERE } from "./kit.mjs";
import { redisVersion } from "./redis_server.mjs";

const NAME_WIDTH = 18;
/** What is rejected is told a moment later. */
const TOLD_MS = 50;

/** The targets by name; imported once their packages are there. */
async function targets() {
  const [{ TYPES }, { LOCAL }, { DENO_KV }] = await Promise.all([
    import("./types.mjs"),
    import("./local.mjs"),
    import("./deno.mjs"),
  ]);
  const [{ WORKERS, UPSTASH_IN_WORKERS }, { UNSTORAGE, UNSTORAGE_REDIS }] = await Promise.all([
    import("./workers.mjs"),
    import("./unstorage.mjs"),
  ]);
  const all = { ...TYPES, ...LOCAL, ...WORKERS, ...DENO_KV, ...UNSTORAGE };
  if (redisVersion() === undefined) {
    const why = skipped("what needs redis-server", "Install Debian's package redis-server");
    console.log(why);
    return all;
  }
  const { REDIS } = await import("./redis.mjs");
  const { UPSTASH } = await import("./upstash.mjs");
  return { ...all, ...REDIS, ...UPSTASH, ...UPSTASH_IN_WORKERS, ...UNSTORAGE_REDIS };
}

/** A target in which a rejection that nobody has handled is a failure. */
const watched = (target) => async (kit) => {
  const unhandled = [];
  const note = (reason) => unhandled.push(`unhandled rejection: ${reason?.stack ?? reason}`);
  process.on("unhandledRejection", note);
  kit.defer(() => process.removeListener("unhandledRejection", note));
  const results = await target(kit);
  await sleep(TOLD_MS);
  return { ...results, failed: [...results.failed, ...unhandled] };
};

const tell = (result) => tellPart(result, NAME_WIDTH, result.version && ` (${result.version})`);

await mainOfRuntimes(async () => {
  if (!existsSync(join(ROOT, "dist/stores.js"))) {
    throw new Failure("There is no dist/: run `npm run build` first.");
  }
  const args = ["--ignore-scripts"];
  await withLock(CACHE, () => installPackages({ folder: HERE, name: "stores' clients", args }));
  const all = Object.entries(await targets()).map(([name, target]) => [name, watched(target)]);
  const makeProject = (folder) => ({ folder });
  const only = process.argv.slice(2);
  const results = await runRuntimes(Object.fromEntries(all), { only, makeProject, tell });
  return countChecks(results);
});
