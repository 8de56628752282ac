// The parser of secret references in JavaScript, held equal to the one in the core.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as main from "../../dist/index.js";
import { parseSecretReference, validateSecretReference } from "../../dist/reference.js";
import { Service } from "./support.mjs";

const readVectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));
const { rules, deviations, cases } = readVectors("reference.json");
const recorded = readVectors("grammar.json").cases;

const service = await Service.start();
const client = await service.authenticate();
client.close();

/** What the parser in JavaScript says against a text; nothing if it is well-formed. */
function judge(text) {
  try {
    assert.equal(validateSecretReference(text), undefined);
  } catch (error) {
    return complaint(error);
  }
}

/** The same of the core's: a closed client takes the reference apart before it refuses. */
async function judgeInCore(text) {
  const error = await client.resolve(text).catch((thrown) => thrown);
  return error.code === "closed" ? undefined : complaint(error);
}

function complaint(error) {
  assert.ok(main.isOnePasswordError(error), String(error));
  const { code, message, reference } = error;
  assert.equal(code, "parsing");
  return { message, reference };
}

test("the main entry exports the same functions", () => {
  assert.equal(main.parseSecretReference, parseSecretReference);
  assert.equal(main.validateSecretReference, validateSecretReference);
});

test("onepassword-edge/reference needs no wasm: it imports the errors and what they tell alone", () => {
  const importsOf = (name) => {
    const code = readFileSync(new URL(`../../dist/${name}`, import.meta.url), "utf8");
    return Array.from(
      code.matchAll(/\b(?:from|import)\b[ (]*"(.+?)"/g),
      ([, specifier]) => specifier,
    );
  };
  assert.deepEqual(importsOf("reference.js"), ["./reference/reference.js"]);
  assert.deepEqual(importsOf("reference/reference.js"), ["../client/errors.js"]);
  assert.deepEqual(importsOf("client/errors.js"), ["./told.js"]);
  assert.deepEqual(importsOf("client/told.js"), []);
});

for (const { ref, rule, ...parts } of cases) {
  test(`${JSON.stringify(ref)}: ${rule ?? "well-formed"}`, async () => {
    const expected = rules[rule]?.sentence;
    assert.equal(judge(ref)?.message, expected);
    assert.deepEqual(await judgeInCore(ref), judge(ref));
    if (rule === undefined) assert.deepEqual(parseSecretReference(ref), parts);
  });
}

test("the recorded grammar, but for the deviations", async () => {
  const vendorSentences = new Map(
    Object.values(rules).map(({ sentence, vendor }) => [sentence, vendor]),
  );
  const different = [];
  for (const { ref, ok, error } of recorded) {
    const ours = judge(ref);
    assert.deepEqual(await judgeInCore(ref), ours, ref);
    const agrees = ok ? ours === undefined : vendorSentences.get(ours?.message) === error;
    if (!agrees) different.push(ref);
  }
  const listed = deviations.flatMap(({ refs }) => refs);
  assert.deepEqual(different.toSorted(), listed.toSorted());
});

test("what is no string is no reference", async () => {
  for (const value of [
    undefined,
    null,
    7,
    {},
    ["op://vault/item/field"],
    new String("op://a/b/c"),
  ]) {
    assert.throws(() => parseSecretReference(value), { code: "parsing" });
    assert.deepEqual(await judgeInCore(value), judge(value));
  }
});

test("a token in place of a reference does not come back in the error", () => {
  for (const text of [service.token, ` ${service.token}`]) {
    assert.throws(
      () => parseSecretReference(text),
      (error) => {
        service.checkTellsNothing(error);
        return error.reference === undefined;
      },
    );
  }
});

const TEXTS = 20_000;
const PREFIXES = ["op:/", "OP://", "", "op:///", "ops_", " op://"];
const WORDS = [
  "vault",
  "item",
  "field",
  "My Login",
  "a_b",
  "x.y",
  "-",
  "0",
  "%C3%A9",
  "%2f",
  "%25",
];
const ODD = [
  ...["", "%", "%2", "%zz", "%C3", "%A9", "%ED%A0%80", "%F0%9F%98%80", "%00", "%+1"],
  ...["?", "=", "&", "/", "//", "#", "+", ":", "\\", "\0", "\t", "\n", "\r", "\x7f", "\u2028"],
  ...["$", "$X", "{{ x }}", "{"],
  ...["é", "e\u0301", "ſ", "K", "ß", "٣", "中", "😀", "\ufeff", "\ufffd", "\ud83d", "\ude00"],
];
const KEYS = ["attribute", "attr", "ssh-format", "Attribute", "__proto__", "a&b", "\udc00", ""];
const VALUES = [
  ...["otp", "totp", "type", "value", "title", "id", "purpose", "content", "size", "name"],
  ...["openssh", "OTP", "otpx", "otp\n", "toString", "%6ftp", "otp&attr=id", "a=b", "\ud800", ""],
];
const QUERIES = ["?", "?attribute", "?otp", "??attr=id", "?attr=id?"];

/** Marsaglia's xorshift32: the same seed gives the same texts. */
function randomness(seed) {
  let state = seed;
  const below = (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const pick = (list) => list[below(list.length)];
  return { below, pick, chance: (percent) => below(100) < percent };
}

function randomText({ below, pick, chance }) {
  const oddPart = () => pick(ODD) + (chance(50) ? pick(WORDS) : "");
  const part = () => (chance(4) ? "" : chance(90) ? pick(WORDS) : oddPart());
  const count = chance(85) ? 3 + below(2) : below(7);
  let text = chance(92) ? "op://" : pick(PREFIXES);
  text += Array.from({ length: count }, part).join("/");
  if (chance(40)) text += chance(80) ? `?${pick(KEYS)}=${pick(VALUES)}` : pick(QUERIES);
  if (chance(10)) {
    const at = below(text.length + 1);
    text = text.slice(0, at) + pick(ODD) + text.slice(at + below(2));
  }
  return text;
}

test(`both parsers judge ${TEXTS} random texts the same`, async () => {
  const given = process.env["ONEPASSWORD_EDGE_FUZZ_SEED"];
  const seed = Number(given ?? 1 + Math.floor(Math.random() * 0x7fff_fffe));
  const random = randomness(seed);
  const seen = new Map();
  for (let count = 0; count < TEXTS; count += 1) {
    const text = randomText(random);
    const ours = judge(text);
    const what = `${JSON.stringify(text)}; again with ONEPASSWORD_EDGE_FUZZ_SEED=${seed}`;
    assert.deepEqual(await judgeInCore(text), ours, what);
    seen.set(ours?.message, 1 + (seen.get(ours?.message) ?? 0));
  }
  // Well-formed texts, and each rule broken, often enough to mean something.
  const sentences = Object.values(rules).map(({ sentence }) => sentence);
  for (const sentence of [undefined, ...sentences]) {
    assert.ok(seen.get(sentence) >= 20, `${sentence}: ${seen.get(sentence)}, seed ${seed}`);
  }
});
