// The GitHub Action as one file with all that it needs: action/dist/main.js.
import { join } from "node:path";
import { packageJson, ROOT } from "./paths.mjs";
import { step } from "./run.mjs";
import { hashOf, unlessStamped } from "./stamp.mjs";

const PROJECT = "js/action";
export const ACTION = join(ROOT, "action/dist/main.js");

/** Checks and bundles js/action, unless that is done. `compile` runs tsc in a folder of ours. */
export async function buildAction(compile) {
  const inputs = ["js", "tsconfig.base.json", "package.json", "package-lock.json"];
  const all = [...inputs, "scripts/lib/action.mjs"].map((path) => join(ROOT, path));
  const work = { stamp: join(ROOT, "target/stamps/action"), hash: hashOf(all), outputs: [ACTION] };
  await unlessStamped(work, () =>
    step("action", async () => {
      await compile(PROJECT);
      await bundle();
    }),
  );
}

/** Not minified, so that whoever trusts it with a token can read it; with the module as text, so that it is one file. */
async function bundle() {
  // Here, because it is not installed yet when this file is loaded.
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`${PROJECT}/main.ts`],
    outfile: ACTION,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    charset: "utf8",
    logLevel: "error",
    banner: { js: `// onepassword-edge ${packageJson().version}, MIT OR Apache-2.0.` },
  });
}
