// The checks of `npm run check` on what is published: its size, its files, its words.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { ACTION } from "./action.mjs";
import { COMMAND } from "./command.mjs";
import { CARGO_HOME, cargoToml, packageJson, ROOT } from "./paths.mjs";
import { Failure, run } from "./run.mjs";
import { filesUnder } from "./stamp.mjs";

const KIB = 1024;
/** Of the wasm module, gzipped. */
export const BUDGET_KIB = 206;
/** Of the command, as it is: Node reads all of it each time it is called. */
const COMMAND_BUDGET_KIB = 244;
/** Of what of `onepassword-edge/env` comes into a Worker with these exports, minified and gzipped. */
const ENV_BUDGETS_KIB = { resolveEnv: 4, "*": 7.2 };
const DIST = join(ROOT, "dist");
// Beside dist/ a package holds these and nothing else.
const PAPERS = /^(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE[\w-]*)$/;

const kib = (bytes) => `${(bytes / KIB).toFixed(1)} KiB`;
const zipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

async function size() {
  const wasm = readFileSync(join(DIST, "wasm/op.wasm"));
  const rows = [
    ["wasm, gzipped,", zipped(wasm), BUDGET_KIB],
    [COMMAND, statSync(join(DIST, COMMAND)).size, COMMAND_BUDGET_KIB],
  ];
  for (const [name, budget] of Object.entries(ENV_BUDGETS_KIB)) {
    rows.push([`env: ${name}, gzipped,`, zipped(await bundled("env.js", name)), budget]);
  }
  const told = rows.map(([what, bytes, budget]) => `${what} ${kib(bytes)} of ${budget} KiB`);
  const over = told.filter((_, at) => rows[at][1] > rows[at][2] * KIB);
  if (over.length > 0) throw new Failure(`Over its budget: ${over.join("; ")}.`);
  return `${kib(wasm.length)} of wasm; ${told.join("; ")}`;
}

/** What a program that imports this name of a file of the package carries. */
async function bundled(file, name) {
  const { build } = await import("esbuild");
  const what = name === "*" ? "*" : `{ ${name} }`;
  const { outputFiles } = await build({
    stdin: { contents: `export ${what} from "./${file}";`, resolveDir: DIST },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

// A path tells who built it and where, and makes two builds of one source differ.
function machinePaths() {
  const registries = join(CARGO_HOME, "registry/src");
  const names = existsSync(registries) ? readdirSync(registries) : [];
  // "/" is the home folder of some containers, and in every path.
  const words = [homedir(), CARGO_HOME, ROOT, ...names, "/usr/src/", "/home/", "/Users/"];
  return [...new Set(words)].filter((word) => word.length > 2);
}

function paths() {
  const words = machinePaths();
  const found = [];
  for (const file of [...filesUnder(DIST), ACTION]) {
    const content = readFileSync(file);
    const word = words.find((each) => content.includes(each));
    if (word) found.push(`${relative(ROOT, file)} holds "${word}"`);
  }
  if (found.length > 0)
    throw new Failure(`A path of this machine is in what was built: ${found.join("; ")}.`);
}

const EVALUATES = /\bnew\s+Function\b|\beval\s*\(/;

/** Vercel's edge build rejects code that evaluates strings, even if it never runs. */
function noEval() {
  const files = filesUnder(DIST).filter((path) => path.endsWith(".js"));
  const found = files.filter((path) => EVALUATES.test(readFileSync(path, "utf8")));
  if (found.length === 0) return;
  const names = found.map((path) => relative(ROOT, path)).join(", ");
  throw new Failure(`These files use eval or new Function: ${names}.`);
}

async function contents() {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"];
  const { stdout } = await run(npm, args, { cwd: ROOT });
  // An array up to npm 11, an object by package name after it.
  const [pack] = Object.values(JSON.parse(stdout));
  const names = pack.files.map((file) => file.path);
  const strange = names.filter((name) => !name.startsWith("dist/") && !PAPERS.test(name));
  if (strange.length > 0) throw new Failure(`Not for the package: ${strange.join(", ")}.`);
  const { exports, bin } = packageJson();
  const papers = ["README.md", "CHANGELOG.md", "LICENSE"];
  const missing = [...exported(exports), ...exported(bin), ...papers].filter(
    (name) => !names.includes(name),
  );
  if (missing.length > 0) throw new Failure(`Missing in the package: ${missing.join(", ")}.`);
  for (const path of exported(bin)) checkProgram(path);
  return `${names.length} files, ${kib(pack.size)} packed`;
}

/** npm makes it executable where it installs it; whoever unpacks it does not. */
function checkProgram(path) {
  const starts = readFileSync(join(ROOT, path), "utf8").startsWith("#!/usr/bin/env node\n");
  const { mode } = statSync(join(ROOT, path));
  // Windows has no such modes.
  const isExecutable = process.platform === "win32" || (mode & 0o777) === 0o755;
  if (!starts || !isExecutable) throw new Failure(`${path} cannot be run as a program.`);
}

function exported(entry) {
  if (typeof entry === "string") return [entry.replace("./", "")];
  return Object.values(entry).flatMap(exported);
}

function versions() {
  const { version } = packageJson();
  const crate = cargoToml(/^version = "(.+)"/m);
  if (crate !== version) {
    throw new Failure(`Cargo.toml has version ${crate}, package.json ${version}: make them equal.`);
  }
  const changelog = join(ROOT, "CHANGELOG.md");
  const text = existsSync(changelog) ? readFileSync(changelog, "utf8") : "";
  if (!text.split("\n").some((line) => line.startsWith("##") && line.includes(version))) {
    throw new Failure(`CHANGELOG.md has no heading for ${version}: write what changed.`);
  }
}

export const PACKAGE_CHECKS = { size, paths, "no-eval": noEval, package: contents, versions };
