// The built command as a process, against the emulator over HTTP.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEmulator } from "../../dist/emulator/index.js";
import { readToken } from "../emulator/raw_client.mjs";

export const COMMAND = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
export const SECRET = "the-secret-of-the-tests";
export const REFERENCE = "op://app/database/password";
/** No text, and too long for a pipe to take at once. */
export const BYTES = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7) % 256);
export const EMAIL = "tests@1passwordserviceaccounts.example";
const ACCOUNT = {
  email: EMAIL,
  vaults: [
    {
      name: "app",
      items: [
        {
          title: "database",
          username: "admin",
          password: SECRET,
          fields: [
            { title: "with break", value: "one\ntwo\n" },
            { title: "empty", value: "" },
            { title: "colored", value: "\u001b[31mred" },
          ],
          files: [
            { name: "photo.bin", content: BYTES },
            { name: "note.txt", content: "no break at the end" },
          ],
        },
        { title: "tab\tand \u001b[2Jescape", category: "SecureNote" },
      ],
    },
    { name: "empty \u202evault", items: [] },
  ],
};

/** Long enough for a machine that has much else to do. */
const LIMIT_MS = 120_000;
const POLL_MS = 20;

/** A service that listens until the test ends; a token for it, and what no output may hold. */
export async function serve(t, options = {}) {
  const emulator = await createEmulator({ account: ACCOUNT, ...options });
  const server = await emulator.serve();
  t.after(() => server.close());
  const { srpX, muk, secretKey, throttleSecret } = readToken(server.token);
  const secrets = [server.token, srpX, muk.k, secretKey, throttleSecret.seed];
  const env = { OP_SERVICE_ACCOUNT_TOKEN: server.token };
  const run = async (args, more = {}) => {
    const ended = await start(args, { ...more, env: { ...env, ...more.env } }).ended;
    checkTellsNothing(ended, secrets);
    return ended;
  };
  return { emulator, server, token: server.token, env, secrets, run };
}

export function checkTellsNothing({ stdout, stderr }, secrets) {
  for (const secret of secrets) {
    assert.ok(!stdout.includes(secret) && !stderr.includes(secret), "a part of the token is told");
  }
}

/** A folder of the test. */
export function folderOf(t) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of the tests, without what changes how the command behaves. */
function environment(more) {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^(OP_|NO_COLOR|FORCE_COLOR|NODE_|.*_proxy$|TERM$)/i.test(name)) delete env[name];
  }
  const all = { ...env, TERM: "xterm", ...more };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Starts the command; `ended` has its exit code, its signal, and what it wrote. */
export function start(args, options = {}) {
  return startProgram(process.execPath, [COMMAND, ...args], options);
}

export function startProgram(program, args, { env = {}, cwd, input = "", stdin = "pipe" } = {}) {
  const stdio = [stdin, "pipe", "pipe"];
  const child = spawn(program, args, { env: environment(env), cwd, stdio });
  const seen = { stdout: [], stderr: [] };
  child.stdout.on("data", (piece) => seen.stdout.push(piece));
  child.stderr.on("data", (piece) => seen.stderr.push(piece));
  const text = (name) => Buffer.concat(seen[name]).toString("utf8");
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const bytes = Buffer.concat(seen.stdout);
      resolve({ code, signal, stdout: text("stdout"), stderr: text("stderr"), bytes });
    });
  });
  // A child that does not read its input is no failure.
  child.stdin?.on("error", () => {});
  if (input !== null) child.stdin?.end(input);
  return { child, ended, text };
}

/** Every command that the help lists, in the order of the alphabet. */
export async function commandNames() {
  const { stdout } = await start(["--help"]).ended;
  const [, rows] = /\nCommands:\n((?: {2}.*\n)+)/.exec(stdout);
  const names = [...rows.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name).sort();
  assert.ok(names.length > 5);
  return names;
}

/** As a shell says it, with the command as `$0`. */
export function shell(script, options = {}) {
  return startProgram("bash", ["-c", script, COMMAND], options).ended;
}

/** Why a test that needs a terminal is skipped, or false. */
export const noTerminal =
  spawnSync("script", ["-qec", "true", "/dev/null"], { input: "" }).status !== 0 &&
  "util-linux's script is not installed";

/** Runs a shell script in a pseudo-terminal, with the command as `$0`: what it shows is stdout. */
export function startTerminal(script, options = {}) {
  const quoted = `bash -c '${script.replaceAll("'", "'\\''")}' ${COMMAND}`;
  return startProgram("script", ["-qec", quoted, "/dev/null"], { ...options, input: null });
}

/** Waits until something is so. */
export async function until(condition, what) {
  const end = Date.now() + LIMIT_MS;
  while (!condition()) {
    if (Date.now() > end) assert.fail(`not within ${LIMIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The errors of `--json`, one a line. */
export const errorsOf = ({ stderr }) =>
  stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
