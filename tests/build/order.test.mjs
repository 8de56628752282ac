// The order of functions: alike next to each other, complete, deterministic.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { namedByLikeness, orderByLikeness } from "../../scripts/lib/order.mjs";
import { NAMED_WASM } from "../../scripts/lib/wasm.mjs";
import { functionBodies } from "../../scripts/lib/wasm_sections.mjs";
import { assemble, optimize } from "./support.mjs";

test("similar functions follow each other; the longest comes first", () => {
  const bodies = ["first of all", "another kind", "the first of all", "other kinds", "", "abc"];
  const order = orderByLikeness(bodies.map((text) => Buffer.from(text)));
  assert.deepEqual(order, [2, 0, 1, 3, 4, 5]);
  assert.deepEqual(orderByLikeness([]), []);
});

test("the order of the product contains each function once, and is always the same", () => {
  const bodies = functionBodies(readFileSync(NAMED_WASM));
  const order = orderByLikeness(bodies);
  const sorted = [...order].sort((a, b) => a - b);
  assert.deepEqual(sorted, [...bodies.keys()]);
  assert.deepEqual(orderByLikeness(bodies), order);
});

test("a module behaves the same after it is reordered", async () => {
  const module = await assemble(`(module
    (import "host" "b" (func $b (result i32)))
    (import "host" "a" (func $a (result i32)))
    (table funcref (elem $one $two))
    (func $one (result i32) (i32.add (call $b) (i32.const 1)))
    (func $two (result i32) (i32.sub (i32.mul (call $a) (i32.const 100)) (call $one)))
    (func (export "call") (param i32) (result i32)
      (call_indirect (result i32) (local.get 0))))`);
  const ordered = await optimize(namedByLikeness(module), "--reorder-functions-by-name");
  const host = { a: () => 7, b: () => 20 };
  const { instance } = await WebAssembly.instantiate(ordered, { host });
  assert.deepEqual([0, 1].map(instance.exports.call), [21, 679]);
  assert.notDeepEqual(functionBodies(ordered), functionBodies(module));
});
