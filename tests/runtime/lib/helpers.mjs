// Processes beside the suite: the emulator, a relay, whatever says in a line that it is ready.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Failure } from "../../../scripts/lib/run.mjs";

const LAST_WORDS = 2_000;

/**
 * Starts a program and resolves to what `find` makes of the first line that it makes something of.
 * It ends with the run, and with this process at the latest.
 */
export async function startHelper({ project, defer }, args, find, env = process.env) {
  const child = spawn(process.execPath, args, { cwd: project, env, stdio: "pipe" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const kill = () => child.kill();
  process.once("exit", kill);
  defer(() => {
    process.removeListener("exit", kill);
    kill();
    return ended;
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      said += `${line}\n`;
      const found = find(line);
      if (found) resolve(found);
    });
    ended.then(() => reject(new Failure(`${args[0]} ended:\n${said.slice(-LAST_WORDS)}`)));
  });
}

const parseLine = (line) => line.startsWith("{") && JSON.parse(line);

/** The emulator in a process of its own: `{ url, token, pid }`. */
export function startService(kit, { cors = true, slow = false, long = false } = {}) {
  const args = ["service.mjs", kit.served];
  if (!cors) args.push("--no-cors");
  if (slow) args.push("--slow");
  if (long) args.push("--long");
  return startHelper(kit, args, parseLine);
}

/** A relay that forwards to this service alone, for pages of this origin: its address. */
export async function startRelay(kit, origin, service) {
  const args = ["relay.mjs", origin, new URL(service.url).host];
  const { url } = await startHelper(kit, args, parseLine);
  return url;
}
