// `denoKvStore` in Deno, which alone has a `Deno.Kv`.
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { ask, run } from "../../scripts/lib/run.mjs";
import { TOOLS } from "../runtime/lib/project.mjs";
import { HERE } from "./kit.mjs";

const DENO = join(TOOLS, "deno/deno");
const QUIET = ["--quiet", "--no-lock", "--unstable-kv"];
const TYPES = "deno_types.ts";

/** A folder with the package in it: of what is no package, Deno does not look for declarations. */
function makeProject(folder) {
  const project = join(folder, "deno");
  for (const name of ["package.json", "dist"]) {
    cpSync(join(ROOT, name), join(project, "node_modules/onepassword-edge", name), {
      recursive: true,
    });
  }
  writeFileSync(join(project, "package.json"), '{ "dependencies": { "onepassword-edge": "*" } }\n');
  cpSync(join(HERE, TYPES), join(project, TYPES));
  return project;
}

async function denoKv({ folder, env, signal }) {
  const options = { cwd: HERE, env, signal };
  const path = join(folder, "kv.sqlite3");
  // Whoever opens a database has to be allowed to read and write it, and what SQLite puts beside it.
  const allowed = ["--no-prompt", `--allow-read=${folder}`, `--allow-write=${folder}`];
  const check = ["check", ...QUIET, "--node-modules-dir=manual", TYPES];
  await run(DENO, check, { ...options, cwd: makeProject(folder) });
  const { stdout } = await run(
    DENO,
    ["run", ...QUIET, "--no-config", ...allowed, "deno_kv.mjs", path],
    options,
  );
  const version = /\d+\.\d+\.\d+/.exec(ask(DENO, ["--version"], { env }));
  return { version: version?.[0], ...JSON.parse(stdout) };
}

export const DENO_KV = { "deno-kv": denoKv };
