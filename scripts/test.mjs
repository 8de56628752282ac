// Sets up, builds, and runs all tests: `npm test`. A runner that ran no test has failed.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { ROOT } from "./lib/paths.mjs";
import { Failure, main, run } from "./lib/run.mjs";
import { filesUnder } from "./lib/stamp.mjs";
import { buildPieces, locked } from "./lib/wasm.mjs";

// One file a core; node leaves one idle.
const CONCURRENCY = `--test-concurrency=${availableParallelism()}`;

/** Runs a test runner in full view; `count` finds in its output how many tests it ran. */
async function runTests({ name, command, args, env, count }) {
  console.error(`\n${name}`);
  const echo = (chunk) => process.stdout.write(chunk);
  const said = await run(command, args, { cwd: ROOT, env, echo });
  if (count(said.all) <= 0) throw new Failure(`${name} ran no test: that is a failure.`);
}

function sum(text, pattern) {
  const numbers = [...text.matchAll(pattern)].map((match) => Number(match[1]));
  return numbers.reduce((total, number) => total + number, 0);
}

const nativeTests = ({ env }) => ({
  name: "cargo test",
  command: "cargo",
  args: ["test", ...locked()],
  env,
  count: (said) => sum(said, /^test result: .*? (\d+) passed/gm),
});

function scriptTests({ env }) {
  // Those of the fixtures belong to the projects that they are copied into.
  const fixtures = join(ROOT, "tests/package/fixtures");
  const files = filesUnder(join(ROOT, "tests")).filter(
    (path) => path.endsWith(".test.mjs") && !path.startsWith(fixtures),
  );
  if (files.length === 0) throw new Failure("There is no tests/**/*.test.mjs: that is a failure.");
  return {
    name: "node --test",
    command: process.execPath,
    args: ["--test", "--test-reporter=spec", CONCURRENCY, ...files],
    // A test that starts cargo needs the toolchain; none may inherit a real account.
    env: { ...env, OP_SERVICE_ACCOUNT_TOKEN: undefined },
    // Node counts a file without tests as one test that is named like the file.
    count: (said) =>
      sum(said, /^ℹ pass (\d+)/gm) - [...said.matchAll(/^✔ .*\.test\.mjs \(/gm)].length,
  };
}

await main(async () => {
  const toolchain = await build();
  await buildPieces(toolchain);
  const failures = [];
  for (const tests of [nativeTests, scriptTests]) {
    try {
      await runTests(tests(toolchain));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error.message);
    }
  }
  for (const message of failures) console.error(`\n${message}`);
  return failures.length > 0 ? 1 : 0;
});
