// Builds the package twice, in two folders, and compares every byte.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pack } from "./pack.mjs";
import { ROOT } from "./paths.mjs";
import { Failure, run } from "./run.mjs";
import { filesUnder } from "./stamp.mjs";

/** The builds differ in what must not matter: path, time zone, locale. */
const BUILDS = [
  { path: "a", env: {} },
  { path: "a/much/longer/path/than/the/first", env: { TZ: "Pacific/Auckland", LC_ALL: "C" } },
];
const PACKED = "packed";

export async function checkReproducible() {
  const sources = await listSources();
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  try {
    const trees = BUILDS.map(({ path, env }) => ({ tree: join(folder, path, "tree"), env }));
    const [first, second] = await Promise.all(trees.map((each) => buildIn(each, sources.files)));
    const names = new Set([...first.keys(), ...second.keys()]);
    const differing = [...names].filter((name) => first.get(name) !== second.get(name));
    if (differing.length > 0) {
      throw new Failure(`Two builds of ${sources.state} differ: ${differing.join(", ")}.`);
    }
    const [tarball, hash] = [...first].find(([name]) => name.startsWith(PACKED));
    return `${sources.state}: ${names.size} files are the same; sha256 of ${relative(PACKED, tarball)} ${hash}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files that git tracks or would add, as they are now. */
async function listSources() {
  const git = async (...args) => (await run("git", args, { cwd: ROOT })).stdout;
  const listed = await git("ls-files", "-z", "--cached", "--others", "--exclude-standard");
  const files = listed.split("\0").filter((name) => name && existsSync(join(ROOT, name)));
  const head = (await git("rev-parse", "--short", "HEAD")).trim();
  const changes = (await git("status", "--porcelain")).split("\n").length - 1;
  return { files, state: changes > 0 ? `${head} with ${changes} uncommitted changes` : head };
}

/** Builds from scratch; resolves to the hash of each file that was made. */
async function buildIn({ tree, env }, files) {
  for (const name of files) cpSync(join(ROOT, name), join(tree, name));
  const own = { ...process.env, ...env, CARGO_TARGET_DIR: undefined };
  await run(process.execPath, ["scripts/build.mjs"], { cwd: tree, env: own });
  await pack(join(tree, PACKED), tree);
  // target/pkg shows whether a difference came from the compiler or from a later step.
  const made = ["dist", "action/dist", "target/pkg", PACKED].flatMap((name) =>
    filesUnder(join(tree, name)),
  );
  return new Map(made.map((file) => [relative(tree, file), sha256(file)]));
}

const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
