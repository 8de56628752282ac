// Passwords: every promise of a recipe is kept, and none is likelier than another.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { isOnePasswordError } from "../../dist/index.js";
import { generatePassword, SeparatorType, WordListType } from "../../dist/passwords.js";
import { EFF_LARGE_WORDS } from "../../dist/words.js";

const LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS = "2346789";
const SYMBOLS = "!*-.@_";
/** A fair source is above this many standard deviations once in 10⁹ tests. */
const TOO_FAR = 6;

const { getRandomValues } = crypto;
afterEach(() => {
  crypto.getRandomValues = getRandomValues;
});

const make = (type, parameters, options) =>
  generatePassword({ type, parameters }, options).password;
const pin = (length) => make("Pin", { length });
const random = (length, includeDigits, includeSymbols) =>
  make("Random", { length, includeDigits, includeSymbols });
const memorable = (parameters, options = { words: EFF_LARGE_WORDS }) =>
  make(
    "Memorable",
    {
      separatorType: "hyphens",
      capitalize: false,
      wordListType: "threeLetters",
      wordCount: 4,
      ...parameters,
    },
    options,
  );
const times = (count, work) => Array.from({ length: count }, work);

/** How often each of these came. */
function countOf(entries, expected) {
  const counts = new Map([...expected].map((one) => [one, 0]));
  for (const one of entries) {
    assert.ok(counts.has(one), `${JSON.stringify(one)} is none of them`);
    counts.set(one, counts.get(one) + 1);
  }
  return [...counts.values()];
}

/** Pearson's χ² of counts that ought to be equal, made normal by Wilson and Hilferty's cube root. */
function assertUniform(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  assert.ok(expected >= 100, `only ${expected} of each are expected`);
  const squares = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const degrees = counts.length - 1;
  const variance = 2 / (9 * degrees);
  const deviations = (Math.cbrt(squares / degrees) - 1 + variance) / Math.sqrt(variance);
  assert.ok(Math.abs(deviations) < TOO_FAR, `${deviations} standard deviations`);
}

test("PINs of all lengths; digits are uniform at each place", () => {
  for (let length = 3; length <= 12; length += 1) {
    assert.match(pin(length), new RegExp(`^\\d{${length}}$`));
  }
  const pins = times(5_000, () => pin(4));
  for (let place = 0; place < 4; place += 1) {
    assertUniform(
      countOf(
        pins.map((one) => one[place]),
        "0123456789",
      ),
    );
  }
});

test("random passwords: characters are uniform where nothing is promised", () => {
  const all = times(2_000, () => random(50, false, false)).join("");
  assertUniform(countOf(all, LETTERS));
});

for (const [includeDigits, includeSymbols] of [
  [true, false],
  [false, true],
  [true, true],
]) {
  const what = `${includeDigits ? "digits " : ""}${includeSymbols ? "symbols" : ""}`;
  test(`random passwords with ${what}: promises are kept, and uniform within each kind`, () => {
    for (let length = 8; length <= 100; length += 1) {
      const password = random(length, includeDigits, includeSymbols);
      assert.equal(password.length, length);
    }
    const passwords = times(6_000, () => random(8, includeDigits, includeSymbols));
    const all = passwords.join("");
    for (const [isIncluded, kind] of [
      [includeDigits, DIGITS],
      [includeSymbols, SYMBOLS],
    ]) {
      const ofKind = [...all].filter((one) => kind.includes(one));
      assert.equal(ofKind.length > 0, isIncluded);
      if (!isIncluded) continue;
      assert.ok(passwords.every((one) => [...one].some((character) => kind.includes(character))));
      assertUniform(countOf(ofKind, kind));
    }
    const known = LETTERS + DIGITS + SYMBOLS;
    assertUniform(
      countOf(
        [...all].filter((one) => LETTERS.includes(one)),
        LETTERS,
      ),
    );
    assert.ok([...all].every((one) => known.includes(one)));
    // No place is preferred for what is promised.
    const places = passwords.flatMap((one) =>
      [...one].flatMap((character, place) => (LETTERS.includes(character) ? [] : [place])),
    );
    assertUniform(countOf(places, [0, 1, 2, 3, 4, 5, 6, 7]));
  });
}

test("as likely as each other: all passwords of a small recipe", () => {
  // Of two separators with a digit and a symbol there are 2 × 10 × 6.
  const separators = times(30_000, () =>
    memorable({ separatorType: "digitsAndSymbols", wordCount: 3 }).replace(/[a-z]/g, ""),
  );
  const [digits, symbols] = [[..."0123456789"], [...SYMBOLS]];
  const pairs = digits.flatMap((digit) =>
    symbols.flatMap((symbol) => [digit + symbol, symbol + digit]),
  );
  assertUniform(countOf(separators, pairs));
});

const SEPARATORS = {
  digits: /^[a-z]{3}([2346789][a-z]{3}){3}$/,
  digitsAndSymbols: /^[a-z]{3}([\d!*\-.@_][a-z]{3}){3}$/,
  spaces: /^[a-z]{3}( [a-z]{3}){3}$/,
  hyphens: /^[a-z]{3}(-[a-z]{3}){3}$/,
  underscores: /^[a-z]{3}(_[a-z]{3}){3}$/,
  periods: /^[a-z]{3}(\.[a-z]{3}){3}$/,
  commas: /^[a-z]{3}(,[a-z]{3}){3}$/,
};
test("separators of each kind", () => {
  assert.deepEqual(Object.values(SeparatorType), Object.keys(SEPARATORS));
  for (const [separatorType, form] of Object.entries(SEPARATORS)) {
    for (const password of times(50, () => memorable({ separatorType }))) {
      assert.match(password, form);
    }
  }
});

test("one word in capitals, whichever; or none", () => {
  const capital = times(3_000, () => {
    const words = memorable({ capitalize: true, wordCount: 5 }).split("-");
    const upper = words.flatMap((word, place) => (word === word.toUpperCase() ? [place] : []));
    assert.equal(upper.length, 1);
    return upper[0];
  });
  assertUniform(countOf(capital, [0, 1, 2, 3, 4]));
  assert.match(memorable({}), /^[a-z-]+$/);
});

test("three letters are uniform at each place", () => {
  const words = times(1_500, () => memorable({ wordCount: 15 }).split("-")).flat();
  for (const place of [0, 1, 2]) {
    assertUniform(
      countOf(
        words.map((word) => word[place]),
        "abcdefghjkmnpqrtuvwxyz",
      ),
    );
  }
});

test("words of the list are uniform, and in lower case without separators", () => {
  assert.equal(EFF_LARGE_WORDS.length, 7_772);
  assert.equal(new Set(EFF_LARGE_WORDS).size, 7_772);
  assert.ok(EFF_LARGE_WORDS.every((word) => /^[a-z]{3,9}$/.test(word)));
  const words = EFF_LARGE_WORDS.slice(0, 1_000);
  const options = { words };
  const made = times(7_000, () =>
    memorable({ wordListType: "fullWords", wordCount: 15 }, options).split("-"),
  ).flat();
  assertUniform(countOf(made, words));
});

test("syllables: no two ways lead to the same", () => {
  const made = times(4_000, () => memorable({ wordListType: "syllables", wordCount: 15 }));
  const parts = made
    .flatMap((one) => one.split("-"))
    .map((one) => /^([^aeiou]+)([aeiou]+)([^aeiou]+)$/.exec(one));
  assert.ok(parts.every((one) => one !== null));
  const [onsets, vowels, codas] = [1, 2, 3].map((at) => parts.map((one) => one[at]));
  const sizes = [onsets, vowels, codas].map((all) => {
    const kinds = new Set(all);
    assertUniform(countOf(all, kinds));
    return kinds.size;
  });
  assert.deepEqual(sizes, [39, 11, 31]);
});

test("by rejection: a number that would prefer the first ones is drawn again", () => {
  const drawn = [];
  // 2³² is 6 more than a multiple of 10.
  const numbers = [2 ** 32 - 1, 2 ** 32 - 6, 2 ** 32 - 7, 7, 2, 1];
  crypto.getRandomValues = (words) => {
    words[0] = numbers.shift();
    drawn.push(words[0]);
    return words;
  };
  assert.equal(pin(4), "9721");
  assert.equal(drawn.length, 6);
});

test("without randomness there is no password, and no end to wait for", () => {
  for (const broken of [
    () => {
      throw new Error("no");
    },
    (words) => words.fill(2 ** 32 - 1),
  ]) {
    crypto.getRandomValues = broken;
    assert.throws(() => pin(4), { code: "unsupported" });
  }
  // All the same, and so never a digit.
  crypto.getRandomValues = (words) => words.fill(0);
  assert.throws(() => random(8, true, false), { code: "unsupported" });
});

const letters = { separatorType: "hyphens", capitalize: true, wordListType: "threeLetters" };
const BAD = [
  [undefined, /type and parameters/],
  [null, /type and parameters/],
  ["Pin", /type and parameters/],
  [{ type: "Pin" }, /type and parameters/],
  [{ type: "Else", parameters: {} }, /Pin, Random or Memorable/],
  ...[2, 13, 4.5, "4", undefined, Number.NaN, Infinity].map((length) => [
    { type: "Pin", parameters: { length } },
    /length is a whole number from 3 to 12/,
  ]),
  ...[7, 101, -8].map((length) => [
    { type: "Random", parameters: { includeDigits: true, includeSymbols: true, length } },
    /from 8 to 100/,
  ]),
  [
    { type: "Random", parameters: { includeDigits: 1, includeSymbols: true, length: 8 } },
    /includeDigits is true or false/,
  ],
  [
    { type: "Random", parameters: { includeDigits: true, length: 8 } },
    /includeSymbols is true or false/,
  ],
  ...[2, 16, undefined].map((wordCount) => [
    { type: "Memorable", parameters: { ...letters, wordCount } },
    /wordCount is a whole number from 3 to 15/,
  ]),
  [
    { type: "Memorable", parameters: { ...letters, wordCount: 3, separatorType: "toString" } },
    /separatorType is one of digits, /,
  ],
  [
    { type: "Memorable", parameters: { ...letters, wordCount: 3, wordListType: "words" } },
    /wordListType is one of fullWords, syllables, threeLetters/,
  ],
  [
    { type: "Memorable", parameters: { ...letters, wordCount: 3, capitalize: "no" } },
    /capitalize is true or false/,
  ],
  [
    { type: "Memorable", parameters: { ...letters, wordCount: 3, wordListType: "fullWords" } },
    /onepassword-edge\/words/,
  ],
];
for (const [recipe, rule] of BAD) {
  test(`a recipe that is none: ${JSON.stringify(recipe)}`, () => {
    const thrown = assert.throws(() => generatePassword(recipe), {
      code: "argumentInvalid",
      message: rule,
    });
    assert.equal(thrown, undefined);
  });
}

test("words that are too few, or none", () => {
  const wordListType = "fullWords";
  const few = EFF_LARGE_WORDS.slice(0, 999);
  // One wrong word would else be met once in a few hundred passwords.
  for (const words of [
    few,
    [...few, few[0]],
    [...few, "", "a"],
    [...few, "a", "b", 5],
    "abc",
    {},
  ]) {
    assert.throws(() => memorable({ wordListType }, { words }), { code: "argumentInvalid" });
  }
  memorable({ wordListType }, { words: [...few, "a", few[0]] });
  const odd = { words: times(1_000, () => 5) };
  assert.throws(
    () => memorable({ wordListType }, odd),
    (error) => {
      assert.ok(isOnePasswordError(error));
      assert.equal(error.code, "argumentInvalid");
      return true;
    },
  );
  assert.deepEqual(Object.values(WordListType), ["fullWords", "syllables", "threeLetters"]);
});
