// The check `reproducible`, on a small project that builds in no time.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { run } from "../../scripts/lib/run.mjs";

const SCRIPTS = ["reproducible", "pack", "paths", "run", "stamp"];
const MANIFEST = { name: "project", version: "1.0.0", type: "module", files: ["dist"] };

/** Runs the check on a project with this build script and three uncommitted changes. */
async function projectCheck(t, program) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  for (const name of SCRIPTS) {
    const path = `scripts/lib/${name}.mjs`;
    cpSync(join(ROOT, path), join(folder, path));
  }
  mkdirSync(join(folder, "ignored"));
  write("ignored/file.txt", "left behind");
  write(".gitignore", "/ignored\n");
  write("package.json", JSON.stringify(MANIFEST));
  write("source.txt", "old");
  write("removed.txt", "removed");
  const imports = `import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";`;
  write("scripts/build.mjs", `${imports}\nmkdirSync("dist");\n${program}\n`);
  const git = (...args) => run("git", args, { cwd: folder });
  await git("init", "-q");
  await git("add", "-A");
  const author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  await git(...author, "commit", "-q", "--no-gpg-sign", "-m", "first");
  write("source.txt", "new");
  write("added.txt", "added");
  rmSync(join(folder, "removed.txt"));
  const script = pathToFileURL(join(folder, "scripts/lib/reproducible.mjs"));
  const { checkReproducible } = await import(script);
  return checkReproducible();
}

test("equal builds pass; they contain uncommitted changes, and no ignored files", async (t) => {
  const note = await projectCheck(
    t,
    `const names = ["source.txt", "added.txt", "removed.txt", "ignored/file.txt"];
    const texts = names.map((name) => existsSync(name) && readFileSync(name, "utf8"));
    if (String(texts) !== "new,added,false,false") throw new Error(String(texts));
    writeFileSync("dist/text.txt", "text");`,
  );
  assert.match(note, /^[0-9a-f]{7,} with 3 uncommitted changes: 2 files are the same; sha256 of /);
  assert.match(note, /project-1\.0\.0\.tgz [0-9a-f]{64}$/);
});

test("different builds fail, and the message names the files that differ", async (t) => {
  const differing = projectCheck(
    t,
    `writeFileSync("dist/same.txt", "same");
    writeFileSync("dist/folder.txt", process.cwd());
    if (process.env.TZ === "Pacific/Auckland") writeFileSync("dist/zone.txt", "here");`,
  );
  await assert.rejects(differing, {
    message:
      /^Two builds of .* differ: dist\/folder\.txt, packed\/project-1\.0\.0\.tgz, dist\/zone\.txt\.$/,
  });
});
