import type { EnvFailure, EnvSyntaxCode } from "../client/errors.js";
import { addFailure, type Place, throwIfAny } from "./failures.js";

/** A line of an env file that sets a variable. */
export interface EnvLine {
  /** What stands before `=`, without `export`. Variables in it are not replaced. */
  readonly key: string;
  /** What stands after it, without quotes and comments. Escapes and variables are not replaced. */
  readonly value: string;
  /** What the value was quoted with. */
  readonly quote: '"' | "'" | "`" | "";
  /** The line that it begins on, counted from 1. */
  readonly line: number;
}

/**
 * The variables that an env file sets, in its order, as they are written. `KEY=VALUE`; quoted values
 * may span lines; `#` begins a comment at the start of a line and after a blank.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists each line that is wrong
 */
export function parseEnvFile(text: string): EnvLine[] {
  const failures: EnvFailure[] = [];
  const lines = readLines(text, {}, failures);
  throwIfAny(failures);
  return lines;
}

/** What can be read; what cannot is added to the failures. */
export function readLines(text: string, place: Place, failures: EnvFailure[]): EnvLine[] {
  // A BOM is a blank to JavaScript, and goes with those around a key.
  const source = text.replace(/\r\n?/g, "\n");
  const lines: EnvLine[] = [];
  let line = 1;
  for (let at = 0; at < source.length; ) {
    const { entry, end, code, message } = readLine(source, at, endOfLine(source, at));
    if (entry !== undefined) lines.push({ ...entry, line });
    if (code !== undefined) addFailure(failures, { ...place, line, code, message });
    line += newlines(source, at, end + 1);
    at = end + 1;
  }
  return lines;
}

/** What stands on one line and those that its value spans, up to `end`. */
type Reading = { readonly end: number } & (
  | { readonly entry?: Omit<EnvLine, "line">; readonly code?: undefined; readonly message?: never }
  | { readonly entry?: undefined; readonly code: EnvSyntaxCode; readonly message: string }
);

function readLine(source: string, at: number, end: number): Reading {
  const text = source.slice(at, end);
  if (BLANK_OR_COMMENT.test(text)) return { end };
  const equals = text.indexOf("=");
  if (equals < 0) return { end, code: "notKeyValue", message: NOT_KEY_VALUE };
  const written = text.slice(0, equals).trim();
  const key = written.replace(/^export\s+/, "");
  const value = text.slice(equals + 1);
  const from = end - value.trimStart().length;
  const quote = source[from];
  if (from < end && (quote === '"' || quote === "'" || quote === "`")) {
    return readQuoted(source, from, { key, quote });
  }
  const comment = /(^|\s)#/.exec(value);
  return { end, entry: { key, value: value.slice(0, comment?.index).trim(), quote: "" } };
}

const BLANK_OR_COMMENT = /^\s*(#|$)/;
const NOT_KEY_VALUE = "this line is not KEY=VALUE, not a comment and not empty";

/** `from` is where the quote stands. */
function readQuoted(source: string, from: number, named: Pick<EnvLine, "key" | "quote">): Reading {
  const close = closeOf(source, from + 1, named.quote);
  if (close < 0) {
    const message = `the quote ${named.quote} that opens on this line is never closed`;
    return { end: source.length, code: "unterminatedQuote", message };
  }
  const end = endOfLine(source, close);
  if (!BLANK_OR_COMMENT.test(source.slice(close + 1, end))) {
    const message = "after a closing quote only a comment may follow";
    return { end, code: "textAfterQuote", message };
  }
  return { end, entry: { ...named, value: source.slice(from + 1, close) } };
}

/** Where a quoted value ends; -1: nowhere. Only between double quotes does a backslash escape. */
function closeOf(source: string, from: number, quote: string): number {
  if (quote !== '"') return source.indexOf(quote, from);
  const stop = /["\\]/g;
  stop.lastIndex = from;
  for (let found = stop.exec(source); found !== null; found = stop.exec(source)) {
    if (found[0] === '"') return found.index;
    stop.lastIndex += 1;
  }
  return -1;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** How many lines end between two places. */
function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) {
    count += 1;
  }
  return count;
}
