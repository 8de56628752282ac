// `npm run test:all`: the tests, those of src/web in wasm, 10,000 random calls, each store against its
// database, Durable Objects in workerd, then the packed package and the bare module in every runtime,
// and projects that use the package.
import { join } from "node:path";
import { ROOT } from "./lib/paths.mjs";
import { Failure, main, run } from "./lib/run.mjs";

const PARTS = [
  "scripts/test.mjs",
  "scripts/test-web.mjs",
  "tests/random/run.mjs",
  "tests/stores/run.mjs",
  "tests/durable/run.mjs",
  "tests/runtime/run.mjs",
  "tests/bare/run.mjs",
  "tests/package/run.mjs",
];
const echo = (chunk) => process.stdout.write(chunk);

await main(async () => {
  const failed = [];
  for (const part of PARTS) {
    console.log(`\n${part}`);
    try {
      await run(process.execPath, [join(ROOT, part)], { cwd: ROOT, echo });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed.push(part);
    }
  }
  console.log(failed.length > 0 ? `\nfailed: ${failed.join(", ")}` : "\nall passed");
  return failed.length > 0 ? 1 : 0;
});
