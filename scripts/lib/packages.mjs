// node_modules, as package-lock.json has it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { run, step } from "./run.mjs";
import { hashOf } from "./stamp.mjs";

const LOCK = join(ROOT, "package-lock.json");
const STAMP = join(ROOT, "node_modules/.onepassword-edge-stamp");

/** `npm ci`, unless node_modules came from this very lock file. */
export async function installPackages() {
  const hash = hashOf([LOCK]);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash) return;
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  await step("npm packages", () => run(npm, args, { cwd: ROOT }));
  writeFileSync(STAMP, hash);
}

/** The program of an installed package: run it with `process.execPath`. */
export const programOf = (path) => join(ROOT, "node_modules", path);
