// Full speed for a while, and what it does to the memory:
// `node tests/random/soak.mjs [--seconds 600] [--seed N] [--kinds status,hang] [--csv FILE]`.
import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Run } from "./driver.mjs";
import { finish } from "./final.mjs";
import { currentMemory } from "./memory.mjs";
import { ALL_KINDS } from "./trouble.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "5" },
    kinds: { type: "string", default: ALL_KINDS.join(",") },
    csv: { type: "string", default: "soak.csv" },
  },
});
const COLUMNS = ["rss", "heapUsed", "wasm"];
const MINUTE = 60;
const seconds = Number(values.seconds);
const kinds = values.kinds === "" ? [] : values.kinds.split(",");

const test = new Run({
  seed: Number(values.seed),
  resolves: Infinity,
  clients: Number(values.clients),
  kinds,
});
await test.start();
const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
const samples = [];
writeFileSync(values.csv, `second,${COLUMNS.join(",")},resolves,requests\n`);

async function sample() {
  const memory = await currentMemory();
  samples.push(memory);
  const requests = test.slots.reduce((total, slot) => total + slot.requests, 0);
  const row = [elapsed().toFixed(1), ...COLUMNS.map((name) => memory[name]), test.asked, requests];
  appendFileSync(values.csv, `${row.join(",")}\n`);
}

const timer = setInterval(sample, 1000);
await test.mix(() => elapsed() >= seconds);
clearInterval(timer);
await sample();
await finish(test);

/** Of the first minute and of the last one; of the halves of a shorter run. */
const minute = Math.max(1, Math.min(MINUTE, Math.floor(samples.length / 2)));
const median = (some, name) => {
  const sorted = some.map((memory) => memory[name]).sort((left, right) => left - right);
  return `${(sorted[sorted.length >> 1] / 2 ** 20).toFixed(1)} MB`;
};
const summary = COLUMNS.map((name) => {
  return `${name} ${median(samples.slice(0, minute), name)} → ${median(samples.slice(-minute), name)}`;
});
for (const violation of test.violations) console.log(violation);
console.log(
  [
    `seed ${values.seed}: ${test.asked} resolves in ${Math.round(elapsed())} s`,
    `${test.wrong} wrong`,
    `${test.emulator.repeatedNumbers} repeated numbers`,
    `medians of the first and the last ${minute} s: ${summary.join(", ")}`,
  ].join("; "),
);
process.exitCode = test.wrong > 0 || test.emulator.repeatedNumbers > 0 ? 1 : 0;
