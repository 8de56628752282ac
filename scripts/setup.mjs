// Everything that a build needs and the machine lacks: `node scripts/setup.mjs [--env]`, or by the others.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lib/lock.mjs";
import { installPackages } from "./lib/packages.mjs";
import { CACHE, packageJson } from "./lib/paths.mjs";
import { Failure, main } from "./lib/run.mjs";
import { findToolchain } from "./lib/toolchain.mjs";
import { withTools } from "./lib/tools.mjs";

export const BUILD_TOOLS = ["wasm-pack", "wasm-bindgen-cli"];
export const CHECK_TOOLS = ["cargo-deny"];
export const TEST_TOOLS = ["wasm-bindgen-test-runner"];

function checkNode() {
  const [least] = packageJson().engines.node.match(/\d+\.\d+/);
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [leastMajor, leastMinor] = least.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new Failure(`Node ${process.versions.node} is too old: install ${least} or newer.`);
}

/** Sets up the machine; returns the toolchain, whose `env` every cargo call needs. */
export async function setUp(tools = BUILD_TOOLS) {
  checkNode();
  return withLock(CACHE, async () => {
    await installPackages();
    const toolchain = await findToolchain();
    return { ...toolchain, env: await withTools(tools, toolchain.env) };
  });
}

/** For cargo by hand: `eval "$(node scripts/setup.mjs --env)"`. */
function printEnv(env) {
  for (const name of ["PATH", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL"]) {
    if (env[name]) console.log(`export ${name}='${env[name].replaceAll("'", "'\\''")}'`);
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { env } = await setUp([...BUILD_TOOLS, ...CHECK_TOOLS]);
    if (process.argv.includes("--env")) printEnv(env);
  });
}
