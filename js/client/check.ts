import { OnePasswordError } from "./errors.js";
import { ownOf } from "./own.js";

/** @throws {OnePasswordError} `argumentInvalid` */
export function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new OnePasswordError({ code: "argumentInvalid", message: rule });
}

export function isStringArray(value: unknown): value is string[] {
  // A copy, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && [...value].every((entry) => typeof entry === "string");
}

/**
 * What an answer or an argument has itself; nothing if it is no object.
 *
 * @throws {OnePasswordError} `argumentInvalid` if it throws as it is read
 */
export function membersOf(given: unknown): Record<string, unknown> {
  if (!isObject(given)) return {};
  try {
    return ownOf(given);
  } catch {
    return unreadable();
  }
}

/**
 * A copy of an array, in which a hole is an absent entry; nothing if it is none.
 *
 * @throws {OnePasswordError} `argumentInvalid` if it throws as it is read
 */
export function listOf(given: unknown): unknown[] | undefined {
  try {
    return Array.isArray(given) ? Array.from(given) : undefined;
  } catch {
    return unreadable();
  }
}

/** Whether it may have members. */
export function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === "object" && given !== null;
}

function unreadable(): never {
  check(false, "an argument, or a part of it, cannot be read");
}

/**
 * Checks that all members of an object are among the known ones: a misspelt option would have no effect.
 *
 * @throws {OnePasswordError} `argumentInvalid`, which suggests a similar name
 */
export function checkNames(given: object, known: readonly string[], where: string): void {
  const strange = Object.entries(given).find(([name, value]) => {
    return value !== undefined && !known.includes(name);
  });
  if (strange === undefined) return;
  const [name] = strange;
  const similar = known.find((one) => isSimilar(name.toLowerCase(), one.toLowerCase()));
  const hint = similar === undefined ? `known: ${known.join(", ")}` : `did you mean ${similar}?`;
  // A token that was passed by mistake must not come back in an error.
  const told = PLAIN_NAME.test(name) ? name : "an unknown name";
  check(false, `${told} is not an option of ${where}; ${hint}`);
}

const PLAIN_NAME = /^[A-Za-z]{1,30}$/;

/** Whether one may be meant by the other: it is a part of it, or has nearly the same letters. */
export function isSimilar(name: string, known: string): boolean {
  const isPart = name.length > 2 && (known.startsWith(name) || name.startsWith(known));
  return isPart || distance(name.slice(0, 40), known) <= 2;
}

/** How many letters have to be inserted, left out or replaced. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (const [at, wanted] of [...other].entries()) {
      const replaced = (row[at] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
