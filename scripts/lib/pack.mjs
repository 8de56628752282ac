// The package as users get it: packed, and installed into a folder of its own.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { run } from "./run.mjs";

const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/**
 * Packs the package that was built in `from` into `folder`; resolves to the tarball's path and npm's
 * list of its files.
 */
export async function pack(folder, from = ROOT) {
  mkdirSync(folder, { recursive: true });
  const args = ["pack", "--json", "--pack-destination", folder, ...QUIET];
  const { stdout } = await run(NPM, args, { cwd: from });
  // An array up to npm 11, an object by package name after it.
  const [{ filename, files, size }] = Object.values(JSON.parse(stdout));
  return { path: join(folder, filename), files, size };
}

/** An empty project in `folder` with the tarball installed, as a user would do it. */
export async function installInto(folder, tarball, manifest = {}) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const project = { name: "project", private: true, type: "module", ...manifest };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(project, undefined, 2)}\n`);
  await run(NPM, ["install", ...QUIET, tarball.path], { cwd: folder });
}
