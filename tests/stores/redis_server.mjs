// A Redis server of the tests' own: Debian's package redis-server.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ask, Failure } from "../../scripts/lib/run.mjs";
import { freePort } from "./kit.mjs";

const PROGRAM = "redis-server";
const ATTEMPTS = 3;
/** Nothing is written to disk, and nobody else may come. */
const SETTINGS = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];

/** Undefined where it is not installed. */
export const redisVersion = () => /v=(\S+)/.exec(ask(PROGRAM, ["--version"]) ?? "")?.[1];

/** A node without neighbours does not know its own address. */
const CLUSTER = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"];

/** Starts one on a free port; resolves to `{ port, kill }`. It ends with the run. */
export async function startRedis(kit, { cluster = false } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(kit, cluster);
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce({ defer }, cluster) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const args = ["--port", String(port), "--dir", folder, ...SETTINGS];
  if (cluster) args.push(...CLUSTER, "--cluster-port", String(await freePort()));
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const kill = () => {
    process.removeListener("exit", end);
    end();
    return ended;
  };
  defer(kill);
  let said = "";
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      said += `${line}\n`;
      if (line.includes("Ready to accept connections")) resolve();
    });
    ended.then(() => reject(new Failure(`${PROGRAM} ended:\n${said}`)));
  });
  return { port, kill };
}
