// Runs the fuzz targets: `npm run fuzz [-- TARGET…] [-- --seconds N]`. Each grows a copy of its corpus.
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./lib/paths.mjs";
import { Failure, main, run, step } from "./lib/run.mjs";
import { locked } from "./lib/wasm.mjs";
import { setUp } from "./setup.mjs";

const FUZZ = join(ROOT, "fuzz");
const DEFAULT_SECONDS = 5;
// What instruments the code is not stable yet. No sanitizer: the core is safe Rust, and not every
// toolchain has one.
const ENV = { RUSTC_BOOTSTRAP: "1" };
const BUILD = ["--sanitizer", "none", "--fuzz-dir", FUZZ];
const LIMITS = ["-max_len=8192", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"];

const TARGETS = readdirSync(join(FUZZ, "fuzz_targets")).map((name) => name.replace(".rs", ""));

function chosen(names) {
  const unknown = names.filter((name) => !TARGETS.includes(name));
  if (unknown.length > 0) {
    throw new Failure(`No target is called ${unknown.join(", ")}: ${TARGETS.join(", ")}.`);
  }
  return names.length > 0 ? names : TARGETS;
}

/** Runs one target and tells how many inputs it was given. */
async function fuzz(name, seconds, env) {
  // A copy: what is found is for the one who runs it, the repository keeps a small corpus.
  const corpus = join(FUZZ, "target/corpus", name);
  mkdirSync(corpus, { recursive: true });
  cpSync(join(FUZZ, "corpus", name), corpus, { recursive: true });
  const args = ["fuzz", "run", ...BUILD, name, corpus, "--", `-max_total_time=${seconds}`];
  const { all } = await run("cargo", [...args, ...LIMITS], { cwd: ROOT, env });
  console.log(`${name.padEnd(12)} ${all.match(/^Done .*/m)?.[0] ?? "ended without a word"}`);
}

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: "string", default: String(DEFAULT_SECONDS) } },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Failure("--seconds must be a number above 0.");
  const names = chosen(positionals);
  const toolchain = await setUp(["cargo-fuzz"]);
  const env = { ...toolchain.env, ...ENV };
  await step("fuzz targets", async () => {
    await run("cargo", ["fetch", ...locked()], { cwd: FUZZ, env });
    await run("cargo", ["fuzz", "build", ...BUILD], { cwd: ROOT, env });
  });
  for (const name of names) await fuzz(name, seconds, env);
});
