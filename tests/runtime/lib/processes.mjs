// Runtimes that are programs: Node, Deno, Bun.
import { join } from "node:path";
import { ask, run } from "../../../scripts/lib/run.mjs";
import { startService } from "./helpers.mjs";
import { TOOLS } from "./project.mjs";

/**
 * A runtime that is started with `args` and a file, which is given a token of the service and `more`,
 * and prints the results as its only line.
 */
function program(path, { args = [], file = "process.mjs", more = [], service = {} } = {}) {
  const command = join(TOOLS, path);
  return async (kit) => {
    const { token } = await startService(kit, service);
    const options = { cwd: kit.project, env: kit.env, signal: kit.signal };
    const { stdout } = await run(command, [...args, file, token, ...more], options);
    const version = /\d+\.\d+\.\d+/.exec(ask(command, ["--version"], { env: kit.env }));
    return { version: version?.[0], ...JSON.parse(stdout) };
  };
}

const node = (name, options) => program(`${name}/bin/node`, options);
/** Reading is not among what Deno is allowed; nothing is asked, so the rest is refused. */
const DENO = ["run", "--no-prompt", "--allow-net=127.0.0.1"];

/** Node, Deno and Bun, each with its `options`; what Deno is allowed besides is `denoMay`. */
export const processes = ({ denoMay = [], ...options } = {}, ofNode = options) => ({
  node20: node("node20", ofNode),
  node22: node("node22", ofNode),
  node24: node("node24", ofNode),
  node26: node("node26", ofNode),
  deno: program("deno/deno", { ...options, args: [...DENO, ...denoMay] }),
  bun: program("bun/bin/bun", options),
});

export const PROCESSES = { ...processes(), "node-slim": node("node24", { file: "slim.mjs" }) };
