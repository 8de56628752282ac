// The suite in every runtime: `node tests/runtime/run.mjs [name…]`, all of them without a name.
// `node`, `chromium` and `firefox` stand for all that begins so.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BROWSERS } from "./lib/browsers.mjs";
import { PROCESSES } from "./lib/processes.mjs";
import { makeProject } from "./lib/project.mjs";
import { mainOfRuntimes, runRuntimes, tellFailures } from "./lib/rounds.mjs";
import { WORKERS } from "./lib/workers.mjs";

const NAME_WIDTH = 24;
const VERSION_WIDTH = 38;

function tell(result) {
  const { name, version, passed, failed, seconds } = result;
  const word = failed.length > 0 ? "FAIL" : "ok";
  const counts = `${passed} passed, ${failed.length} failed`;
  console.log(
    `${word.padEnd(5)}${name.padEnd(NAME_WIDTH)}${version.padEnd(VERSION_WIDTH)}${counts}, ${seconds} s`,
  );
  tellFailures(result);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await mainOfRuntimes(async () => {
    const runtimes = { ...PROCESSES, ...WORKERS, ...BROWSERS };
    const only = process.argv.slice(2);
    const results = await runRuntimes(runtimes, { only, makeProject, tell });
    const failed = results.filter((result) => result.failed.length > 0);
    return [results.length - failed.length, failed.length];
  });
}
