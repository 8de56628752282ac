// workerd, which compiles no bytes: only the package's own entry for it, with its .wasm, can pass.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHelper, startService } from "./helpers.mjs";
import { TOOLS } from "./project.mjs";

const COMPATIBILITY_DATE = "2026-04-01";

export const versionOf = (name) =>
  JSON.parse(readFileSync(join(TOOLS, name, "package.json"), "utf8")).version;

/** Requests that come at the same time, and meet a service that takes its time. */
const AT_ONCE = 8;

/**
 * Many requests share a client: cold, with a session, and when the session has ended. workerd ends
 * a request that waits for what another is doing.
 */
async function shareClient(url, { signal }, { pid }, results) {
  for (const state of ["cold", "signed in", "session ended"]) {
    if (state === "session ended") process.kill(pid, "SIGUSR2");
    const asked = Array.from({ length: AT_ONCE }, async () => {
      const answer = await fetch(new URL("/shared", url), { signal });
      return await answer.text();
    });
    const odd = (await Promise.all(asked)).filter((text) => text !== "grüße");
    if (odd.length === 0) results.passed += 1;
    else results.failed.push(`${odd.length} of ${AT_ONCE} requests at once, ${state}: ${odd[0]}`);
  }
}

/** What one request has stored, the next one takes up: workerd ends what goes on after an answer. */
async function keepSession(url, { signal }, results) {
  for (const expected of ["1 sign-ins, 0 resumed", "0 sign-ins, 1 resumed"]) {
    const answer = await fetch(new URL("/anew", url), { signal });
    const text = await answer.text();
    if (text === expected) results.passed += 1;
    else results.failed.push(`a session in KV: ${text}, not ${expected}`);
  }
}

/** Asks the Worker for the suite; its answer is what came out. */
async function ask(url, kit, service, by) {
  const { signal } = kit;
  const answer = await fetch(url, { signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the Worker answered with ${answer.status}: ${text}`);
  const version = `${versionOf("workerd")} (${by} ${versionOf(by)})`;
  const results = JSON.parse(text);
  await shareClient(url, kit, service, results);
  await keepSession(url, kit, results);
  return { version, ...results };
}

/** A program as a bundler makes a Worker: the `workerd` condition, and the .wasm beside it. */
export async function bundleWorker(folder, outdir, program = "worker.mjs") {
  const { build } = await import("esbuild");
  return await build({
    absWorkingDir: folder,
    entryPoints: [program],
    outdir,
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["cloudflare:workers"],
    loader: { ".wasm": "copy" },
    logLevel: "silent",
    metafile: true,
  });
}

/** A workerd with the Worker that was bundled into the folder. */
export async function startWorker(folder, more) {
  return await startMiniflare({ ...workerIn(folder), cf: false, ...more });
}

/** What Miniflare is told of a Worker that was bundled into the folder. */
export const workerIn = (folder, program = "worker.js") => ({
  modules: true,
  modulesRoot: folder,
  modulesRules: [
    { type: "ESModule", include: ["**/*.js"] },
    { type: "CompiledWasm", include: ["**/*.wasm"] },
  ],
  scriptPath: join(folder, program),
  compatibilityDate: COMPATIBILITY_DATE,
});

export async function startMiniflare(config) {
  const { Miniflare } = await import("miniflare");
  return new Miniflare(config);
}

async function miniflare(kit) {
  const service = await startService(kit, { slow: true });
  const folder = join(kit.project, "bundle");
  await bundleWorker(kit.project, folder);
  const bindings = { OP_TOKEN: service.token };
  const worker = await startWorker(folder, { bindings, kvNamespaces: ["SESSIONS"] });
  kit.defer(() => worker.dispose());
  return ask(await worker.ready, kit, service, "miniflare");
}

async function wrangler(kit) {
  const service = await startService(kit, { slow: true });
  const config = {
    name: "suite",
    main: "worker.mjs",
    compatibility_date: COMPATIBILITY_DATE,
    kv_namespaces: [{ binding: "SESSIONS", id: "sessions" }],
  };
  writeFileSync(join(kit.project, "wrangler.json"), JSON.stringify(config));
  writeFileSync(join(kit.project, ".dev.vars"), `OP_TOKEN=${service.token}\n`);
  const tool = join(TOOLS, "wrangler/bin/wrangler.js");
  const options = ["--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
  options.push("--persist-to", join(kit.env.HOME, "state"), "--show-interactive-dev-session=false");
  const ready = (line) => /Ready on (http:\S+)/.exec(line)?.[1];
  const url = await startHelper(kit, [tool, "dev", ...options], ready, kit.env);
  return ask(url, kit, service, "wrangler");
}

export const WORKERS = { miniflare, wrangler };
