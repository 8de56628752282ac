// The random test by hand: `node tests/random/run.mjs [--seed N] [--resolves 10000]`.
import { parseArgs } from "node:util";
import { run } from "./driver.mjs";
import { closingLine } from "./line.mjs";
import { ALL_KINDS } from "./trouble.mjs";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1e9) },
    resolves: { type: "string", default: "10000" },
    clients: { type: "string", default: "5" },
    kinds: { type: "string", default: ALL_KINDS.join(",") },
  },
});
const [seed, resolves, clients] = [values.seed, values.resolves, values.clients].map(Number);
const kinds = values.kinds === "" ? [] : values.kinds.split(",");
console.log(`seed ${seed}`);
const result = await run({ seed, resolves, clients, kinds });
for (const violation of result.violations) console.log(violation);
console.log(closingLine(result));
process.exitCode = result.wrong > 0 || result.repeatedNumbers > 0 ? 1 : 0;
