// The checks of `npm run check` that a tool does: each resolves, or rejects with what is wrong.
import { join } from "node:path";
import { programOf } from "./packages.mjs";
import { ROOT } from "./paths.mjs";
import { ask, run } from "./run.mjs";
import { TARGET } from "./toolchain.mjs";
import { BUILD_STD, BUILD_STD_ENV, locked } from "./wasm.mjs";

const BIOME = programOf("@biomejs/biome/bin/biome");
const TSC = programOf("typescript/bin/tsc");
const WASM = ["--release", "--target", TARGET, ...BUILD_STD];

const cargo = ({ env }, args, more = {}) =>
  run("cargo", args, { cwd: ROOT, env: { ...env, ...more } });
const node = (...args) => run(process.execPath, args, { cwd: ROOT });

async function fmt({ toolchain, fix }) {
  const { env } = toolchain;
  if (!ask("cargo", ["fmt", "--version"], { env, cwd: ROOT })) return "skipped: no rustfmt";
  await cargo(toolchain, ["fmt", ...(fix ? [] : ["--check"])]);
}

function clippy({ toolchain, fix }, args, env) {
  const fixing = fix ? ["--fix", "--allow-dirty", "--allow-staged"] : [];
  const all = ["clippy", ...locked(), ...fixing, ...args, "--", "-D", "warnings"];
  return cargo(toolchain, all, env);
}

// Private items too: the essays that explain the core link to them. Twice, because what names
// JavaScript exists for wasm32 alone.
async function doc({ toolchain }) {
  const strict = { RUSTDOCFLAGS: "-D warnings" };
  const args = ["doc", ...locked(), "--no-deps", "--document-private-items"];
  await cargo(toolchain, args, strict);
  await cargo(toolchain, [...args, ...WASM], { ...strict, ...BUILD_STD_ENV });
}

const deny = ({ toolchain }, ...what) =>
  cargo(toolchain, ["deny", "--log-level", "error", "check", "--hide-inclusion-graph", ...what]);

async function types() {
  for (const project of ["js", "js/node", "js/emulator", "js/action", "js/cli"]) {
    await node(TSC, "-p", join(ROOT, project), "--noEmit");
  }
}

async function lint({ fix }) {
  const how = process.env.CI ? "ci" : "check";
  await node(BIOME, ...(fix ? ["check", "--write"] : [how]), "--error-on-warnings", ".");
}

/** What CI does not mend: both workspaces' Cargo.lock. */
async function locks({ toolchain }) {
  for (const folder of [".", "fuzz"]) {
    const manifest = join(ROOT, folder, "Cargo.toml");
    const args = ["metadata", "--locked", "--format-version=1", "--manifest-path", manifest];
    await cargo(toolchain, args);
  }
}

/** That they compile. What runs them is `npm run fuzz`. */
async function fuzz({ toolchain }) {
  if (!ask("c++", ["--version"])) return "skipped: no C++ compiler";
  await cargo(toolchain, ["check", ...locked(), "--manifest-path", join(ROOT, "fuzz/Cargo.toml")], {
    RUSTFLAGS: "-D warnings",
  });
}

/** In the order of what fails soonest. */
export const TOOL_CHECKS = {
  locks,
  fmt,
  lint,
  types,
  clippy: (context) => clippy(context, ["--all-targets"]),
  // In release, because the build has compiled the macros and build scripts for that already.
  "clippy-wasm": (context) => clippy(context, ["--lib", ...WASM], BUILD_STD_ENV),
  fuzz,
  doc,
  deny: (context) => deny(context, "licenses", "bans", "sources"),
};

/** Only by name: it needs the advisory database, which is not reachable everywhere. */
export const OPTIONAL_CHECKS = { advisories: (context) => deny(context, "advisories") };
