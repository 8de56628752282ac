import { OnePasswordError } from "./errors.js";

/** @throws {OnePasswordError} `argumentInvalid` */
export function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new OnePasswordError({ code: "argumentInvalid", message: rule });
}

export function isStringArray(value: unknown): value is string[] {
  // A copy, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && [...value].every((entry) => typeof entry === "string");
}
