// Durable Objects in workerd: `node tests/durable/run.mjs [name…]`, all of them without a name. Needs a
// build. Miniflare, wrangler and esbuild are those of tests/runtime.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { Failure } from "../../scripts/lib/run.mjs";
import { mainOfRuntimes, runRuntimes, tellFailures } from "../runtime/lib/rounds.mjs";

const NAME_WIDTH = 12;

/** Imported once what they need is installed. */
const target =
  (file, name = file) =>
  async (kit) => {
    const { [name]: run } = await import(`./${file}.mjs`);
    return await run(kit);
  };
const NAMES = [
  ...[
    "stub",
    "sharing",
    "errors",
    "calls",
    "eviction",
    "refresh",
    "token",
    "local",
    "allow",
    "members",
    "tools",
  ],
];

function tell(result) {
  const { name, passed, failed, seconds } = result;
  const word = failed.length > 0 ? "FAIL" : "ok";
  const counts = `${passed} passed, ${failed.length} failed, ${seconds} s`;
  console.log([word.padEnd(4), name.padEnd(NAME_WIDTH), counts, result.note ?? ""].join(" "));
  tellFailures(result);
}

await mainOfRuntimes(async () => {
  if (!existsSync(join(ROOT, "dist/durable_object.js"))) {
    throw new Failure("There is no dist/: run `npm run build` first.");
  }
  const all = Object.fromEntries(NAMES.map((name) => [name, target(name)]));
  const makeProject = (folder) => ({ folder });
  const results = await runRuntimes(all, { only: process.argv.slice(2), makeProject, tell });
  const sum = (count) => results.reduce((total, result) => total + count(result), 0);
  return [sum(({ passed }) => passed), sum(({ failed }) => failed.length)];
});
