// Where things are: the repository, and the user's cache folder that outlives it.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

function cacheRoot() {
  const { ONEPASSWORD_EDGE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (ONEPASSWORD_EDGE_CACHE) return resolve(ONEPASSWORD_EDGE_CACHE);
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "onepassword-edge");
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/onepassword-edge");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "onepassword-edge");
  return join(homedir(), ".cache/onepassword-edge");
}

/** Toolchain and tools: shared by every clone of this user. */
export const CACHE = cacheRoot();

export const CARGO_HOME = process.env.CARGO_HOME ?? join(homedir(), ".cargo");

/** `key = "value"` of the package section, or of a dependency, in Cargo.toml. */
export function cargoToml(pattern) {
  const found = readFileSync(join(ROOT, "Cargo.toml"), "utf8").match(pattern);
  if (!found) throw new Error(`Cargo.toml has no line like ${pattern}: restore it.`);
  return found[1];
}

export function packageJson() {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
}
