// Finds or makes the one Rust toolchain that serves the host and wasm32.
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CACHE, CARGO_HOME, cargoToml, ROOT } from "./paths.mjs";
import { ask, Failure, run, step } from "./run.mjs";

export const TARGET = "wasm32-unknown-unknown";
const KINDS = ["system", "debian", "rustup"];
const DEBIAN_FOLDER = join(CACHE, "toolchain");
// What debian-toolchain.sh exits with where Debian's packages are missing or too old.
const NOT_HERE = 3;

// rustup must not replace a user's toolchain because this repository has a rust-toolchain.toml.
const ASK_ENV = { ...process.env, RUSTUP_AUTO_INSTALL: "0" };
// Outside the repository, so that its rust-toolchain.toml says nothing about what is installed.
const askRust = (command, args) => ask(command, args, { cwd: tmpdir(), env: ASK_ENV });

const minimum = () => cargoToml(/^rust-version = "([\d.]+)"/m);

function isOldEnough(version, least) {
  const [major, minor] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/**
 * The compiler that the user has: its version, its name in rustup, and whether it knows wasm32 and has
 * the source of its standard library, which the build compiles anew.
 */
function installed() {
  const version = askRust("rustc", ["--version"])?.split(" ")[1];
  if (!version) return undefined;
  const folder = join(askRust("rustc", ["--print", "sysroot"]) ?? "", "lib/rustlib");
  const isComplete = [`${TARGET}/lib`, "src/rust/library/std"].every((n) =>
    existsSync(join(folder, n)),
  );
  const name = askRust("rustup", ["show", "active-toolchain"])?.split(" ")[0];
  return { version, isComplete, name };
}

function systemEnv({ name }) {
  return name ? { RUSTUP_TOOLCHAIN: name } : {};
}

function findSystem() {
  const rust = installed();
  if (!rust?.isComplete || !isOldEnough(rust.version, minimum())) return undefined;
  return systemEnv(rust);
}

async function makeDebian() {
  if (process.platform !== "linux" || process.getuid() !== 0) return undefined;
  if (!ask("apt-get", ["--version"])) return undefined;
  const script = join(ROOT, "scripts/debian-toolchain.sh");
  const args = [script, DEBIAN_FOLDER, minimum()];
  if (ask("bash", [...args, "--is-ready"]) === undefined) {
    const made = await step("Rust for wasm32, from Debian's packages", () =>
      run("bash", args).catch((error) => {
        if (error.status === NOT_HERE) return undefined;
        throw error;
      }),
    );
    if (!made) return undefined;
  }
  // Without rustup in between: cargo, rustc and their helpers are found first on PATH.
  return { PATH: [join(DEBIAN_FOLDER, "bin"), process.env.PATH].join(delimiter) };
}

async function addRustup() {
  if (!askRust("rustup", ["--version"])) return undefined;
  const rust = installed();
  if (!rust) {
    const parts = ["clippy", "rustfmt", "rust-src"].flatMap((name) => ["-c", name]);
    parts.push("--profile", "minimal", "-t", TARGET);
    await step("Rust, from rustup", () =>
      run("rustup", ["toolchain", "install", "stable", ...parts]),
    );
    return { RUSTUP_TOOLCHAIN: "stable" };
  }
  // Updating a toolchain is its owner's decision: other projects use it too.
  if (!isOldEnough(rust.version, minimum())) {
    throw new Failure(
      `Rust ${rust.version} is older than ${minimum()}: run \`rustup update stable\`, then try again.`,
    );
  }
  if (!rust.isComplete) {
    await step("Rust for wasm32, from rustup", async () => {
      for (const part of [
        ["target", "add", TARGET],
        ["component", "add", "rust-src"],
      ]) {
        await run("rustup", [...part, "--toolchain", rust.name], { env: ASK_ENV });
      }
    });
  }
  return systemEnv(rust);
}

const FIND = { system: findSystem, debian: makeDebian, rustup: addRustup };

/** The toolchain: how it was found, what to add to the environment, what identifies it. */
export async function findToolchain() {
  const forced = process.env.ONEPASSWORD_EDGE_TOOLCHAIN;
  if (forced && !KINDS.includes(forced)) {
    throw new Failure(`Set ONEPASSWORD_EDGE_TOOLCHAIN to one of ${KINDS.join(", ")}, or unset it.`);
  }
  for (const kind of forced ? [forced] : KINDS) {
    const found = await FIND[kind]();
    if (found) return describe(kind, { ...ASK_ENV, ...found });
  }
  throw new Failure(
    forced
      ? `There is no Rust ≥ ${minimum()} for ${TARGET} with rust-src to be had by "${forced}": unset ONEPASSWORD_EDGE_TOOLCHAIN to try the other ways.`
      : `Rust ≥ ${minimum()} with the target ${TARGET} and the component rust-src is missing: install rustup from https://rustup.rs, then try again.`,
  );
}

function describe(kind, env) {
  // cargo looks for its subcommands in CARGO_HOME first, unless PATH has that folder further back.
  env.PATH = [env.PATH, join(CARGO_HOME, "bin")].join(delimiter);
  // Paths and flags of other projects: a build here is the same for everyone.
  for (const name of ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "RUSTFLAGS", "RUSTC"]) {
    delete env[name];
  }
  const options = { env, cwd: ROOT };
  const version = ask("rustc", ["-vV"], options);
  const sysroot = ask("rustc", ["--print", "sysroot"], options);
  if (!version || !sysroot)
    throw new Failure(`\`rustc -vV\` fails in ${ROOT}: repair the toolchain.`);
  const stamp = join(sysroot, "STAMP");
  const made = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  return { kind, env, sysroot, id: `${version}\n${made}` };
}
