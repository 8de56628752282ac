// Base64 in wasm, where it is read with other instructions than on the host, against Node's.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { BASE64_WASM } from "../../scripts/lib/wasm.mjs";
import { Random } from "../random/prng.mjs";

const ROUNDS = Number(process.env.BASE64_ROUNDS ?? 10_000);
const SEED = Number(process.env.BASE64_SEED ?? randomInt(2 ** 32));
/** Each of these lengths comes in its turn; a text in ten is longer. */
const SHORT_CHARS = 200;
const LONG_CHARS = 5000;
/** More than two vectors of 32 characters. */
const VECTORS_CHARS = 70;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const { instance } = await WebAssembly.instantiate(await readFile(BASE64_WASM), {});
const { resize, set, get, decode, decode_key } = instance.exports;

/** The bytes in hex as `reader` has them; `undefined` if they are none. */
function read(reader, text) {
  const bytes = Buffer.from(text);
  resize(bytes.length);
  for (const [index, byte] of bytes.entries()) set(index, byte);
  const length = reader();
  if (length < 0) return undefined;
  return Buffer.from(Array.from({ length }, (_, index) => get(index))).toString("hex");
}

/** Node reads anything, and writes what is right: a text is right if it comes back. */
function judge(text) {
  const digits = text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
  const bytes = Buffer.from(digits, "base64url");
  return bytes.toString("base64url") === digits ? bytes.toString("hex") : undefined;
}

/** Whether the text is right, once all agree on it. */
function agree(text, told) {
  const expected = judge(text);
  assert.equal(read(decode, text), expected, `${told}: ${JSON.stringify(text)}`);
  assert.equal(read(decode_key, text), expected, `${told}, in constant time`);
  return expected !== undefined;
}

/** What may be done to base64url without padding. */
const SPELLINGS = {
  "as it is": (text) => text,
  padded: (text) => text.padEnd(4 * Math.ceil(text.length / 4), "="),
  "standard base64": (text) => text.replaceAll("-", "+").replaceAll("_", "/"),
  mixed: (text, random) => text.replace(/[-_]/g, (c) => random.pick([c, c === "-" ? "+" : "/"])),
  "padded too far": (text, random) => text + "=".repeat(random.below(8)),
};
const DAMAGES = {
  // Those above U+007F are two bytes.
  "one character": (text, random) => put(text, String.fromCharCode(random.below(256)), random, 1),
  "one more": (text, random) => put(text, random.pick(DIGITS), random, 0),
  "padding within": (text, random) => put(text, "=", random, 0),
  "its last digit": (text, random) => text.slice(0, -1) + random.pick(DIGITS),
};

/** Puts a character at a random place, instead of so many. */
function put(text, character, random, instead) {
  const place = random.below(text.length + 1);
  return text.slice(0, place) + character + text.slice(place + instead);
}

test(`${ROUNDS} random texts: as Node has them`, (t) => {
  t.diagnostic(`seed ${SEED}`);
  const random = new Random(SEED);
  let right = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const isLong = random.chance(0.1);
    const length = isLong ? random.between(SHORT_CHARS, LONG_CHARS) : round % (SHORT_CHARS + 1);
    const bytes = Array.from({ length: Math.floor((length * 3) / 4) }, () => random.below(256));
    const [spelling, spell] = random.pick(Object.entries(SPELLINGS));
    const damages = [["none", (text) => text], random.pick(Object.entries(DAMAGES))];
    const [damage, change] = random.pick(damages);
    const text = spell(change(Buffer.from(bytes).toString("base64url"), random), random);
    right += agree(text, `seed ${SEED}, round ${round}, ${spelling}, damage: ${damage}`);
  }
  // Some damage makes another right text.
  assert.ok(right > 0.4 * ROUNDS && right < 0.9 * ROUNDS, `${right} are right`);
});

test("every ASCII character at every place, and every end of a text", () => {
  const text = DIGITS.padEnd(VECTORS_CHARS + 2, "A");
  for (let place = 0; place < VECTORS_CHARS; place += 1) {
    for (let code = 0; code < 128; code += 1) {
      const character = String.fromCharCode(code);
      agree(text.slice(0, place) + character + text.slice(place + 1), `${code} at ${place}`);
    }
  }
  for (let length = 0; length <= VECTORS_CHARS; length += 1) {
    for (const digit of DIGITS) agree(text.slice(0, length) + digit, `${length} and ${digit}`);
  }
});
