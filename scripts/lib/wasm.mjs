// The Rust core as js/wasm/: the module, its glue, and the module as text.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withOwnTimers, withoutDefaultPath, withoutDocs } from "./glue.mjs";
import { namedByLikeness } from "./order.mjs";
import { programOf } from "./packages.mjs";
import { CARGO_HOME, ROOT } from "./paths.mjs";
import { restartable } from "./restart.mjs";
import { Failure, run, step } from "./run.mjs";
import { shortenNames } from "./short_names.mjs";
import { hashOf, unlessStamped } from "./stamp.mjs";
import { TARGET } from "./toolchain.mjs";
import { toolIds } from "./tools.mjs";

export const WASM_FOLDER = join(ROOT, "js/wasm");
/** What wasm-pack makes, and the glue restartable: usable by itself. */
export const PACK_FOLDER = join(ROOT, "target/pkg");
/** The product with the names of its functions, before they are reordered. */
export const NAMED_WASM = join(PACK_FOLDER, "op_named.wasm");
/** Pieces of the core as modules of their own, as the examples in Cargo.toml have them. */
export const GROUP_WASM = join(ROOT, "target/group.wasm");
export const BASE64_WASM = join(ROOT, "target/base64.wasm");
const PIECES = { group: GROUP_WASM, base64: BASE64_WASM };
const WASM_OPT = programOf("binaryen/bin/wasm-opt");

// What engines of the oldest supported runtimes have beyond the first version of wasm, for rustc
// (`+name`, on top of its own defaults, e.g. "+simd128") and for wasm-opt, which has no defaults.
const TARGET_FEATURES = ["+simd128"];
const WASM_OPT_FEATURES = [
  "--enable-bulk-memory",
  "--enable-bulk-memory-opt",
  "--enable-call-indirect-overlong",
  "--enable-multivalue",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-reference-types",
  "--enable-sign-ext",
  "--enable-simd",
];
/**
 * The standard library is compiled with the module, for size, and a panic is a bare trap: its
 * machinery and its texts, which nobody would see, are a tenth of the module. cargo and rustc want
 * to be told that this is meant, because the options are not stable yet.
 */
export const BUILD_STD = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
export const BUILD_STD_ENV = { RUSTC_BOOTSTRAP: "1" };
const NO_PANIC_TEXTS = [
  "-Zunstable-options",
  "-Cpanic=immediate-abort",
  "-Zlocation-detail=none",
  "-Zfmt-debug=none",
];
/**
 * rustc's own inliner, which it leaves out where a crate is optimised for size, for what is
 * smallest: the code is simpler then before LLVM sees it. 2.5 KB gzipped.
 */
const INLINE_THE_SMALLEST = [
  "-Zinline-mir=yes",
  "-Zinline-mir-threshold=20",
  "-Zinline-mir-hint-threshold=30",
];
/** Loops in place of unrolled rounds. */
export const CRATE_OPTIONS = ['sha2_backend_soft="compact"'];
// By measurement, gzipped: -Oz makes 133.5 KiB, -Os 133.1, these 126.9. A function that goes into
// its one caller makes a long one with many locals, which compresses badly.
// Engines ignore how a load says that it is aligned; where all say the same, more of the code
// repeats: 800 bytes gzipped.
const WASM_OPT_OPTIONS = [
  "-Os",
  "--one-caller-inline-max-function-size=20",
  "--converge",
  "--dealign",
  // The lowest KiB is the far end of the stack, where no address is computed from: 270 bytes.
  "--low-memory-unused",
];

/** Only tools read the sections that are stripped. Names aside, they take 230 bytes (gzip -9). */
const FINISH = [
  "--reorder-functions-by-name",
  "--strip-debug",
  "--strip-producers",
  "--strip-target-features",
];

/** Builds js/wasm/ unless it was made of the same sources by the same tools. */
export async function buildWasm(toolchain, tools) {
  const scripts = ["wasm", "wasm_sections", "short_names", "order", "glue", "restart"];
  const inputs = [
    ...["src", "Cargo.toml", "Cargo.lock", "package-lock.json"],
    ...scripts.map((name) => `scripts/lib/${name}.mjs`),
  ];
  const outputs = ["op.wasm", "op.js", "op.d.ts", "op_inline.js", "op_inline.d.ts"];
  const work = {
    stamp: join(ROOT, "target/stamps/wasm"),
    hash: hashOf(
      inputs.map((path) => join(ROOT, path)),
      [toolchain.id, ...toolIds(tools)],
    ),
    outputs: [...outputs.map((name) => join(WASM_FOLDER, name)), NAMED_WASM],
  };
  await unlessStamped(work, async () => {
    await step("crates", () => fetchCrates(toolchain));
    await step("wasm", () => pack(toolchain));
    await step("wasm-opt", optimize);
    writeInline();
  });
}

// First, because the folders of the crates have to be known before the build can hide them.
async function fetchCrates({ env }) {
  const args = ["fetch", ...locked(), "--target", TARGET, ...BUILD_STD];
  await run("cargo", args, { env: { ...env, ...BUILD_STD_ENV }, cwd: ROOT });
}

/** In CI a Cargo.lock that does not fit Cargo.toml is an error; at a desk cargo mends it. */
export const locked = () => (process.env.CI ? ["--locked"] : []);

// Panic messages hold source paths: of this machine, unless they are mapped. The last match wins.
function rustFlags(sysroot) {
  const maps = [
    [homedir(), "~"],
    [CARGO_HOME, "/cargo"],
    [ROOT, "."],
    [sysroot, "/rust"],
  ];
  const std = join(sysroot, "lib/rustlib/src/rust");
  if (existsSync(std)) maps.push([std, "/rust"], [realpathSync(std), "/rust"]);
  const registries = join(CARGO_HOME, "registry/src");
  const names = existsSync(registries) ? readdirSync(registries) : [];
  for (const name of names) maps.push([join(registries, name), "/crates"]);
  const flags = maps.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  flags.push(...NO_PANIC_TEXTS, ...INLINE_THE_SMALLEST);
  for (const option of CRATE_OPTIONS) flags.push("--cfg", option);
  if (TARGET_FEATURES.length > 0) flags.push(`-Ctarget-feature=${TARGET_FEATURES.join(",")}`);
  return flags;
}

// Encoded: a plain RUSTFLAGS is split at spaces, and a path may hold one.
const wasmEnv = ({ env, sysroot }) => ({
  ...env,
  ...BUILD_STD_ENV,
  CARGO_ENCODED_RUSTFLAGS: rustFlags(sysroot).join("\x1f"),
});

/** For tests in wasm: a panic there has to say where it was. */
export const TEST_STD = ["-Zbuild-std=std,panic_abort"];
export const webTestEnv = ({ env }) => ({
  ...env,
  ...BUILD_STD_ENV,
  CARGO_ENCODED_RUSTFLAGS: [
    `-Ctarget-feature=${TARGET_FEATURES.join(",")}`,
    ...CRATE_OPTIONS.flatMap((option) => ["--cfg", option]),
  ].join("\x1f"),
});

async function pack(toolchain) {
  rmSync(PACK_FOLDER, { recursive: true, force: true });
  const names = ["--out-dir", PACK_FOLDER, "--out-name", "op", "--no-pack", "--no-gitignore"];
  const args = ["build", ROOT, "--release", "--target", "web", "--mode", "no-install", "--no-opt"];
  const all = [...args, ...names, "--", ...locked(), ...BUILD_STD];
  await run("wasm-pack", all, { cwd: ROOT, env: wasmEnv(toolchain) });
  const glue = join(PACK_FOLDER, "op.js");
  writeFileSync(glue, restartable(readFileSync(glue, "utf8")));
}

async function optimize() {
  if (!existsSync(WASM_OPT)) throw new Failure("wasm-opt is missing: run `npm ci`.");
  rmSync(WASM_FOLDER, { recursive: true, force: true });
  mkdirSync(WASM_FOLDER, { recursive: true });
  const inPack = (name) => join(PACK_FOLDER, name);
  const [draft, ordered] = [inPack("op_draft.wasm"), inPack("op_ordered.wasm")];
  await wasmOpt(...WASM_OPT_OPTIONS, "-g", inPack("op_bg.wasm"), "-o", draft);
  const [js, dts] = ["op.js", "op.d.ts"].map((name) => readFileSync(inPack(name), "utf8"));
  const short = shortenNames({
    wasm: readFileSync(draft),
    js: withoutDocs(withOwnTimers(withoutDefaultPath(js))),
    dts,
  });
  writeFileSync(join(WASM_FOLDER, "op.js"), short.js);
  writeFileSync(join(WASM_FOLDER, "op.d.ts"), short.dts);
  writeFileSync(NAMED_WASM, short.wasm);
  writeFileSync(ordered, namedByLikeness(short.wasm));
  await wasmOpt(...FINISH, ordered, "-o", join(WASM_FOLDER, "op.wasm"));
}

/** Builds the pieces, optimised as the product is. */
export async function buildPieces(toolchain) {
  const sources = ["src/crypto/group", "src/base", "tests/support"];
  const inputs = [...sources, "Cargo.toml", "Cargo.lock", "scripts/lib/wasm.mjs"];
  const work = {
    stamp: join(ROOT, "target/stamps/pieces"),
    hash: hashOf(inputs.map((path) => join(ROOT, path))),
    outputs: Object.values(PIECES),
  };
  await unlessStamped(work, () => step("pieces", () => packPieces(toolchain)));
}

async function packPieces(toolchain) {
  const examples = Object.keys(PIECES).flatMap((name) => ["--example", name]);
  const args = ["build", ...locked(), "--release", "--target", TARGET, ...examples];
  await run("cargo", [...args, ...BUILD_STD], { cwd: ROOT, env: wasmEnv(toolchain) });
  for (const [name, path] of Object.entries(PIECES)) {
    const built = join(ROOT, "target", TARGET, `release/examples/${name}.wasm`);
    await wasmOpt(...WASM_OPT_OPTIONS, built, "-o", path);
  }
}

const wasmOpt = (...args) => run(process.execPath, [WASM_OPT, ...WASM_OPT_FEATURES, ...args]);

// Text travels through every bundler and runtime, a file or a URL does not.
function writeInline() {
  const text = readFileSync(join(WASM_FOLDER, "op.wasm")).toString("base64");
  const comment = "// Made by scripts/build.mjs: op.wasm in base64.";
  writeFileSync(join(WASM_FOLDER, "op_inline.js"), `${comment}\nexport default "${text}";\n`);
  const types = "declare const base64: string;\nexport default base64;\n";
  writeFileSync(join(WASM_FOLDER, "op_inline.d.ts"), `${comment}\n${types}`);
}
