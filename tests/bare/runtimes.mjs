// The runtimes of tests/runtime, with the bare module in place of the package.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TSC } from "../../scripts/build.mjs";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { Failure } from "../../scripts/lib/run.mjs";
import { PACK_FOLDER } from "../../scripts/lib/wasm.mjs";
import { inBrowser } from "../runtime/lib/browsers.mjs";
import { startService } from "../runtime/lib/helpers.mjs";
import { processes } from "../runtime/lib/processes.mjs";
import { bundleWorker, startWorker, versionOf } from "../runtime/lib/workers.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SHARED = ["checks.mjs", "service.mjs", "page.html", "page.mjs", "page_worker.mjs"];
const MODULE = ["op.js", "op_bg.wasm", "op.d.ts"];
const service = { long: true };

/**
 * Lays out the module and the suite below `folder`, and nothing of js/ or dist/: the emulator, which
 * is another process, is the built one.
 */
export function makeProject(folder) {
  const built = [join(PACK_FOLDER, "op_bg.wasm"), join(ROOT, "dist/emulator/index.js")];
  if (!built.every(existsSync)) throw new Failure("There is no build: run `npm run build` first.");
  const project = join(folder, "project");
  mkdirSync(join(project, "pkg"), { recursive: true });
  for (const name of MODULE) cpSync(join(PACK_FOLDER, name), join(project, "pkg", name));
  for (const name of SHARED) cpSync(join(HERE, "../runtime", name), join(project, name));
  for (const name of readdirSync(HERE)) cpSync(join(HERE, name), join(project, name));
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  return { project, served: ROOT };
}

async function workerd(kit) {
  const { token } = await startService(kit, service);
  const folder = join(kit.project, "bundle");
  await bundleWorker(kit.project, folder);
  const worker = await startWorker(folder, { bindings: { OP_TOKEN: token } });
  kit.defer(() => worker.dispose());
  const answer = await fetch(await worker.ready, { signal: kit.signal });
  const text = await answer.text();
  if (!answer.ok) throw new Failure(`the Worker answered with ${answer.status}: ${text}`);
  return { version: versionOf("workerd"), ...JSON.parse(text) };
}

const browsers = (name) => ({
  [name]: inBrowser(name, service),
  [`${name}-worker`]: inBrowser(name, { ...service, asked: { worker: "" } }),
});

/** By name. TypeScript runs in Node alone. */
export const RUNTIMES = {
  ...processes({ service, denoMay: ["--allow-read=pkg"] }, { service, more: [TSC] }),
  workerd,
  ...browsers("chromium"),
  ...browsers("firefox"),
};
