// The suite in every runtime: `node tests/runtime/run.mjs [name…]`, all of them without a name.
// `chromium` and `firefox` stand for all that begins so.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../scripts/lib/lock.mjs";
import { installPackages } from "../../scripts/lib/packages.mjs";
import { CACHE } from "../../scripts/lib/paths.mjs";
import { Failure, main, seconds } from "../../scripts/lib/run.mjs";
import { BROWSERS, findBrowsers } from "./lib/browsers.mjs";
import { withLimit } from "./lib/limit.mjs";
import { PROCESSES } from "./lib/processes.mjs";
import { HERE, makeEnv, makeProject } from "./lib/project.mjs";
import { WORKERS } from "./lib/workers.mjs";

const RUNTIMES = { ...PROCESSES, ...WORKERS, ...BROWSERS };
const LIMIT_SECONDS = 90;
const NAME_WIDTH = 24;
const VERSION_WIDTH = 38;

function chosen(only) {
  const all = Object.keys(RUNTIMES);
  const unknown = only.filter((word) => !all.some((name) => fits(name, word)));
  if (unknown.length > 0) {
    throw new Failure(`No runtime is called ${unknown.join(", ")}: ${all.join(", ")}.`);
  }
  return only.length === 0 ? all : all.filter((name) => only.some((word) => fits(name, word)));
}

const fits = (name, word) => name === word || name.startsWith(`${word}-`);

/** The browsers among the names that this machine lacks and cannot be given. */
async function missingBrowsers(names) {
  const browsers = ["chromium", "firefox"];
  return findBrowsers(browsers.filter((browser) => names.some((name) => fits(name, browser))));
}

/** `{ name, version, passed, failed: [why], seconds }` of one runtime, whatever happens. */
async function runOne(name, given) {
  const start = performance.now();
  const outcome = await withLimit(LIMIT_SECONDS, (limit) =>
    RUNTIMES[name]({ ...given, ...limit }),
  ).catch((error) => ({ passed: 0, failed: [error?.message ?? String(error)] }));
  // A suite that ran nothing would find nothing wrong.
  if (outcome.passed + outcome.failed.length === 0) outcome.failed.push("no check was run");
  return { name, version: "", ...outcome, seconds: seconds(start) };
}

function tell({ name, version, passed, failed, seconds: took }) {
  const word = failed.length > 0 ? "FAIL" : "ok";
  const counts = `${passed} passed, ${failed.length} failed`;
  console.log(
    `${word.padEnd(5)}${name.padEnd(NAME_WIDTH)}${version.padEnd(VERSION_WIDTH)}${counts}, ${took} s`,
  );
  for (const why of failed) console.log(`       ${why.replaceAll("\n", "\n       ")}`);
}

/**
 * Runs the suite of the built package in the runtimes that `only` names, one after the other, telling
 * how each went. Resolves to what came out of them; a browser that is missing is left out.
 */
export async function runRuntimes({ only = [] } = {}) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Failure("The runtimes are installed as programs for Linux on x64 alone.");
  }
  const names = chosen(only);
  const missing = await missingBrowsers(names);
  const args = ["--ignore-scripts"];
  await withLock(CACHE, () => installPackages({ folder: HERE, name: "runtimes", args }));
  return withFolder(async (folder) => {
    const given = { project: await makeProject(folder), env: makeEnv(folder) };
    const results = [];
    for (const name of names) {
      if (missing.some((browser) => fits(name, browser))) {
        console.log(
          `skip ${name.padEnd(NAME_WIDTH)}no such browser here, and only root can install it`,
        );
        continue;
      }
      const result = await runOne(name, given);
      tell(result);
      results.push(result);
    }
    return results;
  });
}

/** A folder for as long as the work takes. All temporary files go there: not every tool removes its own. */
async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-runtimes-"));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  // Processes that were just ended may still be writing.
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 200 };
  const remove = () => rmSync(folder, options);
  process.once("exit", remove);
  try {
    return await work(folder);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    process.removeListener("exit", remove);
    remove();
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // For what has to be undone when this process exits, which a signal alone would not let it do.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  await main(async () => {
    const results = await runRuntimes({ only: process.argv.slice(2) });
    const failed = results.filter((result) => result.failed.length > 0);
    console.log(`\n${results.length - failed.length} passed, ${failed.length} failed`);
    return failed.length > 0 || results.length === 0 ? 1 : 0;
  });
  // Whatever a tool has left open is no reason to stay.
  process.exit();
}
