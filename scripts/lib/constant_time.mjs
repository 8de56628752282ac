// What the group's arithmetic branches on in the finished module: nothing new.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programOf } from "./packages.mjs";
import { ROOT } from "./paths.mjs";
import { Failure, run, skipped } from "./run.mjs";
import { NAMED_WASM } from "./wasm.mjs";

const WASM_DIS = programOf("binaryen/bin/wasm-dis");
const KNOWN = join(ROOT, "scripts/lib/constant_time.json");
const OF_THE_GROUP = /crypto::group::/;
/** Each may run, or be compiled to what runs, in a time that depends on its condition. */
const DECISIONS = ["select", "if", "br_if", "br_table"];

/** For each function of the group: how many decisions it has of each kind. */
function countDecisions(text) {
  const counts = {};
  let name;
  for (const line of text.split("\n")) {
    const [, started] = /^ \(func \$("[^"]*"|\S+)/.exec(line) ?? [];
    if (started !== undefined) name = OF_THE_GROUP.test(started) ? shortened(started) : undefined;
    if (name === undefined) continue;
    counts[name] ??= {};
    for (const [, word] of line.matchAll(/\((\w+)(?=[ )]|$)/g)) {
      if (DECISIONS.includes(word)) counts[name][word] = (counts[name][word] ?? 0) + 1;
    }
  }
  return counts;
}

/** Without the hash of its crate, which changes with every change. */
const shortened = (name) => name.replace(/\[[0-9a-f]{8,}\]|"/g, "");

const ACCEPT =
  "After a look at each decision, `npm run check -- --only constant-time --accept` takes them over";

/**
 * Compares with what was looked at, one by one: loops of fixed length, and lengths of slices. After
 * a look at the new ones in target/pkg, `--accept` takes them over.
 */
export async function checkConstantTime({ toolchain, accept }) {
  const { stdout } = await run(process.execPath, [WASM_DIS, "--all-features", NAMED_WASM], {
    cwd: ROOT,
  });
  const found = countDecisions(stdout);
  if (Object.keys(found).length === 0) throw new Failure("No function of the group was found.");
  const { stdout: compiler } = await run("rustc", ["--version"], { cwd: ROOT, env: toolchain.env });
  const rustc = compiler.split(" ")[1];
  if (accept) writeFileSync(KNOWN, `${JSON.stringify({ rustc, functions: found }, null, 2)}\n`);
  const { rustc: knownRustc, functions: known } = JSON.parse(readFileSync(KNOWN, "utf8"));
  // Another compiler decides otherwise, and what it makes is not published.
  if (rustc !== knownRustc)
    return skipped(`known are the decisions of rustc ${knownRustc}`, ACCEPT);
  const news = Object.entries(found).flatMap(([name, counts]) =>
    Object.entries(counts)
      .filter(([word, count]) => count > (known[name]?.[word] ?? 0))
      .map(([word, count]) => `${name}: ${count} ${word}, known are ${known[name]?.[word] ?? 0}`),
  );
  if (news.length > 0) {
    throw new Failure(`New decisions in code that handles secrets:\n${news.join("\n")}`);
  }
  const total = Object.values(found)
    .flatMap(Object.values)
    .reduce((sum, count) => sum + count, 0);
  return `${Object.keys(found).length} functions, ${total} decisions, none of them new`;
}
