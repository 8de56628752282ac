// Runs commands: quietly while all goes well, with everything they said when it does not.
import { spawn, spawnSync } from "node:child_process";

const ALIVE_EVERY_MS = 5_000;

/** A failure whose message is all that its reader needs: no stack is shown. */
export class Failure extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** What the command prints on stdout, trimmed; undefined if it fails or does not exist. */
export function ask(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", ...options });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** What a check says that cannot be made here; in CI, where nobody would notice, it fails. */
export function skipped(why, help) {
  if (process.env.CI) throw new Failure(`In CI nothing is skipped: ${why}. ${help}.`);
  return `skipped: ${why}`;
}

/** Runs a command to its end; resolves to its output, rejects with a Failure that holds it. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    const said = { all: "", stdout: "" };
    child.stdout.on("data", (chunk) => {
      said.all += chunk;
      said.stdout += chunk;
      options.echo?.(chunk);
    });
    child.stderr.on("data", (chunk) => {
      said.all += chunk;
      options.echo?.(chunk);
    });
    child.on("error", (error) =>
      reject(new Failure(`${command} could not be started: ${error.message}.`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) resolve(said);
      else reject(blame([command, ...args], code ?? signal, options.echo ? "" : said.all));
    });
  });
}

function blame(words, status, output) {
  const shown = words.join(" ").slice(0, 200);
  return new Failure(`${output.trimEnd()}\n\`${shown}\` failed (${status}).`.trimStart(), status);
}

/** One line of progress on stderr: the name at once, a dot now and then, the seconds at the end. */
export async function step(name, work) {
  const start = performance.now();
  process.stderr.write(`${name} `);
  const dots = setInterval(() => process.stderr.write("."), ALIVE_EVERY_MS);
  try {
    const result = await work();
    process.stderr.write(` ${seconds(start)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write(` failed after ${seconds(start)} s\n`);
    throw error;
  } finally {
    clearInterval(dots);
  }
}

export function seconds(start) {
  const passed = (performance.now() - start) / 1000;
  return passed.toFixed(passed < 10 ? 1 : 0);
}

/** Runs a script's main function; a Failure ends it with its message, anything else with a stack. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}
