// Runtimes that are programs: Node, Deno, Bun.
import { join } from "node:path";
import { ask, run } from "../../../scripts/lib/run.mjs";
import { startService } from "./helpers.mjs";
import { TOOLS } from "./project.mjs";

/** A runtime that is started with `args` and a file, which prints the results as its only line. */
function program(path, { args = [], file = "process.mjs" } = {}) {
  const command = join(TOOLS, path);
  return async (kit) => {
    const { token } = await startService(kit);
    const options = { cwd: kit.project, env: kit.env, signal: kit.signal };
    const { stdout } = await run(command, [...args, file, token], options);
    const version = /\d+\.\d+\.\d+/.exec(ask(command, ["--version"], { env: kit.env }));
    return { version: version?.[0], ...JSON.parse(stdout) };
  };
}

const node = (name, options) => program(`${name}/bin/node`, options);
/** Reading is not among what Deno is allowed; nothing is asked, so the rest is refused. */
const DENO = ["run", "--no-prompt", "--allow-net=127.0.0.1"];

export const PROCESSES = {
  node20: node("node20"),
  node22: node("node22"),
  node24: node("node24"),
  node26: node("node26"),
  "node-slim": node("node24", { file: "slim.mjs" }),
  deno: program("deno/deno", { args: DENO }),
  bun: program("bun/bin/bun"),
};
