// The vendor's generator and this one: the same recipes, limits, characters and forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secrets, SeparatorType, WordListType } from "@1password/sdk";
import * as ours from "../../dist/passwords.js";
import { EFF_LARGE_WORDS } from "../../dist/words.js";

const MADE = 2_000;
const GENERATORS = {
  vendor: (recipe) => Secrets.generatePassword(recipe).password,
  ours: (recipe) => ours.generatePassword(recipe, { words: EFF_LARGE_WORDS }).password,
};
const both = (work) => Object.values(GENERATORS).map(work);
const isMade = (generate, recipe) => {
  try {
    return typeof generate(recipe) === "string";
  } catch {
    return false;
  }
};
/** All characters of many passwords. */
const alphabet = (generate, recipe) =>
  [...new Set(Array.from({ length: MADE }, () => generate(recipe)).join(""))].sort().join("");
const memorable = (parameters) => ({
  type: "Memorable",
  parameters: {
    separatorType: "hyphens",
    capitalize: false,
    wordListType: "threeLetters",
    wordCount: 4,
    ...parameters,
  },
});

test("the enums have the same members", () => {
  assert.deepEqual(ours.SeparatorType, SeparatorType);
  assert.deepEqual(ours.WordListType, WordListType);
});

test("the limits are the same", () => {
  for (let count = 0; count <= 110; count += 1) {
    for (const recipe of [
      { type: "Pin", parameters: { length: count } },
      { type: "Random", parameters: { includeDigits: true, includeSymbols: false, length: count } },
      memorable({ wordCount: count }),
    ]) {
      const [theirs, own] = both((generate) => isMade(generate, recipe));
      assert.equal(own, theirs, JSON.stringify(recipe));
    }
  }
});

test("the characters are the same", () => {
  const recipes = [{ type: "Pin", parameters: { length: 12 } }];
  for (const includeDigits of [true, false]) {
    for (const includeSymbols of [true, false]) {
      recipes.push({ type: "Random", parameters: { includeDigits, includeSymbols, length: 20 } });
    }
  }
  for (const separatorType of Object.values(SeparatorType)) {
    recipes.push(memorable({ separatorType, capitalize: true }));
  }
  for (const recipe of recipes) {
    const [theirs, own] = both((generate) => alphabet(generate, recipe));
    assert.equal(own, theirs, JSON.stringify(recipe));
  }
});

test("the forms are the same", () => {
  for (const wordListType of Object.values(WordListType)) {
    for (const [, generate] of Object.entries(GENERATORS)) {
      for (let made = 0; made < 200; made += 1) {
        const words = generate(memorable({ wordListType, capitalize: true })).split("-");
        assert.equal(words.length, 4);
        assert.equal(words.filter((word) => /^[A-Z]+$/.test(word)).length, 1);
        assert.equal(words.filter((word) => /^[a-z]+$/.test(word)).length, 3);
      }
    }
  }
});
