// `memoryStore`, and `fileStore` in each runtime that has files.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "../../dist/stores.js";
import { ask, run } from "../../scripts/lib/run.mjs";
import { TOOLS } from "../runtime/lib/project.mjs";
import { HERE } from "./kit.mjs";
import { runSuite } from "./suite.mjs";

async function memory() {
  const store = memoryStore();
  return await runSuite({ make: () => store, prefixes: false });
}

/** `args` are asked for with the folder that the file is in. */
const file =
  (command, args = () => []) =>
  async ({ folder, env, signal }) => {
    const own = mkdtempSync(join(folder, "file-"));
    const options = { cwd: HERE, env, signal };
    const { stdout } = await run(command, [...args(own), "file.mjs", own], options);
    const version = /\d+\.\d+\.\d+/.exec(ask(command, ["--version"], { env }));
    return { version: version?.[0], ...JSON.parse(stdout) };
  };

const denoArgs = (folder) => {
  const allowed = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-sys=uid"];
  return ["run", "--no-prompt", "--no-config", "--no-lock", ...allowed];
};

export const LOCAL = {
  memory,
  "file-node": file(process.execPath),
  "file-deno": file(join(TOOLS, "deno/deno"), denoArgs),
  "file-bun": file(join(TOOLS, "bun/bin/bun")),
};
