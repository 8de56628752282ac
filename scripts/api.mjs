// docs/api out of the types and comments of dist/: `npm run docs`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { withLock } from "./lib/lock.mjs";
import { installPackages } from "./lib/packages.mjs";
import { CACHE, packageJson, ROOT } from "./lib/paths.mjs";
import { Failure, main, run, step } from "./lib/run.mjs";
import { filesUnder } from "./lib/stamp.mjs";

const TOOL = join(ROOT, "scripts/api");
const PAGES = join(ROOT, "docs/api");

/** Writes the pages; what TypeDoc warns of is an error. */
async function writePages(out) {
  await withLock(CACHE, () => installPackages({ folder: TOOL, name: "TypeDoc" }));
  const program = join(TOOL, "node_modules/typedoc/bin/typedoc");
  const programs = Object.values(packageJson().exports).flatMap((entry) => entry.default ?? []);
  const entries = programs.map((path) => path.replace(/\.js$/, ".d.ts"));
  const args = entries.flatMap((entry) => ["--entryPoints", join(ROOT, entry)]);
  await run(process.execPath, [program, "--out", out, ...args], { cwd: TOOL });
}

const pagesIn = (folder) =>
  new Map(filesUnder(folder).map((file) => [relative(folder, file), readFileSync(file, "utf8")]));

/** For `npm run check`: whether docs/api is what would be written now. */
export async function checkApi({ fix }) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-api-"));
  try {
    await writePages(fix ? PAGES : folder);
    if (fix) return;
    const made = pagesIn(folder);
    const kept = existsSync(PAGES) ? pagesIn(PAGES) : new Map();
    const names = new Set([...made.keys(), ...kept.keys()]);
    const differing = [...names].filter((name) => made.get(name) !== kept.get(name));
    if (differing.length === 0) return;
    throw new Failure(`docs/api is not up to date (${differing.join(", ")}): npm run docs`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await build();
    await step("docs/api", () => writePages(PAGES));
  });
}
