// The folder that the suite runs in: the packed package, installed as a user would, and the runners.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installInto, pack } from "../../../scripts/lib/pack.mjs";
import { ROOT } from "../../../scripts/lib/paths.mjs";
import { Failure, step } from "../../../scripts/lib/run.mjs";

/** This folder's runners, and the tools installed beside them. */
export const HERE = fileURLToPath(new URL("..", import.meta.url));
export const TOOLS = join(HERE, "node_modules");

const RUNNERS = [
  "suite.mjs",
  "checks.mjs",
  "service.mjs",
  "relay.mjs",
  "process.mjs",
  "slim.mjs",
  "worker.mjs",
  "page.html",
  "page.mjs",
  "page_worker.mjs",
  "browser.mjs",
];

/** Makes the project below `folder`; resolves to its path, and that of the package in it. */
export async function makeProject(folder) {
  if (!existsSync(join(ROOT, "dist/index.js"))) {
    throw new Failure("There is no dist/: run `npm run build` first.");
  }
  const project = join(folder, "project");
  await step("package", async () => installInto(project, await pack(join(folder, "packed"))));
  for (const name of RUNNERS) cpSync(join(HERE, name), join(project, name));
  return { project, served: join(project, "node_modules/onepassword-edge") };
}

/** What the runtimes' programs see of this machine: their files go into `folder`, and no account in. */
export function makeEnv(folder) {
  const home = join(folder, "home");
  mkdirSync(home);
  return {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    OP_SERVICE_ACCOUNT_TOKEN: undefined,
    NODE_OPTIONS: undefined,
    DENO_DIR: join(home, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    WRANGLER_SEND_METRICS: "false",
  };
}
