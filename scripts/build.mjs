// The package's dist/: `npm run build`. Does only what is not done yet.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAction } from "./lib/action.mjs";
import { bundleCommand, COMMAND } from "./lib/command.mjs";
import { COMMONJS, finishCommonJs } from "./lib/commonjs.mjs";
import { withoutDocs } from "./lib/glue.mjs";
import { withLock } from "./lib/lock.mjs";
import { programOf } from "./lib/packages.mjs";
import { ROOT } from "./lib/paths.mjs";
import { main, run, step } from "./lib/run.mjs";
import { hashOf, unlessStamped } from "./lib/stamp.mjs";
import { buildWasm, WASM_FOLDER } from "./lib/wasm.mjs";
import { BUILD_TOOLS, setUp } from "./setup.mjs";

const DIST = join(ROOT, "dist");
export const TSC = programOf("typescript/bin/tsc");
/** The library, what of it is for Node alone, and its emulator differ in what they may use: lib and types. */
export const TS_PROJECTS = ["js", "js/node", "js/emulator"];
/** The command: bundled, and here only checked. */
const COMMAND_PROJECT = "js/cli";
const COMMONJS_FOLDER = join(DIST, "cjs");
/** Where a project's files go below dist/cjs/. */
const COMMONJS_PARTS = { "js/emulator": "emulator" };

async function buildTypeScript() {
  const scripts = ["build", "lib/glue", "lib/commonjs", "lib/command"];
  const inputs = [
    ...["js", "tsconfig.base.json", "package.json", "package-lock.json"],
    ...scripts.map((name) => `scripts/${name}.mjs`),
  ];
  const work = {
    stamp: join(ROOT, "target/stamps/dist"),
    hash: hashOf(inputs.map((path) => join(ROOT, path))),
    outputs: [
      ...[
        "index.js",
        "env.js",
        "node/load_env.js",
        "node/file_store.js",
        "emulator/index.js",
        "wasm/op.wasm",
      ],
      ...["cjs/index.js", "cjs/wasm/op.js", COMMAND],
    ].map((path) => join(DIST, path)),
  };
  await unlessStamped(work, () =>
    step("dist", async () => {
      rmSync(DIST, { recursive: true, force: true });
      for (const project of TS_PROJECTS) await compile(project);
      dropDocs(join(DIST, "client"));
      cpSync(WASM_FOLDER, join(DIST, "wasm"), { recursive: true });
      for (const project of TS_PROJECTS) {
        const out = join(COMMONJS_FOLDER, COMMONJS_PARTS[project] ?? "");
        await compile(project, ...COMMONJS, "--outDir", out);
      }
      finishCommonJs(COMMONJS_FOLDER, WASM_FOLDER);
      await compile(COMMAND_PROJECT);
      await bundleCommand(DIST);
    }),
  );
}

const compile = (project, ...options) =>
  run(process.execPath, [TSC, "-p", join(ROOT, project), ...options]);

/** From the classes that every Worker uploads; the declarations keep theirs. */
function dropDocs(folder) {
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const path = join(folder, name);
    writeFileSync(path, withoutDocs(readFileSync(path, "utf8")));
  }
}

/** Sets up the machine and builds; returns the toolchain. */
export async function build(tools = BUILD_TOOLS) {
  const toolchain = await setUp(tools);
  await withLock(join(ROOT, "target"), async () => {
    await buildWasm(toolchain, BUILD_TOOLS);
    await buildTypeScript();
    await buildAction(compile);
  });
  return toolchain;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await build();
  });
}
