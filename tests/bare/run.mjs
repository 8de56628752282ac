// The bare module, as wasm-pack makes it, in every runtime: `node tests/bare/run.mjs`, or
// `--only node,deno` for some. Needs a build.
import { parseArgs } from "node:util";
import { countChecks, mainOfRuntimes, runRuntimes, tellFailures } from "../runtime/lib/rounds.mjs";
import { makeProject, RUNTIMES } from "./runtimes.mjs";

/** `node20` is Node, `chromium-worker` Chromium's worker. */
const shownAs = (name) => name.replace(/\d+$/, "").replace("-", " ");

function tell(result) {
  const { name, version, passed, failed } = result;
  tellFailures(result);
  const counts = `${passed} passed, ${failed.length} failed`;
  console.log(`bare, ${[shownAs(name), version].filter(Boolean).join(" ")}: ${counts}`);
}

await mainOfRuntimes(async () => {
  const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
  const only = values.only.split(",").filter(Boolean);
  const results = await runRuntimes(RUNTIMES, { only, makeProject, tell });
  return countChecks(results);
});
