import { check, checkNames } from "../client/check.js";
import { ownOf } from "../client/own.js";

/** Options of a store whose database holds other things, too. */
export interface PrefixOptions {
  /** Put before each key. Default: nothing; keys begin with `onepassword-edge-` anyway. */
  readonly prefix?: string | undefined;
}

/**
 * The prefix in a store's options, which have no others.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function prefixIn(options: PrefixOptions, where: string): string {
  const own = ownOf(options);
  checkNames(own, ["prefix"], where);
  return checkPrefix(own.prefix);
}

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkPrefix(prefix: unknown = ""): string {
  check(typeof prefix === "string", "prefix must be a string");
  return prefix;
}

/** Whether an object has all of these methods, its own or its class's. */
export function hasMethods(given: unknown, names: readonly string[]): boolean {
  const object = Object(given);
  return object === given && names.every((name) => typeof object[name] === "function");
}
