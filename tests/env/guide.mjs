// docs/environments.md as tests read it: its programs, each under the name in its first line, and its tables.
import { readFileSync } from "node:fs";

const TEXT = readFileSync(new URL("../../docs/environments.md", import.meta.url), "utf8");

/** The programs and files of the guide, by name; and how many there are, named or not. */
export const BLOCKS = new Map(
  [...TEXT.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n(.*?)^```$/gms)].map(([, name, text]) => [
    name,
    text,
  ]),
);
export const BLOCK_COUNT = [...TEXT.matchAll(/^```\w/gm)].length;

/** Those that tests/package runs in projects of their own; tests/env runs all others. */
export const IN_PROJECTS = [
  ".dev.vars",
  "instrumentation.ts",
  "src/index.js",
  "src/object.js",
  "vite.config.js",
  "vitest.config.js",
];

/** The rows of the table whose first head this is, and which has so many columns of code. */
export function rowsOf(head) {
  const [, body] = TEXT.split(`| ${head} |`).map((part) => part.split("\n\n")[0]);
  const rows = (body ?? "").split("\n").slice(2);
  return rows.map((row) => {
    const cells = [...row.matchAll(/\| `(.+?)`(?= \|)/g)].map(([, cell]) => cell);
    return cells.map((cell) => cell.replaceAll("⏎", "\n"));
  });
}
