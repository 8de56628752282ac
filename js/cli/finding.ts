import { isOnePasswordError } from "../client/errors.js";
import { exitOf } from "./exit.js";

/** What `doctor` found about one thing. */
export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail" | "skip";
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Of a failure: the exit code that it has by itself. */
  readonly exit?: number;
}

/** A failure that an error tells. */
export function failed(name: string, error: unknown): Check {
  const message = isOnePasswordError(error) ? error.message : "an unexpected error";
  return { name, status: "fail", message, exit: exitOf(error) };
}

/** What cannot be looked at. */
export function skipped(names: readonly string[], reason: string): Check[] {
  return names.map((name) => ({ name, status: "skip", message: `not looked at: ${reason}` }));
}
