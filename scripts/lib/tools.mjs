// The command-line tools that the build needs, compiled once into the user's cache folder.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CACHE, cargoToml } from "./paths.mjs";
import { run, step } from "./run.mjs";

// They run for a second each: compiling them fast matters more than what they do in it.
const QUICK_PROFILE = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
  CARGO_PROFILE_RELEASE_DEBUG: "0",
  CARGO_PROFILE_RELEASE_STRIP: "symbols",
};

const TOOLS = {
  "wasm-pack": { version: "0.15.1", args: ["--locked"] },
  // The generated glue and the crate have to be of one version. Without --locked: its lock file
  // asks for releases that are not there.
  "wasm-bindgen-cli": {
    version: () => cargoToml(/^wasm-bindgen = .*"=([\d.]+)"/m),
    args: ["--bin", "wasm-bindgen"],
  },
  // Runs the tests that are compiled to wasm.
  "wasm-bindgen-test-runner": {
    version: () => cargoToml(/^wasm-bindgen = .*"=([\d.]+)"/m),
    crate: "wasm-bindgen-cli",
    args: ["--bin", "wasm-bindgen-test-runner"],
  },
  "cargo-fuzz": { version: "0.13.2", args: ["--locked"] },
  "cargo-deny": { version: "0.20.2", args: ["--locked", "--no-default-features"] },
};

const versionOf = ({ version }) => (typeof version === "function" ? version() : version);
const folderOf = (name) => join(CACHE, "tools", `${name}-${versionOf(TOOLS[name])}`);

/** Names and versions, for the hash of what is built with them. */
export const toolIds = (names) => names.map((name) => `${name} ${versionOf(TOOLS[name])}`);

/** Compiles the tools that are missing and returns the environment that finds them all. */
export async function withTools(names, env) {
  const missing = names.filter((name) => !existsSync(folderOf(name)));
  for (const name of missing) {
    await step(`${name} ${versionOf(TOOLS[name])}`, () => install(name, env));
  }
  if (missing.length > 0) rmSync(join(CACHE, "build"), { recursive: true, force: true });
  const folders = names.map((name) => join(folderOf(name), "bin"));
  return { ...env, PATH: [...folders, env.PATH].join(delimiter) };
}

async function install(name, env) {
  const folder = folderOf(name);
  const draft = `${folder}.part`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const version = versionOf(TOOLS[name]);
  const { crate = name, args: more } = TOOLS[name];
  const args = ["install", crate, "--version", version, ...more];
  // One target folder for all: what they share is compiled once, and an interrupted run goes on.
  args.push("--no-track", "--root", draft, "--target-dir", join(CACHE, "build"));
  // Not in the repository: its rust-toolchain.toml and .cargo are not meant for the tools.
  await run("cargo", args, { cwd: CACHE, env: { ...env, ...QUICK_PROFILE } });
  renameSync(draft, folder);
}
