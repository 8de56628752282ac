import { usageError } from "./exit.js";
import { jsonOf } from "./output.js";

const INDENT = 2;

type Values = ReadonlyMap<string, string>;

/** How variables are written for others. */
export const FORMATS = {
  dotenv: (values: Values) => lines(values, (name, value) => `${name}=${quotedForFile(value)}`),
  json: objectOf,
  shell: (values: Values) => lines(values, exported),
  // As JSON: of what looks like an env file wrangler joins the lines, and replaces $ even between
  // single quotes.
  wrangler: objectOf,
} as const;

export function isFormat(name: string): name is keyof typeof FORMATS {
  return Object.hasOwn(FORMATS, name);
}

function objectOf(values: Values): string {
  return `${jsonOf(Object.fromEntries(values), INDENT)}\n`;
}

function lines(values: Values, write: (name: string, value: string) => string): string {
  return [...values].map(([name, value]) => `${write(name, value)}\n`).join("");
}

const PLAIN = /^[\w./:@%+,-]+$/;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

/**
 * So that as many readers as can read it as it is: between quotes in which nothing is replaced, and only
 * if the value holds both of them, or a carriage return, between double quotes, with escapes.
 */
function quotedForFile(value: string): string {
  if (PLAIN.test(value)) return value;
  if (!value.includes("\r")) {
    for (const quote of ["'", "`"]) if (!value.includes(quote)) return quote + value + quote;
  }
  const escaped = value.replace(/[\\"$\n\r]/g, (char) => ESCAPES[char] ?? `\\${char}`);
  return `"${escaped}"`;
}

const SHELL_NAME = /^[A-Za-z_]\w*$/;

function exported(name: string, value: string): string {
  if (!SHELL_NAME.test(name)) {
    throw usageError(`a shell has no variable called ${name}: rename it, or take another format`);
  }
  return `export ${name}='${value.replaceAll("'", "'\\''")}'`;
}
