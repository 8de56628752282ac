import { isObjectId } from "./ids.js";
import { isObject } from "./json.js";

/** Throws a `TypeError` that names `path` if `value` is not as it has to be. */
export type Check = (value: unknown, path: string) => void;

/** What does something to a terminal, or is not seen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{NChar}]/gu;

/** The error for a wrong part of a description. Never quotes a value: it may be a secret. */
export function fault(path: string, problem: string): TypeError {
  const shown = path.replace(INVISIBLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return new TypeError(`${shown}: ${problem}`);
}

/** Anything that `test` holds for. */
export function satisfies(test: (value: unknown) => boolean, wanted: string): Check {
  return (value, path) => {
    if (!test(value)) throw fault(path, `must be ${wanted}`);
  };
}

/** Text. */
export const text: Check = satisfies((value) => typeof value === "string", "a string");

/** `true` or `false`. */
export const flag: Check = satisfies((value) => typeof value === "boolean", "true or false");

/** A whole number from 0. */
export const count: Check = satisfies(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  "a whole number",
);

/** A whole number from 1. */
export const positive: Check = satisfies(
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
  "a whole number from 1",
);

/** A whole number from 1 that fits into 32 bits, as permissions do. */
export const permissionBits: Check = satisfies(
  (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 32,
  "a whole number from 1 to 4294967295",
);

/** An object id. */
export const objectId: Check = satisfies(
  (value) => typeof value === "string" && isObjectId(value),
  "an object id: 26 characters of a-z2-7, the last one of aeimquy4",
);

/** A function. */
export const callable: Check = satisfies((value) => typeof value === "function", "a function");

/** An object, whatever its members. */
export const rawObject: Check = satisfies(isObject, "an object");

/** Whatever JSON can say. */
export const anything: Check = () => {};

/** One of the given strings. */
export function oneOf(...values: readonly string[]): Check {
  const wanted = `one of ${values.join(", ")}`;
  return satisfies((value) => typeof value === "string" && values.includes(value), wanted);
}

/** The first of the checks that fits the value's JavaScript type decides. */
export function either(fits: (value: unknown) => boolean, first: Check, second: Check): Check {
  return (value, path) => (fits(value) ? first(value, path) : second(value, path));
}

/** An array of what `check` takes. */
export function list(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw fault(path, "must be an array");
    for (const [index, entry] of value.entries()) check(entry, `${path}[${index}]`);
  };
}

/** An object with any members, each of which `check` takes. */
export function mapping(check: Check): Check {
  return (value, path) => {
    if (!isObject(value)) throw fault(path, "must be an object");
    for (const [name, entry] of Object.entries(value)) check(entry, `${path}.${name}`);
  };
}

/** An object with these members at most; absent ones are for the caller to ask for. */
export function shape(members: Readonly<Record<string, Check>>): Check {
  const known = Object.keys(members).join(", ");
  return (value, path) => {
    if (!isObject(value)) throw fault(path, "must be an object");
    for (const [name, entry] of Object.entries(value)) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined;
      if (check === undefined) throw fault(`${path}.${name}`, `unknown member; known: ${known}`);
      if (entry !== undefined) check(entry, `${path}.${name}`);
    }
  };
}

/** An object with all of these members, and no others but the optional ones. */
export function exactly(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  return also(shape({ ...required, ...optional }), (value, path) => {
    for (const name of Object.keys(required)) requireMember(name)(value, path);
  });
}

/** `check`, and after it what several members say together. */
export function also(
  check: Check,
  more: (value: Record<string, unknown>, path: string) => void,
): Check {
  return (value, path) => {
    check(value, path);
    more(value as Record<string, unknown>, path);
  };
}

/** Asks for at least one of the members. */
export function requireMember(...names: readonly string[]) {
  return (value: Record<string, unknown>, path: string): void => {
    if (names.every((name) => value[name] === undefined)) {
      throw fault(path, `${names.join(" or ")} is missing`);
    }
  };
}
