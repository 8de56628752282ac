// `fileStore` on what is no file of its user's, and under several names.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { fileStore } from "../../dist/node/file_store.js";

const folder = mkdtempSync(join(tmpdir(), "file-store-"));
after(() => rmSync(folder, { recursive: true }));
let made = 0;
/** A path where nothing is yet, in a folder of its own. */
function newPath() {
  made += 1;
  const own = join(folder, String(made));
  mkdirSync(own);
  return join(own, "records.json");
}
/** For programs in a process of their own. */
const MODULE = JSON.stringify(new URL("../../dist/node/file_store.js", import.meta.url));
const onUnix = { skip: process.platform === "win32" && "Windows has none of these" };
const notRegular = { message: /not a regular file/ };

/** What a promise gives, or a failure if it takes too long. */
async function within(promise, ms = 5_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

test("a pipe is neither waited for nor replaced, and other files can be read", onUnix, async () => {
  const path = newPath();
  execFileSync("mkfifo", [path]);
  // In a process of its own: a thread that waits for a pipe would keep this one alive.
  const program = `
    const module = ${MODULE};
    const { fileStore } = await import(module);
    import { readFile } from "node:fs/promises";
    const store = fileStore(process.argv[1]);
    setTimeout(() => { console.log("it hangs"); process.exit(1); }, 5_000).unref();
    const got = await Promise.all(Array.from({ length: 8 }, () => store.get("a")));
    await readFile(new URL(module));
    const set = await store.set("a", "1", 900).catch(({ message }) => message);
    console.log(got.every((one) => one === undefined), set);
  `;
  const args = ["--input-type=module", "-e", program, path];
  const said = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  assert.match(said, /^true .*not a regular file/);
  assert.ok(lstatSync(path).isFIFO());
});

test("a device and a folder are left as they are", onUnix, async () => {
  const directory = newPath();
  mkdirSync(directory);
  const null_ = newPath();
  // Not /dev/null itself: without the check it would be replaced.
  try {
    execFileSync("mknod", [null_, "c", "1", "3"], { stdio: "ignore" });
  } catch {
    mkdirSync(null_); // without the rights to make one
  }
  for (const path of [directory, null_]) {
    const { ino } = lstatSync(path);
    const store = fileStore(path);
    assert.equal(await within(store.get("a")), undefined);
    await assert.rejects(within(store.set("a", "1", 900)), notRegular);
    assert.equal(lstatSync(path).ino, ino);
    assert.deepEqual(readdirSync(join(path, "..")), ["records.json"]);
  }
});

test("one file under several names loses no record", onUnix, async () => {
  const path = newPath();
  await fileStore(path).set("first", "1", 900);
  const [link, linkedFolder] = [newPath(), newPath()];
  symlinkSync(path, link);
  symlinkSync(join(path, ".."), linkedFolder);
  const names = [
    path,
    relative(process.cwd(), path),
    join(path, "..", ".", "records.json").replace("records", "x/../records"),
    `${join(path, "..")}//records.json`,
    link,
    join(linkedFolder, "records.json"),
  ];
  const keys = Array.from({ length: 30 }, (_, n) => `key ${n}`);
  await Promise.all(keys.map((key, n) => fileStore(names[n % names.length]).set(key, key, 900)));
  for (const name of names) {
    for (const key of keys) assert.equal(await fileStore(name).get(key), key, name);
  }
  assert.equal(readlinkSync(link), path);
});

test("the working directory of the moment when the store is made counts", async () => {
  const path = newPath();
  const before = process.cwd();
  process.chdir(join(path, ".."));
  const store = fileStore("records.json");
  process.chdir(before);
  await store.set("a", "1", 900);
  assert.equal(await fileStore(path).get("a"), "1");
  assert.ok(!existsSync("records.json"));
});

test("a link of somebody else is not followed", {
  skip: process.getuid?.() !== 0 && "only root makes files of others",
}, async () => {
  const [target, link] = [newPath(), newPath()];
  writeFileSync(target, "of somebody");
  symlinkSync(target, link);
  execFileSync("chown", ["--no-dereference", "12345", link]);
  const store = fileStore(link);
  assert.equal(await store.get("a"), undefined);
  await assert.rejects(store.set("a", "1", 900), notRegular);
  assert.equal(readFileSync(target, "utf8"), "of somebody");
});

test("a draft is made anew: what has its name is neither written nor removed", async () => {
  const path = newPath();
  const victim = newPath();
  writeFileSync(victim, "untouched");
  // The name is random: here it is not.
  const program = `
    import crypto from "node:crypto";
    import { syncBuiltinESMExports } from "node:module";
    crypto.randomBytes = (length) => Buffer.alloc(length);
    syncBuiltinESMExports();
    const { fileStore } = await import(${MODULE});
    console.log(await fileStore(process.argv[1]).set("a", "1", 900).catch(({ code }) => code));
  `;
  symlinkSync(victim, `${path}.000000000000`);
  const args = ["--input-type=module", "-e", program, path];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }).trim(), "EEXIST");
  assert.equal(readFileSync(victim, "utf8"), "untouched");
  assert.ok(lstatSync(`${path}.000000000000`).isSymbolicLink());
  assert.ok(!existsSync(path));
});

test(
  "permissions: for its owner alone, also where the file was open to others",
  onUnix,
  async () => {
    const path = join(newPath(), "..", "deep", "er", "records.json");
    const mask = process.umask(0);
    try {
      await fileStore(path).set("a", "1", 900);
    } finally {
      process.umask(mask);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (const name of [join(path, ".."), join(path, "../..")]) {
      assert.equal(statSync(name).mode & 0o777, 0o700, name);
    }
    chmodSync(path, 0o666);
    await fileStore(path).set("b", "2", 900);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(await fileStore(path).get("a"), "1");
  },
);

test("a file of any size or content is read in bounds, and hides no record but the odd one", async () => {
  const path = newPath();
  const record = { value: "1", endsMs: Date.now() + 60_000 };
  const odd = {
    a: record,
    b: null,
    c: 5,
    d: { value: 5, endsMs: record.endsMs },
    e: { value: "1" },
  };
  writeFileSync(path, `{"__proto__":${JSON.stringify(record)},${JSON.stringify(odd).slice(1)}`);
  const store = fileStore(path);
  assert.equal(await store.get("a"), "1");
  for (const key of ["b", "c", "d", "e", "constructor", "toString"]) {
    assert.equal(await store.get(key), undefined, key);
  }
  writeFileSync(path, JSON.stringify({ a: record, more: "x".repeat(5_000_000) }));
  assert.equal(await store.get("a"), undefined);
  await store.set("a", "2", 900);
  assert.equal(await store.get("a"), "2");
  assert.ok((await readFile(path)).length < 1000);
});

test("a file that would be too long to be read loses what was written first", async () => {
  const path = newPath();
  const store = fileStore(path);
  const value = JSON.stringify({ data: "x".repeat(60_000) });
  const keys = Array.from({ length: 80 }, (_, n) => `key ${n}`);
  for (const key of keys) await store.set(key, value, 900);
  // Written again, it is no longer the oldest.
  await store.set(keys[15], value, 900);
  await store.set("last", value, 900);
  assert.ok(statSync(path).size <= 4 * 1024 * 1024);
  const left = JSON.parse(await readFile(path));
  assert.ok(Object.keys(left).length > 60);
  for (const key of [...keys.slice(30), keys[15], "last"]) {
    assert.equal(await store.get(key), value, key);
  }
  for (const key of keys.slice(0, 10)) assert.equal(await store.get(key), undefined, key);
});

test("a path that is none is refused at once", () => {
  for (const path of [undefined, null, "", 5, new URL("file:///x")]) {
    assert.throws(() => fileStore(path), { code: "argumentInvalid" });
  }
});
