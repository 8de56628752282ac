// A suite in one runtime after another, with what they need installed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../../scripts/lib/lock.mjs";
import { installPackages } from "../../../scripts/lib/packages.mjs";
import { CACHE } from "../../../scripts/lib/paths.mjs";
import { Failure, main, seconds } from "../../../scripts/lib/run.mjs";
import { findBrowsers } from "./browsers.mjs";
import { withLimit } from "./limit.mjs";
import { HERE, makeEnv } from "./project.mjs";

const LIMIT_SECONDS = 90;
const NAME_WIDTH = 24;

function chosen(runtimes, only) {
  const all = Object.keys(runtimes);
  const unknown = only.filter((word) => !all.some((name) => fits(name, word)));
  if (unknown.length > 0) {
    throw new Failure(`No runtime is called ${unknown.join(", ")}: ${all.join(", ")}.`);
  }
  return only.length === 0 ? all : all.filter((name) => only.some((word) => fits(name, word)));
}

/** `node` stands for `node20` and `node-slim`, too. */
const fits = (name, word) => name.startsWith(word) && /^([-\d]|$)/.test(name.slice(word.length));

/** The browsers among the names that this machine lacks and cannot be given. */
async function missingBrowsers(names) {
  const browsers = ["chromium", "firefox"];
  return findBrowsers(browsers.filter((browser) => names.some((name) => fits(name, browser))));
}

/** `{ name, version, passed, failed: [why], seconds }` of one runtime, whatever happens. */
async function runOne(name, runtime, given) {
  const start = performance.now();
  const outcome = await withLimit(LIMIT_SECONDS, (limit) => runtime({ ...given, ...limit })).catch(
    (error) => ({ passed: 0, failed: [error?.message ?? String(error)] }),
  );
  // A suite that ran nothing would find nothing wrong.
  if (outcome.passed + outcome.failed.length === 0) outcome.failed.push("no check was run");
  return { name, version: "", ...outcome, seconds: seconds(start) };
}

/**
 * Runs a suite in those of the `runtimes` that `only` names, one after the other, telling how each
 * went. `makeProject` lays out what they run, and says in which folder the `project` is, and which
 * package's emulator is `served`. Resolves to what came out; a browser that is missing is left out.
 */
export async function runRuntimes(runtimes, { only = [], makeProject, tell }) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Failure("The runtimes are installed as programs for Linux on x64 alone.");
  }
  const names = chosen(runtimes, only);
  const missing = await missingBrowsers(names);
  const args = ["--ignore-scripts"];
  await withLock(CACHE, () => installPackages({ folder: HERE, name: "runtimes", args }));
  return withFolder(async (folder) => {
    const given = { ...(await makeProject(folder)), env: makeEnv(folder) };
    const results = [];
    for (const name of names) {
      if (missing.some((browser) => fits(name, browser))) {
        console.log(
          `skip ${name.padEnd(NAME_WIDTH)}no such browser here, and only root can install it`,
        );
        continue;
      }
      const result = await runOne(name, runtimes[name], given);
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

/** Runs a program's `work`, which says how many `[passed, failed]`, and exits: with 0 if all passed. */
export async function mainOfRuntimes(work) {
  // For what has to be undone when this process exits, which a signal alone would not let it do.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  await main(async () => {
    const [passed, failed] = await work();
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed > 0 || passed === 0 ? 1 : 0;
  });
  // Whatever a tool has left open is no reason to stay.
  process.exit();
}

/** Why each check failed, indented. */
export function tellFailures({ failed }) {
  for (const why of failed) console.log(`       ${why.replaceAll("\n", "\n       ")}`);
}

/** Says how a part of a suite went, with its name as wide as all of them are. */
export function tellPart({ name, passed, failed, seconds }, width, note = "") {
  const word = failed.length > 0 ? "FAIL" : "ok";
  const counts = `${passed} passed, ${failed.length} failed, ${seconds} s`;
  console.log([word.padEnd(4), name.padEnd(width), counts, note].join(" "));
  tellFailures({ failed });
}

/** How many checks `[passed, failed]` in all. */
export function countChecks(results) {
  const sum = (count) => results.reduce((total, result) => total + count(result), 0);
  return [sum(({ passed }) => passed), sum(({ failed }) => failed.length)];
}
