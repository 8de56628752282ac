// workerd, which compiles no bytes: only the package's own entry for it, with its .wasm, can pass.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHelper, startService } from "./helpers.mjs";
import { TOOLS } from "./project.mjs";

const COMPATIBILITY_DATE = "2026-04-01";

const versionOf = (name) =>
  JSON.parse(readFileSync(join(TOOLS, name, "package.json"), "utf8")).version;

/** Asks the Worker once; its answer is what came out. */
async function ask(url, { signal }, by) {
  const answer = await fetch(url, { signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the Worker answered with ${answer.status}: ${text}`);
  const version = `${versionOf("workerd")} (${by} ${versionOf(by)})`;
  return { version, ...JSON.parse(text) };
}

/** As a bundler makes a Worker: the `workerd` condition, and the .wasm as a file beside it. */
async function bundle({ project }) {
  const { build } = await import("esbuild");
  const outdir = join(project, "bundle");
  await build({
    absWorkingDir: project,
    entryPoints: ["worker.mjs"],
    outdir,
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    loader: { ".wasm": "copy" },
    logLevel: "silent",
  });
  return outdir;
}

async function miniflare(kit) {
  const { Miniflare } = await import("miniflare");
  const { token } = await startService(kit);
  const folder = await bundle(kit);
  const worker = new Miniflare({
    modules: true,
    modulesRoot: folder,
    modulesRules: [
      { type: "ESModule", include: ["**/*.js"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    scriptPath: join(folder, "worker.js"),
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: { OP_TOKEN: token },
    cf: false,
  });
  kit.defer(() => worker.dispose());
  return ask(await worker.ready, kit, "miniflare");
}

async function wrangler(kit) {
  const { token } = await startService(kit);
  const config = {
    name: "suite",
    main: "worker.mjs",
    compatibility_date: COMPATIBILITY_DATE,
  };
  writeFileSync(join(kit.project, "wrangler.json"), JSON.stringify(config));
  writeFileSync(join(kit.project, ".dev.vars"), `OP_TOKEN=${token}\n`);
  const tool = join(TOOLS, "wrangler/bin/wrangler.js");
  const options = ["--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
  options.push("--persist-to", join(kit.env.HOME, "state"), "--show-interactive-dev-session=false");
  const ready = (line) => /Ready on (http:\S+)/.exec(line)?.[1];
  const url = await startHelper(kit, [tool, "dev", ...options], ready, kit.env);
  return ask(url, kit, "wrangler");
}

export const WORKERS = { miniflare, wrangler };
