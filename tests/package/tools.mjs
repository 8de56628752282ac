// The tools that fixtures are built with, where they keep their files, and the service they read.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { withLock } from "../../scripts/lib/lock.mjs";
import { installPackages } from "../../scripts/lib/packages.mjs";
import { CACHE, ROOT } from "../../scripts/lib/paths.mjs";
import { Failure, run } from "../../scripts/lib/run.mjs";
import { filesUnder } from "../../scripts/lib/stamp.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const EXAMPLE = "example-";
const MIGRATED = "compat-";
const FAKE_TIMERS = "fake-timers";
const TIMEOUT_MS = 180_000;
const END_MS = 5_000;

/** The bundlers and their like, as the lock file here has them. */
export function installTools() {
  return withLock(CACHE, () => installPackages({ folder: HERE, name: "tools of the projects" }));
}

/** Where its files are: here, or for users to read. */
export function fixtureFolder(name) {
  if (name.startsWith(EXAMPLE)) return join(ROOT, "examples", name.slice(EXAMPLE.length));
  // The frameworks have their cases in common.
  if (name.startsWith(FAKE_TIMERS)) return join(HERE, "fixtures", FAKE_TIMERS);
  return join(HERE, "fixtures", name.replace(MIGRATED, ""));
}

/** Lays its files into a project. */
export function copyFixture(name, cwd) {
  if (!existsSync(fixtureFolder(name))) return;
  cpSync(fixtureFolder(name), cwd, { recursive: true });
  if (name.startsWith(MIGRATED)) filesUnder(fixtureFolder(name)).map((file) => migrate(cwd, file));
}

/** Rewrites a program for `onepassword-edge/compat`, where it uses the main entry. */
function migrate(cwd, file) {
  const at = join(cwd, relative(fixtureFolder(basename(cwd)), file));
  const source = readFileSync(at, "utf8");
  const migrated = source
    .replace(/Client(?= \} (from|=) .*"onepassword-edge")/, "createClient")
    .replace('"onepassword-edge"', '"onepassword-edge/compat"')
    .replace("Client.authenticate(", "createClient(")
    .replace(/ *client\.close\(\);\n/, "");
  if (migrated.includes("/compat")) writeFileSync(at, migrated);
}

/** A file or folder of an installed tool. */
export const toolFile = (path) => join(MODULES, path);

/** A tool's package, where the project looks for it; `{ name: folder }` for one from elsewhere. */
export function link(fixture, ...packages) {
  for (const each of packages) {
    const folders = typeof each === "string" ? { [each]: toolFile(each) } : each;
    for (const [name, folder] of Object.entries(folders)) {
      const at = join(fixture.cwd, "node_modules", name);
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(folder, at, "junction");
    }
  }
}

/** Its install script moves it from one to the other, where install scripts may run. */
function bunProgram() {
  const own = toolFile(`@oven/bun-${process.platform}-${process.arch}/bin/bun`);
  return existsSync(own) ? own : toolFile("bun/bin/bun.exe");
}

/** Its install script puts the program in the place of the script that finds it. */
function esbuildProgram() {
  const name = process.platform === "win32" ? "esbuild.exe" : "bin/esbuild";
  return toolFile(`@esbuild/${process.platform}-${process.arch}/${name}`);
}

/** What a tool's name stands for: a program, and what comes before its arguments. */
const PROGRAMS = {
  attw: [process.execPath, toolFile("@arethetypeswrong/cli/dist/index.js")],
  bun: [bunProgram()],
  deno: [process.execPath, toolFile("deno/bin.cjs")],
  esbuild: [esbuildProgram()],
  jest: [process.execPath, toolFile("jest/bin/jest.js")],
  "jest-modules": [process.execPath, "--experimental-vm-modules", toolFile("jest/bin/jest.js")],
  next: [process.execPath, toolFile("next/dist/bin/next")],
  node: [process.execPath],
  publint: [process.execPath, toolFile("publint/src/cli.js")],
  rollup: [process.execPath, toolFile("rollup/dist/bin/rollup")],
  "ts-node": [process.execPath, toolFile("ts-node/dist/bin.js")],
  tsx: [process.execPath, toolFile("tsx/dist/cli.mjs")],
  tsc: [process.execPath, toolFile("typescript/bin/tsc")],
  tsc54: [process.execPath, toolFile("typescript54/bin/tsc")],
  vite: [process.execPath, toolFile("vite/bin/vite.js")],
  vitest: [process.execPath, toolFile("vitest/vitest.mjs")],
  webpack: [process.execPath, toolFile("webpack-cli/bin/cli.js")],
  wrangler: [process.execPath, toolFile("wrangler/bin/wrangler.js")],
};

/** Tools keep settings and caches in the user's folders: give them a folder of ours. */
export function environment(home, { token, url }) {
  return {
    ...process.env,
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_DATA_HOME: join(home, "data"),
    CI: "1",
    NO_COLOR: "1",
    DENO_DIR: join(home, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    DO_NOT_TRACK: "1",
    NEXT_IGNORE_INCORRECT_LOCKFILE: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    WRANGLER_LOG_PATH: join(home, "wrangler"),
    WRANGLER_SEND_METRICS: "false",
    OP_SERVICE_ACCOUNT_TOKEN: token,
    ONEPASSWORD_EDGE_EMULATOR: url,
  };
}

/** Runs a tool to its end; resolves to what it printed. */
export async function runTool(name, args, { cwd, env }) {
  const own = [join(cwd, "node_modules/.bin", name)];
  const [command, ...first] = PROGRAMS[name] ?? (existsSync(own[0]) ? own : [name]);
  const options = { cwd, env, timeout: TIMEOUT_MS, killSignal: "SIGKILL" };
  return await run(command, [...first, ...args], options);
}

/** Starts a tool that serves, waits until it prints its address, and ends it after `work(address)`. */
export async function serving(name, args, { cwd, env }, work) {
  const [command, ...first] = PROGRAMS[name];
  const options = { cwd, env, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(command, [...first, ...args], options);
  const said = { text: "" };
  try {
    return await work(await addressOf(child, said));
  } catch (error) {
    throw new Failure(`${said.text.trimEnd()}\n${error.message}`);
  } finally {
    await end(child);
  }
}

function addressOf(child, said) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("It printed no address.")), TIMEOUT_MS);
    const read = (chunk) => {
      said.text += chunk;
      const [address] = said.text.match(/http:\/\/(localhost|127\.0\.0\.1):\d+/) ?? [];
      if (address) resolve(address);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      reject(new Error(`It ended with ${code}.`));
    });
  });
}

/** Asks it to end, so that it ends what it started itself; does not ask for long. */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
  await ended;
  clearTimeout(timer);
}

/** A folder far from any node_modules, for what must run without; removed after `work`. */
export async function elsewhere(work) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The emulator, in a process of its own; ends after `work(token)`. */
export async function withService(work) {
  const program = join(ROOT, "tests/runtime/service.mjs");
  const child = spawn(process.execPath, [program, ROOT], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    for await (const line of createInterface(child.stdout)) {
      return await work(JSON.parse(line));
    }
    throw new Failure("tests/runtime/service.mjs printed nothing.");
  } finally {
    child.stdin.end();
  }
}

/** An empty folder. */
export function fresh(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
