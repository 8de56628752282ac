// `--out-file`: a file is replaced in one step, with its mode, or everything stays as it was.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  BYTES,
  errorsOf,
  folderOf,
  noTerminal,
  REFERENCE,
  SECRET,
  serve,
  startTerminal,
  until,
} from "./support.mjs";

const modeOf = (path) => statSync(path).mode & 0o7777;
const isRoot = process.geteuid?.() === 0;

/** A service, a folder, and `read` in it; `content` is what the file `out` holds before. */
async function setUp(t, content) {
  const service = await serve(t);
  const folder = folderOf(t);
  const out = join(folder, "out");
  if (content !== undefined) writeFileSync(out, content, { mode: 0o644 });
  const read = (args, reference = REFERENCE) =>
    service.run(["read", ...args, reference], { cwd: folder });
  return { ...service, folder, out, read };
}

test("a value goes into a file that its owner alone may read, and not to stdout", async (t) => {
  const { read, out, folder } = await setUp(t);
  const { stdout, stderr, code } = await read(["-o", "out"]);
  assert.deepEqual([stdout, stderr, code], ["", "", 0]);
  assert.equal(readFileSync(out, "utf8"), `${SECRET}\n`);
  assert.equal(modeOf(out), 0o600);
  assert.deepEqual(readdirSync(folder), ["out"]);
  await read(["-n", "--force", `--out-file=${out}`]);
  assert.equal(readFileSync(out, "utf8"), SECRET);
});

test("a file, and several values, can be written as well", async (t) => {
  const { read, run, out } = await setUp(t);
  assert.equal((await read(["-o", out], "op://app/database/photo.bin")).code, 0);
  assert.ok(readFileSync(out).equals(Buffer.from(BYTES)));
  await read(["-f", "-o", out], "op://app/database/note.txt");
  assert.equal(readFileSync(out, "utf8"), "no break at the end");
  const { stdout } = await run(["read", "--json", "-f", "-o", out, REFERENCE]);
  assert.equal(stdout, "");
  assert.deepEqual(JSON.parse(readFileSync(out, "utf8")), { [REFERENCE]: SECRET });
});

test("the mode is the one that was asked for, whatever the umask", async (t) => {
  const { read, out } = await setUp(t);
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  for (const [text, mode] of [
    ["0640", 0o640],
    ["644", 0o644],
    ["00400", 0o400],
  ]) {
    const { code, stderr } = await read(["-f", "-o", "out", "--file-mode", text]);
    assert.deepEqual([stderr, code], ["", 0]);
    assert.equal(modeOf(out), mode, text);
  }
  for (const text of ["6", "60", "999", "0o600", "4755", "-600", "rw"]) {
    const { code, stderr } = await read(["-f", "-o", "out", `--file-mode=${text}`]);
    assert.equal(code, 2, text);
    assert.match(stderr, /octal/);
  }
});

test("what is there is not overwritten without --force, and nothing is asked for", async (t) => {
  const { read, out, emulator } = await setUp(t, "before");
  const { stdout, stderr, code } = await read(["-o", "out"]);
  assert.deepEqual([stdout, code], ["", 2]);
  assert.equal(stderr, "error: “out” exists: add --force to overwrite it\n");
  assert.equal(readFileSync(out, "utf8"), "before");
  assert.equal(emulator.requests.length, 0);
  assert.equal((await read(["-f", "-o", "out"])).code, 0);
  assert.equal(readFileSync(out, "utf8"), `${SECRET}\n`);
  assert.equal(modeOf(out), 0o600, "not the mode of what was there");
});

test("a file that appears meanwhile is not overwritten either", async (t) => {
  const folder = folderOf(t);
  const faults = ({ path }) => {
    if (path.includes("/items/")) writeFileSync(join(folder, "out"), "somebody's");
  };
  const { run } = await serve(t, { faults });
  const { code } = await run(["read", "-o", "out", REFERENCE], { cwd: folder });
  assert.equal(code, 2);
  assert.equal(readFileSync(join(folder, "out"), "utf8"), "somebody's");
  assert.deepEqual(readdirSync(folder), ["out"]);
});

test("a secret that is not found leaves the file as it was", async (t) => {
  const { read, out, folder } = await setUp(t, "before");
  assert.equal((await read(["-f", "-o", "out"], "op://app/database/nothing")).code, 1);
  assert.equal(readFileSync(out, "utf8"), "before");
  assert.deepEqual(readdirSync(folder), ["out"]);
});

test("a link is refused; with --force what it leads to is replaced", async (t) => {
  const { read, folder } = await setUp(t);
  const [link, target] = [join(folder, "link"), join(folder, "target")];
  symlinkSync("target", link);
  const nowhere = await read(["-f", "-o", "link"]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /leads nowhere/);
  writeFileSync(target, "before");
  const refused = await read(["-o", "link"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /is a link/);
  assert.equal(readFileSync(target, "utf8"), "before");
  assert.equal((await read(["-f", "-o", "link"])).code, 0);
  assert.equal(readlinkSync(link), "target");
  assert.ok(lstatSync(target).isFile());
  assert.equal(readFileSync(target, "utf8"), `${SECRET}\n`);
});

test("another user's link is not followed", {
  skip: !isRoot && "only root can make one",
}, async (t) => {
  const { read, folder } = await setUp(t);
  const target = join(folder, "target");
  writeFileSync(target, "before");
  symlinkSync("target", join(folder, "link"));
  assert.equal(spawnSync("chown", ["-h", "12345", join(folder, "link")]).status, 0);
  const { code, stderr } = await read(["-f", "-o", "link"]);
  assert.equal(code, 2);
  assert.match(stderr, /another user's/);
  assert.equal(readFileSync(target, "utf8"), "before");
});

test("devices, pipes and folders are not replaced, by a link neither", async (t) => {
  const { read, folder } = await setUp(t);
  mkdirSync(join(folder, "folder"));
  assert.equal(spawnSync("mkfifo", [join(folder, "pipe")]).status, 0);
  symlinkSync("pipe", join(folder, "link"));
  const names = ["folder", "pipe", "link"];
  // One of our own: as root a mistake here would take the machine's away.
  if (spawnSync("mknod", [join(folder, "null"), "c", "1", "3"]).status === 0) names.push("null");
  const before = names.map((name) => lstatSync(join(folder, name)).mode);
  for (const name of names) {
    const { code, stderr } = await read(["-f", "-o", name]);
    assert.equal(code, 2, name);
    assert.match(stderr, /name a file/);
  }
  assert.deepEqual(
    names.map((name) => lstatSync(join(folder, name)).mode),
    before,
  );
});

test("a folder that is not there, or may not be written to, is an error", async (t) => {
  const { read, folder, run } = await setUp(t);
  const missing = await read(["-o", "nothing/out"]);
  assert.equal(missing.code, 1);
  assert.equal(
    missing.stderr,
    "error: “nothing/out” was not written: there is no such file or folder\n",
  );
  writeFileSync(join(folder, "file"), "");
  assert.match((await read(["-o", "file/out"])).stderr, /no folder/);
  const json = await run(["read", "--json", "-o", "nothing/out", REFERENCE], { cwd: folder });
  assert.equal(errorsOf(json)[0].error.code, "fileUnwritable");
  assert.equal((await read(["-o", ""])).code, 2);
});

test("a read-only folder is an error", { skip: isRoot && "root may write anywhere" }, async (t) => {
  const { read, folder } = await setUp(t);
  chmodSync(folder, 0o500);
  t.after(() => chmodSync(folder, 0o700));
  const { code, stderr } = await read(["-o", "out"]);
  assert.equal(code, 1);
  assert.match(stderr, /not allowed/);
  assert.deepEqual(readdirSync(folder), []);
});

/** A folder on a file system of 64 KiB, or nothing where none can be made. */
function smallDisk(t) {
  const folder = realpathSync(mkdtempSync("/tmp/onepassword-edge-"));
  const mount = (...args) => spawnSync("mount", args).status === 0;
  const isMounted = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
  t.after(() => {
    if (isMounted) spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return isMounted ? folder : undefined;
}

test("a full disk, or one that is read-only, leaves the old file and no other", async (t) => {
  const folder = isRoot ? smallDisk(t) : undefined;
  if (folder === undefined) return t.skip("no file system can be mounted");
  const { run } = await serve(t);
  const out = join(folder, "out");
  writeFileSync(out, "before");
  const args = ["read", "-f", "-o", out, "op://app/database/photo.bin"];
  const full = await run(args);
  assert.deepEqual([full.stdout, full.code], ["", 1]);
  assert.match(full.stderr, /the disk is full/);
  assert.equal(readFileSync(out, "utf8"), "before");
  assert.deepEqual(readdirSync(folder), ["out"]);
  assert.equal(spawnSync("mount", ["-o", "remount,ro", folder]).status, 0);
  const readOnly = await run(args);
  assert.equal(readOnly.code, 1);
  assert.match(readOnly.stderr, /read-only/);
  assert.equal(readFileSync(out, "utf8"), "before");
});

for (const { answer, isReplaced } of [
  { answer: "y\n", isReplaced: true },
  { answer: "Yes\n", isReplaced: true },
  { answer: "\n", isReplaced: false },
  { answer: "n\n", isReplaced: false },
  { answer: "\u0004", isReplaced: false },
]) {
  const name = `on a terminal ${JSON.stringify(answer)} ${isReplaced ? "replaces" : "keeps"} a file`;
  test(name, { skip: noTerminal }, async (t) => {
    const { env, folder, out } = await setUp(t, "before");
    const script = `"$0" read -o out ${REFERENCE}; echo "code $?"`;
    const terminal = startTerminal(script, { env, cwd: folder });
    await until(() => terminal.text("stdout").includes("[y/N]"), "the question");
    assert.ok(terminal.text("stdout").includes("“out” exists. Overwrite it? [y/N] "));
    terminal.child.stdin.write(answer);
    const { stdout } = await terminal.ended;
    assert.match(stdout, isReplaced ? /code 0/ : /“out” was left as it is\r\ncode 2/);
    assert.equal(readFileSync(out, "utf8"), isReplaced ? `${SECRET}\n` : "before");
    assert.ok(!stdout.includes(SECRET));
  });
}

test("Ctrl-C at the question ends the command by its signal", { skip: noTerminal }, async (t) => {
  const { env, folder, out } = await setUp(t, "before");
  const script = `trap : INT; "$0" read -o out ${REFERENCE}; echo "code $?"`;
  const terminal = startTerminal(script, { env, cwd: folder });
  await until(() => terminal.text("stdout").includes("[y/N]"), "the question");
  terminal.child.stdin.write("\u0003");
  const { stdout } = await terminal.ended;
  assert.match(stdout, /code 130/);
  assert.equal(readFileSync(out, "utf8"), "before");
});
