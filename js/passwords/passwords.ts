import { checkNames } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";

/** What stands between the words of a memorable password. */
export enum SeparatorType {
  /** A digit each time, of those that look like no letter. */
  Digits = "digits",
  /** A digit or a symbol, at least one of each. */
  DigitsAndSymbols = "digitsAndSymbols",
  Spaces = "spaces",
  Hyphens = "hyphens",
  Underscores = "underscores",
  Periods = "periods",
  Commas = "commas",
}

/** What a memorable password is made of. */
export enum WordListType {
  /** English words, of a list that the caller brings: `onepassword-edge/words` has one. */
  FullWords = "fullWords",
  /** Syllables that can be spoken, 13.7 bits each. */
  Syllables = "syllables",
  /** Three letters, 13.4 bits each. */
  ThreeLetters = "threeLetters",
}

/** How a password is to be made. */
export type PasswordRecipe = RecipeOf<
  SeparatorType | `${SeparatorType}`,
  WordListType | `${WordListType}`
>;

/** How a password is to be made, with the enums' members or also with their texts. */
export type RecipeOf<Separator, WordList> =
  | {
      type: "Memorable";
      parameters: {
        separatorType: Separator;
        /** Whether one of the words, whichever, is in capitals. */
        capitalize: boolean;
        wordListType: WordList;
        /** How many words: 3 to 15. */
        wordCount: number;
      };
    }
  | {
      type: "Pin";
      parameters: {
        /** How many digits: 3 to 12. */
        length: number;
      };
    }
  | {
      type: "Random";
      parameters: {
        /** Whether there is at least one digit, or none. */
        includeDigits: boolean;
        /** Whether there is at least one symbol, or none. */
        includeSymbols: boolean;
        /** How many characters: 8 to 100. */
        length: number;
      };
    };

/** A password that was made. */
export interface GeneratePasswordResponse {
  password: string;
}

/** What a recipe may need beside itself. */
export interface PasswordOptions {
  /** For `fullWords`: at least 1,000 different words. */
  readonly words?: readonly string[];
}

const DIGITS = "0123456789";
// Without those that look like others: I, l and 1, O and 0, S and 5.
const LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CLEAR_DIGITS = "2346789";
const SYMBOLS = "!*-.@_";
/** Of `threeLetters`: without i, l, o and s. */
const SHORT_LETTERS = "abcdefghjkmnpqrtuvwxyz";
const SEPARATORS: Readonly<Record<string, string>> = {
  spaces: " ",
  hyphens: "-",
  underscores: "_",
  periods: ".",
  commas: ",",
};
// Consonants, vowels, consonants: no two ways lead to the same syllable.
const ONSETS =
  "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr r s sh sk sl sm sn sp st t th tr v w z".split(
    " ",
  );
const VOWELS = "a ai e ea ee i o oa oo ou u".split(" ");
const CODAS = "b ck d f ft g k l ld lt m mp n nd ng nk nt p r rd rk rm rn s sh sk st t v x z".split(
  " ",
);
const FEWEST_WORDS = 1_000;
const WORD_RANGE = 2 ** 32;
/** One in three tries or more succeeds: so many fail only where randomness is none. */
const MAX_TRIES = 1_000;

/**
 * Makes a password with the randomness of `crypto.getRandomValues`: each that the recipe allows is
 * as likely as every other one.
 *
 * @throws {OnePasswordError} `argumentInvalid` if the recipe is none; `unsupported` if the runtime
 * has no randomness
 *
 * ```ts
 * generatePassword({
 *   type: "Random",
 *   parameters: { includeDigits: true, includeSymbols: true, length: 20 },
 * }).password; // "-b9crTiUXaJxghCBqo@z"
 * ```
 */
export function generatePassword(
  recipe: PasswordRecipe,
  options: PasswordOptions = {},
): GeneratePasswordResponse {
  const own = ownOf(recipe);
  const { type, parameters: given } = own as Partial<PasswordRecipe>;
  check(typeof given === "object" && given !== null, "a recipe has type and parameters");
  checkNames(own, ["type", "parameters"], "a recipe");
  const parameters = ownOf(given);
  checkNames(parameters, PARAMETERS.get(type) ?? Object.keys(parameters), `a ${type} recipe`);
  const others = ownOf(options);
  checkNames(others, ["words"], "generatePassword");
  switch (type) {
    case "Pin":
      return { password: makePin(parameters as PinParameters) };
    case "Random":
      return { password: makeRandom(parameters as RandomParameters) };
    case "Memorable":
      return { password: makeMemorable(parameters as MemorableParameters, others) };
    default:
      throw invalid("a recipe's type is Pin, Random or Memorable");
  }
}

/** The parameters of each type of recipe. */
const PARAMETERS: ReadonlyMap<unknown, readonly string[]> = /* @__PURE__ */ new Map([
  ["Pin", ["length"]],
  ["Random", ["includeDigits", "includeSymbols", "length"]],
  ["Memorable", ["separatorType", "capitalize", "wordListType", "wordCount"]],
]);

type Parameters<Type> = Extract<PasswordRecipe, { type: Type }>["parameters"];
type PinParameters = Parameters<"Pin">;
type RandomParameters = Parameters<"Random">;
type MemorableParameters = Parameters<"Memorable">;

function makePin({ length }: PinParameters): string {
  checkCount("length", length, 3, 12);
  return repeat(length, () => pick(DIGITS)).join("");
}

function makeRandom({ includeDigits, includeSymbols, length }: RandomParameters): string {
  checkFlag("includeDigits", includeDigits);
  checkFlag("includeSymbols", includeSymbols);
  checkCount("length", length, 8, 100);
  const promised = [includeDigits ? CLEAR_DIGITS : "", includeSymbols ? SYMBOLS : ""];
  return tryUntilKept(LETTERS + promised.join(""), length, promised).join("");
}

function makeMemorable(
  { separatorType, capitalize, wordListType, wordCount }: MemorableParameters,
  { words }: PasswordOptions,
): string {
  checkFlag("capitalize", capitalize);
  checkCount("wordCount", wordCount, 3, 15);
  const list = repeat(wordCount, wordMaker(wordListType, words));
  if (capitalize) {
    const chosen = below(wordCount);
    list[chosen] = (list[chosen] ?? "").toUpperCase();
  }
  const separators = makeSeparators(separatorType, wordCount - 1);
  return list.map((word, index) => word + (separators[index] ?? "")).join("");
}

function makeSeparators(type: string, count: number): string[] {
  if (type === "digits") return repeat(count, () => pick(CLEAR_DIGITS));
  if (type === "digitsAndSymbols") {
    return tryUntilKept(DIGITS + SYMBOLS, count, [DIGITS, SYMBOLS]);
  }
  check(Object.hasOwn(SEPARATORS, type), `separatorType is one of ${names(SeparatorType)}`);
  return repeat(count, () => SEPARATORS[type] ?? "");
}

/** Lists that were looked through: they are long. */
const checked = /* @__PURE__ */ new WeakSet<readonly string[]>();

function checkWords(words: readonly string[] | undefined): asserts words is readonly string[] {
  if (words !== undefined && checked.has(words)) return;
  const isList = Array.isArray(words) && new Set(words).size >= FEWEST_WORDS;
  check(
    isList,
    `fullWords needs a list of at least ${FEWEST_WORDS} different words in options.words, such as EFF_LARGE_WORDS of onepassword-edge/words`,
  );
  // Not `every`, which skips the holes of a sparse array.
  for (const word of words) {
    check(typeof word === "string" && word !== "", "each of the words is a text");
  }
  checked.add(words);
}

function wordMaker(type: string, words: readonly string[] | undefined): () => string {
  switch (type) {
    case "fullWords":
      checkWords(words);
      return () => pick(words);
    case "syllables":
      return () => pick(ONSETS) + pick(VOWELS) + pick(CODAS);
    case "threeLetters":
      return () => repeat(3, () => pick(SHORT_LETTERS)).join("");
    default:
      throw invalid(`wordListType is one of ${names(WordListType)}`);
  }
}

/**
 * Characters of which each of `promised` has at least one. All at once and again, because putting
 * one in afterwards would make some passwords likelier than others.
 */
function tryUntilKept(alphabet: string, count: number, promised: readonly string[]): string[] {
  const wanted = promised.filter((characters) => characters !== "");
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const made = repeat(count, () => pick(alphabet));
    if (wanted.every((characters) => made.some((one) => characters.includes(one)))) return made;
  }
  throw noRandomness();
}

/** One of a list, or of the characters of a text. */
function pick<T>(from: ArrayLike<T>): T {
  return from[below(from.length)] as T;
}

/** A whole number below `count`, by rejection: a remainder alone would prefer small ones. */
function below(count: number): number {
  const limit = WORD_RANGE - (WORD_RANGE % count);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const number = randomWord();
    if (number < limit) return number % count;
  }
  throw noRandomness();
}

function randomWord(): number {
  const word = new Uint32Array(1);
  try {
    globalThis.crypto.getRandomValues(word);
  } catch {
    throw noRandomness();
  }
  return word[0] ?? 0;
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

const names = (type: Readonly<Record<string, string>>): string => Object.values(type).join(", ");

function checkCount(name: string, count: unknown, least: number, most: number): void {
  const isCount = Number.isInteger(count) && Number(count) >= least && Number(count) <= most;
  check(isCount, `${name} is a whole number from ${least} to ${most}`);
}

function checkFlag(name: string, flag: unknown): void {
  check(typeof flag === "boolean", `${name} is true or false`);
}

function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw invalid(rule);
}

const invalid = (message: string) => new OnePasswordError({ code: "argumentInvalid", message });
const noRandomness = () =>
  new OnePasswordError({
    code: "unsupported",
    message: "this runtime's crypto.getRandomValues does not work",
  });
