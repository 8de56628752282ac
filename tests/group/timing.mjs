// Whether the time of a power tells its exponent: `node tests/group/timing.mjs [--pairs 5000]`.
//
// Reparaz, Balasch, Verbauwhede, “Dude, is my code constant time?” (2017): two classes of
// exponents, one always the same and one random, in random order; Welch's t-test, on all
// measurements and on those below several percentiles, because what is slow is the machine.
// |t| above 4.5 says that the classes differ.
import { randomFillSync, randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { EXPONENT_BYTES, instantiate } from "./module.mjs";

const LIMIT = 4.5;
const WARM_UP = 200;
const PERCENTILES = [1, 0.9, 0.75, 0.5];
const FIXED = { "all zeros": 0x00, "all ones": 0xff };

const { values } = parseArgs({ options: { pairs: { type: "string", default: "5000" } } });
const pairs = Number(values.pairs);
const exports = await instantiate();
const exponent = Buffer.alloc(EXPONENT_BYTES);

function measure(power, fill) {
  fill(exponent);
  for (const [index, byte] of exponent.entries()) exports.set(index, byte);
  const start = process.hrtime.bigint();
  power();
  return Number(process.hrtime.bigint() - start);
}

function welch(left, right) {
  const stats = (all) => {
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
    const variance = all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (all.length - 1);
    return { mean, share: variance / all.length };
  };
  const [a, b] = [stats(left), stats(right)];
  return (a.mean - b.mean) / Math.sqrt(a.share + b.share);
}

let worst = 0;
for (const name of ["power", "power_of_five"]) {
  for (const [what, byte] of Object.entries(FIXED)) {
    const fixed = (bytes) => bytes.fill(byte);
    for (let n = 0; n < WARM_UP; n += 1)
      measure(exports[name], n % 2 === 0 ? fixed : randomFillSync);
    const times = [[], []];
    for (let n = 0; n < 2 * pairs; n += 1) {
      const kind = randomInt(2);
      times[kind].push(measure(exports[name], kind === 0 ? fixed : randomFillSync));
    }
    const sorted = times.flat().sort((a, b) => a - b);
    const ts = PERCENTILES.map((part) => {
      const limit = sorted[Math.ceil(part * sorted.length) - 1];
      return welch(...times.map((all) => all.filter((one) => one <= limit)));
    });
    worst = Math.max(worst, ...ts.map(Math.abs));
    const shown = ts.map((t, n) => `${100 * PERCENTILES[n]} %: ${t.toFixed(2)}`).join(", ");
    console.log(
      `${name}, ${what} against random, ${times[0].length} + ${times[1].length}: t of ${shown}`,
    );
  }
}
console.log(`largest |t| ${worst.toFixed(2)}, ${worst < LIMIT ? "below" : "ABOVE"} ${LIMIT}`);
