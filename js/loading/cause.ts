import { isErrorCode, withoutKeys } from "../client/told.js";

const MAX_CHARS = 300;
/** Causes and their causes that are looked at. */
const MAX_CAUSES = 12;

/**
 * What somebody else threw, as an error's cause. Only its name, its message and the codes of its
 * causes are kept, as text: it may hold a request. The core does the same (src/web/failure.rs).
 */
export function causeOf(thrown: unknown): Error {
  let words = typeof thrown === "string" ? thrown : "";
  try {
    if (isObject(thrown))
      words = [thrown.name, thrown.message, codesOf(thrown)].filter(isText).join(": ");
  } catch {} // it has nothing to say then
  return new Error(withoutKeys(words, MAX_CHARS));
}

interface Foreign {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

function codesOf(thrown: Foreign): string {
  const codes = new Set<string>();
  let next: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES && isObject(next); depth += 1) {
    const { code, cause } = next;
    if (isText(code) && isErrorCode(code)) codes.add(code);
    next = cause;
  }
  return [...codes].join(", ");
}

const isObject = (value: unknown): value is Foreign => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
