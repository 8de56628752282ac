// node_modules, as package-lock.json has it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { run, step } from "./run.mjs";
import { hashOf } from "./stamp.mjs";

/** `npm ci`, unless the folder's node_modules came from this very lock file. */
export async function installPackages({ folder = ROOT, name = "npm packages", args = [] } = {}) {
  const stamp = join(folder, "node_modules/.onepassword-edge-stamp");
  const hash = hashOf([join(folder, "package-lock.json")]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const all = ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...args];
  await step(name, () => run(npm, all, { cwd: folder }));
  writeFileSync(stamp, hash);
}

/** The program of an installed package: run it with `process.execPath`. */
export const programOf = (path) => join(ROOT, "node_modules", path);
