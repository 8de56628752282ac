// The random test, small: `node tests/random/run.mjs` is the large one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./driver.mjs";
import { closingLine } from "./line.mjs";

const RESOLVES = 1_500;
const HEAP_LIMIT_BYTES = 16 * 2 ** 20;
/** The module's memory grows in pages of 64 KB, and never shrinks. */
const WASM_LIMIT_BYTES = 2 * 2 ** 20;

for (const [name, seed, kinds] of [
  ["a seed that is always the same", 5],
  ["a new seed", Date.now() % 1e9],
  ["nothing but changes and ended sessions", Date.now() % 1e9, []],
]) {
  const what = `${name}: every answer is right, or an error that something explains`;
  test(what, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const result = await run({ seed, resolves: RESOLVES, kinds });
    t.diagnostic(closingLine(result));
    assert.deepEqual(result.violations, []);
    assert.equal(result.repeatedNumbers, 0);
    assert.ok(result.heapGrowth < HEAP_LIMIT_BYTES, "the heap grows");
    assert.ok(result.wasmGrowth < WASM_LIMIT_BYTES, "the module's memory grows");
  });
}
