// The service and the clients, each in a process of its own.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../scripts/lib/paths.mjs";
import { ask, run } from "../scripts/lib/run.mjs";
import { fetchCounters } from "./meter.mjs";

const HERE = join(ROOT, "bench");
/** Neither an account of the one who runs it, nor options of a Node that is not the only runtime. */
const ENV = { ...process.env, OP_SERVICE_ACCOUNT_TOKEN: undefined, NODE_OPTIONS: undefined };

/** One core for the client and another for the service, where that can be said. */
export const CAN_PIN = ask("taskset", ["--version"]) !== undefined;
const pinned = (core, words) => (CAN_PIN ? ["taskset", "-c", String(core), ...words] : words);

/** Starts a service and hands it to `work`: `{ token, counters }`; ends it after that. */
export async function withService(options, work, { isPinned = false } = {}) {
  const words = [process.execPath, join(HERE, "service.mjs"), JSON.stringify(options)];
  const [command, ...args] = isPinned ? pinned(1, words) : words;
  const child = spawn(command, args, { env: ENV, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    const line = await Promise.race([
      new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve)),
      ended.then(() => Promise.reject(new Error("The service ended before it was ready."))),
    ]);
    return await work(JSON.parse(line));
  } finally {
    child.stdin.end();
    await ended;
  }
}

/** Runs one scenario in a fresh process; resolves to its measures. */
export async function measureOnce({ given, isCold, isPinned, command = [process.execPath] }) {
  const before = isCold ? await fetchCounters(given.counters) : undefined;
  const words = [...command, join(HERE, "client.mjs"), JSON.stringify({ ...given, before })];
  const [program, ...args] = isPinned ? pinned(0, words) : words;
  const { stdout } = await run(program, args, { cwd: HERE, env: ENV });
  return JSON.parse(stdout);
}
