// The suites in workerd, with a namespace of Workers KV as Workers have it.
import { join } from "node:path";
import { bundleWorker, startWorker, versionOf } from "../runtime/lib/workers.mjs";
import { HERE } from "./kit.mjs";
import { startUpstash } from "./upstash.mjs";

async function start(kit, bindings = {}) {
  const folder = join(kit.folder, "worker");
  await bundleWorker(HERE, folder);
  const worker = await startWorker(folder, { bindings, kvNamespaces: ["STORE"] });
  kit.defer(() => worker.dispose());
  return worker;
}

/** A namespace, for what is outside of the Worker. */
export async function startNamespace(kit) {
  const worker = await start(kit);
  return await worker.getKVNamespace("STORE");
}

const inWorker = (path, bindingsOf) => async (kit) => {
  const worker = await start(kit, await bindingsOf(kit));
  const answer = await fetch(new URL(path, await worker.ready), { signal: kit.signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the Worker answered with ${answer.status}: ${text}`);
  return { version: versionOf("workerd"), ...JSON.parse(text) };
};

export const WORKERS = { kv: inWorker("/kv", () => ({})) };
export const UPSTASH_IN_WORKERS = {
  "upstash-workerd": inWorker("/upstash", async (kit) => ({ UPSTASH: await startUpstash(kit) })),
};
