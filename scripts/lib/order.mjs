// Orders functions by likeness, so that gzip finds what they share within its window. The module
// shrinks from 141,626 to 136,563 bytes (gzip -9); for 2,036 functions this takes 0.6 s.
//
// Grams of 3 to 10 bytes and one to five windows of 100 bytes to 32 KB were tried. These settings
// are among the best; with the large window alone the module is about 400 bytes larger.
import { functionBodies, importedFunctions, withFunctionNames } from "./wasm_sections.mjs";

/** Functions are alike if they share runs of this length. */
const GRAM_BYTES = 5;
/** gzip looks back 32 KiB. A match close by takes fewer bits, so it counts twice. */
const WINDOWS_BYTES = [32_000, 500];
/** Below 1: of two that share the same part of themselves, the longer comes first. */
const LENGTH_WEIGHT = 0.9;

/**
 * The module with each function named by its new position, for
 * `wasm-opt --reorder-functions-by-name`.
 */
export function namedByLikeness(module) {
  const imported = Array.from(
    { length: importedFunctions(module) },
    (_, index) => `!${padded(index)}`,
  );
  const bodies = functionBodies(module);
  const names = [];
  orderByLikeness(bodies).forEach((index, place) => {
    names[index] = padded(place);
  });
  return withFunctionNames(module, [...imported, ...names]);
}

const padded = (place) => String(place).padStart(5, "0");

/**
 * The indices of `bodies` in their new order: the longest first, then always the one that shares the
 * largest part of itself with what precedes it.
 */
export function orderByLikeness(bodies) {
  const grams = countGrams(bodies);
  const likeness = new Likeness(grams);
  const windows = WINDOWS_BYTES.map((bytes) => new Window(bytes, bodies, grams, likeness));
  const order = [];
  const left = new Set(bodies.keys());
  let next = longest(bodies);
  while (next !== undefined) {
    left.delete(next);
    order.push(next);
    for (const window of windows) window.add(next);
    next = likeness.best(left);
  }
  return order;
}

function longest(bodies) {
  const [first] = [...bodies.keys()].sort((a, b) => bodies[b].length - bodies[a].length || a - b);
  return first;
}

/** For each body, how often it contains each gram; a gram is a number from 0. */
function countGrams(bodies) {
  const numbers = new Map();
  return bodies.map((body) => {
    const counts = new Map();
    for (let at = 0; at + GRAM_BYTES <= body.length; at += 1) {
      const gram = body.toString("latin1", at, at + GRAM_BYTES);
      if (!numbers.has(gram)) numbers.set(gram, numbers.size);
      const number = numbers.get(gram);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    return counts;
  });
}

/** How much each function shares with the windows, updated gram by gram. */
class Likeness {
  /** For each gram, the functions that contain it, and how often. */
  #holders = [];
  #common;
  #weights;

  constructor(grams) {
    this.#common = new Float64Array(grams.length);
    this.#weights = grams.map((counts) => Math.max(1, sum(counts.values())) ** LENGTH_WEIGHT);
    for (const [index, counts] of grams.entries()) {
      for (const [gram, count] of counts) {
        this.#holders[gram] ??= [];
        this.#holders[gram].push({ index, count });
      }
    }
  }

  /** A gram entered a window (`sign` 1) or left it (-1). */
  change(gram, sign) {
    for (const { index, count } of this.#holders[gram]) this.#common[index] += sign * count;
  }

  best(indices) {
    let found;
    let most = -1;
    for (const index of indices) {
      const share = this.#common[index] / this.#weights[index];
      if (share > most) [found, most] = [index, share];
    }
    return found;
  }
}

const sum = (numbers) => [...numbers].reduce((total, each) => total + each, 0);

/** The functions placed last, up to a number of bytes. */
class Window {
  #size;
  #bodies;
  #grams;
  #likeness;
  #within = [];
  #bytes = 0;
  /** For each gram, how many functions in the window contain it. */
  #counts = new Map();

  constructor(size, bodies, grams, likeness) {
    this.#size = size;
    this.#bodies = bodies;
    this.#grams = grams;
    this.#likeness = likeness;
  }

  add(index) {
    this.#within.push(index);
    this.#bytes += this.#bodies[index].length;
    for (const gram of this.#grams[index].keys()) {
      const count = this.#counts.get(gram) ?? 0;
      this.#counts.set(gram, count + 1);
      if (count === 0) this.#likeness.change(gram, 1);
    }
    // A function larger than the window stays until the next one is placed.
    while (this.#bytes > this.#size && this.#within.length > 1) this.#dropFirst();
  }

  #dropFirst() {
    const index = this.#within.shift();
    this.#bytes -= this.#bodies[index].length;
    for (const gram of this.#grams[index].keys()) {
      const count = this.#counts.get(gram) - 1;
      this.#counts.set(gram, count);
      if (count === 0) this.#likeness.change(gram, -1);
    }
  }
}
