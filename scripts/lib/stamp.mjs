// Knows by content whether something has to be made again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Every file at or under the path, sorted; not what npm has installed. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path)
    .filter((name) => name !== "node_modules")
    .sort();
  return names.flatMap((name) => filesUnder(join(path, name)));
}

/** One hash over the names and contents of the files, and over the words. */
export function hashOf(paths, words = []) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(filesUnder)) {
    const content = readFileSync(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.update(JSON.stringify(words)).digest("hex");
}

/** Makes something unless the stamp says that it was made of the same and its outputs are there. */
export async function unlessStamped({ stamp, hash, outputs }, make) {
  const made = existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  if (made && outputs.every((path) => existsSync(path))) return;
  await make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
