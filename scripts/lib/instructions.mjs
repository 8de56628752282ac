// How many instructions a sign-in and a resolve execute: not many more than are known.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { ask, Failure, run, skipped } from "./run.mjs";
import { CRATE_OPTIONS, locked } from "./wasm.mjs";

const KNOWN = join(ROOT, "scripts/lib/instructions.json");
const COUNTS_FOLDER = join(ROOT, "target/instructions");
const TOLERATED_PERCENT = 5;
const ACCEPT = "`npm run check -- --only instructions --accept` takes the new counts over";

// What the crates do in wasm, whatever the processor can.
const PORTABLE = [
  'aes_backend="soft"',
  'curve25519_dalek_backend="serial"',
  'curve25519_dalek_bits="32"',
  'polyval_backend="soft"',
  'sha1_backend="soft"',
  'sha2_backend="soft"',
];
// So that glibc copies memory alike on every processor.
const GLIBC_TUNABLES =
  "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-SSE4_1,-SSE4_2,-SSSE3";

/** Builds the program that is counted; returns where it is. */
async function buildBench({ env }) {
  const flags = [...CRATE_OPTIONS, ...PORTABLE].flatMap((option) => ["--cfg", option]);
  const args = ["bench", ...locked(), "--bench", "instructions", "--no-run"];
  const { stdout } = await run("cargo", [...args, "--message-format=json"], {
    cwd: ROOT,
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") },
  });
  const messages = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return messages.find(({ executable, target }) => executable && target.name === "instructions")
    .executable;
}

/** Runs the program in callgrind; returns the count of each scenario by its name. */
async function count(program, { env }) {
  rmSync(COUNTS_FOLDER, { recursive: true, force: true });
  mkdirSync(COUNTS_FOLDER, { recursive: true });
  const options = ["--toggle-collect=*measured_*", "--dump-before=*counted_as*"];
  const out = `--callgrind-out-file=${join(COUNTS_FOLDER, "out")}`;
  const { stdout } = await run("valgrind", ["--tool=callgrind", ...options, out, program], {
    cwd: ROOT,
    env: { ...env, GLIBC_TUNABLES },
  });
  const names = stdout.trim().split("\n");
  const files = readdirSync(COUNTS_FOLDER).filter((name) => name.startsWith("out."));
  if (files.length !== names.length) {
    throw new Failure(`callgrind counted ${files.length} of ${names.length} scenarios.`);
  }
  return Object.fromEntries(names.map((name, index) => [name, countOf(`out.${index + 1}`)]));
}

function countOf(file) {
  const text = readFileSync(join(COUNTS_FOLDER, file), "utf8");
  const [, total] = /^summary: (\d+)/m.exec(text) ?? [];
  if (!(Number(total) > 0)) throw new Failure(`callgrind counted nothing in ${file}.`);
  return Number(total);
}

/** Another compiler or processor has other counts: they say nothing of a change. */
async function machineOf({ env }) {
  const { stdout } = await run("rustc", ["-vV"], { cwd: ROOT, env });
  const [, target] = /^host: (.+)$/m.exec(stdout);
  const [, rustc] = /^release: (.+)$/m.exec(stdout);
  return { rustc, target };
}

const readKnown = () => JSON.parse(readFileSync(KNOWN, "utf8"));

/**
 * Compares with the known counts. A rise that is worth it, or a fall, is taken over with
 * `--accept`.
 */
export async function checkInstructions({ toolchain, accept }) {
  if (!ask("valgrind", ["--version"]))
    return skipped("no valgrind", "Debian's package is called valgrind");
  const { rustc, target } = await machineOf(toolchain);
  if (!accept) {
    const known = readKnown();
    if (rustc !== known.rustc || target !== known.target)
      return skipped(`known are the counts of rustc ${known.rustc} for ${known.target}`, ACCEPT);
  }
  const counts = await count(await buildBench(toolchain), toolchain);
  if (accept) writeFileSync(KNOWN, `${JSON.stringify({ rustc, target, counts }, null, 2)}\n`);
  return judge(counts, readKnown().counts);
}

function judge(counts, known) {
  const missing = Object.keys({ ...counts, ...known }).filter(
    (name) => !(counts[name] && known[name]),
  );
  if (missing.length > 0)
    throw new Failure(`Counted or known, but not both: ${missing.join(", ")}. ${ACCEPT}.`);
  const changes = Object.entries(counts).map(([name, now]) => {
    const percent = 100 * (now / known[name] - 1);
    const rise = `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
    return { percent, told: `${name}: ${grouped(known[name])} → ${grouped(now)} (${rise})` };
  });
  const risen = changes.filter(({ percent }) => percent > TOLERATED_PERCENT);
  if (risen.length > 0) {
    throw new Failure(
      `Over ${TOLERATED_PERCENT} % more instructions than known:\n${listed(risen, "\n")}\nLook for what costs. If it is worth it, ${ACCEPT}.`,
    );
  }
  const fallen = changes.filter(({ percent }) => percent < -TOLERATED_PERCENT);
  if (fallen.length > 0) return `fallen: ${listed(fallen, ", ")}; ${ACCEPT}`;
  return Object.entries(counts)
    .map(([name, now]) => `${name} ${(now / 1e6).toFixed(1)} M`)
    .join(", ");
}

const listed = (changes, between) => changes.map(({ told }) => told).join(between);
const grouped = (number) => number.toLocaleString("en");
