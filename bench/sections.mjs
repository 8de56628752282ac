// Sections of RESULTS.md that have a program of their own: each stands between its marks, and whoever
// writes the rest keeps them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/lib/paths.mjs";

const PATH = join(ROOT, "bench/RESULTS.md");
const SECTION = /\n<!-- section: ([^>]*) -->\n[\s\S]*?\n<!-- end: \1 -->\n/g;
const marked = (mark, section) =>
  `\n<!-- section: ${mark} -->\n${section}\n<!-- end: ${mark} -->\n`;

/** The rest, with the sections that the file has. */
export function withSections(rest) {
  const sections = readFileSync(PATH, "utf8").match(SECTION) ?? [];
  return [rest, ...sections].join("");
}

/** Writes one section anew. */
export function writeSection(mark, section) {
  const text = readFileSync(PATH, "utf8");
  const others = [...text.matchAll(SECTION)].filter(([, name]) => name !== mark);
  const rest = text.replaceAll(SECTION, "");
  const all = [...others.map(([whole]) => whole), marked(mark, section)].sort();
  writeFileSync(PATH, [rest, ...all].join(""));
}
