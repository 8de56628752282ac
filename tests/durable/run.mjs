// Durable Objects in workerd: `node tests/durable/run.mjs [name…]`, all of them without a name. Needs a
// build. Miniflare, wrangler and esbuild are those of tests/runtime.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { Failure } from "../../scripts/lib/run.mjs";
import { countChecks, mainOfRuntimes, runRuntimes, tellPart } from "../runtime/lib/rounds.mjs";

const NAME_WIDTH = 12;

/** Imported once what they need is installed. */
const target = (name) => async (kit) => {
  const { [name]: run } = await import(`./${name}.mjs`);
  return await run(kit);
};
const NAMES = [
  "stub",
  "sharing",
  "errors",
  "calls",
  "eviction",
  "refresh",
  "token",
  "local",
  "allow",
  "env",
  "members",
  "tools",
];

const tell = (result) => tellPart(result, NAME_WIDTH, result.note);

await mainOfRuntimes(async () => {
  if (!existsSync(join(ROOT, "dist/durable_object.js"))) {
    throw new Failure("There is no dist/: run `npm run build` first.");
  }
  const all = Object.fromEntries(NAMES.map((name) => [name, target(name)]));
  const makeProject = (folder) => ({ folder });
  const results = await runRuntimes(all, { only: process.argv.slice(2), makeProject, tell });
  return countChecks(results);
});
