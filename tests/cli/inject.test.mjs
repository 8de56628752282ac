// `inject`: templates from files and pipes, to files and pipes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  COMMAND,
  errorsOf,
  folderOf,
  noTerminal,
  REFERENCE,
  SECRET,
  serve,
  shell,
  start,
  startTerminal,
} from "./support.mjs";

test("a template from stdin or a file goes to stdout, with nothing added", async (t) => {
  const { run, emulator } = await serve(t);
  const template = `\uFEFFa: ${REFERENCE}\r\nb: {{ op://app/database/username }}\u001b[0m\0 $HOST \${X:-d} $Y`;
  const expected = `\uFEFFa: ${SECRET}\r\nb: admin\u001b[0m\0 here d $Y`;
  const env = { HOST: "here" };
  const piped = await run(["inject"], { input: template, env });
  assert.deepEqual([piped.stdout, piped.stderr, piped.code], [expected, "", 0]);
  assert.equal(emulator.requests.length, 8);
  const file = join(folderOf(t), "template");
  writeFileSync(file, template);
  assert.equal((await run(["inject", "-i", file], { env })).stdout, expected);
});

test("stdin may be a file, a shell's pipe or a socket pair", async (t) => {
  const { env } = await serve(t);
  const file = join(folderOf(t), "template");
  writeFileSync(file, REFERENCE);
  const script = `"$0" inject < ${file}; echo; cat ${file} | "$0" inject; echo; "$0" inject -i <(cat ${file})`;
  const { stdout, stderr } = await shell(script, { env });
  assert.deepEqual([stdout, stderr], [`${SECRET}\n${SECRET}\n${SECRET}`, ""]);
  // Node's own pipe between two processes is a socket pair.
  const child = spawn(process.execPath, [COMMAND, "inject"], { env: { ...process.env, ...env } });
  createReadStream(file).pipe(child.stdin);
  let seen = "";
  for await (const piece of child.stdout) seen += piece;
  assert.equal(seen, SECRET);
});

test("without a reference nothing is asked, and no token is needed", async () => {
  const ended = await start(["inject"], { input: "a $B\n", env: { B: "b" } }).ended;
  assert.deepEqual([ended.stdout, ended.stderr, ended.code], ["a b\n", "", 0]);
});

test("a file is written with its mode, replaced with --force alone, and left alone on failure", async (t) => {
  const { run } = await serve(t);
  const folder = folderOf(t);
  const out = join(folder, "out");
  assert.deepEqual(await outcome(run(["inject", "-o", out], { input: REFERENCE })), ["", "", 0]);
  assert.equal(readFileSync(out, "utf8"), SECRET);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const again = await run(["inject", "-o", out], { input: "new" });
  assert.equal(again.code, 2);
  assert.equal(readFileSync(out, "utf8"), SECRET);
  await run(["inject", "-f", "-o", out, "--file-mode", "0640"], { input: "new" });
  assert.equal(readFileSync(out, "utf8"), "new");
  assert.equal(statSync(out).mode & 0o777, 0o640);
  const failed = await run(["inject", "-f", "-o", out], { input: "op://app/none/x" });
  assert.deepEqual([failed.stdout, failed.code], ["", 1]);
  assert.equal(readFileSync(out, "utf8"), "new");
  assert.deepEqual(readdirSync(folder), ["out"]);
});

const outcome = async (ended) => {
  const { stdout, stderr, code } = await ended;
  return [stdout, stderr, code];
};

test("what is put in a file's place meanwhile is neither followed nor replaced", async (t) => {
  const { env } = await serve(t);
  for (const swap of ["link", "folder"]) {
    const folder = folderOf(t);
    const [out, precious] = [join(folder, "out"), join(folder, "precious")];
    writeFileSync(out, "old");
    writeFileSync(precious, "precious");
    const running = start(["inject", "-f", "-o", out], { env, input: null });
    // It looks at the file before it reads the template.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    rmSync(out);
    if (swap === "link") symlinkSync(precious, out);
    else mkdirSync(out);
    running.child.stdin.end(REFERENCE);
    const { code, stderr } = await running.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /was not written: something else was put in its place/);
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.deepEqual(readdirSync(folder).sort(), ["out", "precious"]);
  }
});

test("a path means what it means to the system, and nothing is lost by `..`", async (t) => {
  const { run } = await serve(t);
  const folder = folderOf(t);
  mkdirSync(join(folder, "other/dir"), { recursive: true });
  mkdirSync(join(folder, "here"));
  symlinkSync("../other/dir", join(folder, "here/a"));
  const cwd = join(folder, "here");
  writeFileSync(join(cwd, "b"), "precious");
  const missing = await run(["inject", "-o", "none/../b"], { input: REFERENCE, cwd });
  assert.equal(missing.code, 1);
  const linked = await run(["inject", "-o", "a/../b"], { input: REFERENCE, cwd });
  assert.deepEqual([linked.code, linked.stderr], [0, ""]);
  assert.equal(readFileSync(join(cwd, "b"), "utf8"), "precious");
  assert.equal(readFileSync(join(folder, "other/b"), "utf8"), SECRET);
  writeFileSync(join(cwd, "s"), "precious");
  const session = ["read", "--session-file", "none/../s", REFERENCE];
  assert.equal((await run(session, { cwd })).code, 2);
  assert.equal(readFileSync(join(cwd, "s"), "utf8"), "precious");
});

test("a file that appears while another is written is not lost", async (t) => {
  const { env } = await serve(t);
  // A machine may be too slow to see the draft in time.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const folder = folderOf(t);
    const [out, file] = [join(folder, "out"), join(folder, "template")];
    writeFileSync(file, `${REFERENCE}\n${"x".repeat(30_000_000)}`);
    let isMade = false;
    const watcher = watch(folder, (_, name) => {
      if (isMade || !name?.startsWith(".out")) return;
      try {
        writeFileSync(out, "somebody's", { flag: "wx" });
        isMade = true;
      } catch {} // the command was first
    });
    const { code, stderr } = await start(["inject", "-i", file, "-o", out], { env }).ended;
    watcher.close();
    assert.deepEqual(readdirSync(folder).sort(), ["out", "template"]);
    if (!isMade) continue;
    assert.equal(readFileSync(out, "utf8"), "somebody's");
    assert.equal(code, 2);
    assert.match(stderr, /exists: add --force/);
    return;
  }
  assert.fail("no file appeared in time");
});

test("what may act on a terminal is shown there with --force alone", {
  skip: noTerminal,
}, async (t) => {
  const { env } = await serve(t);
  const file = join(folderOf(t), "template");
  writeFileSync(file, "op://app/database/colored");
  const commands = [`"$0" inject -i ${file}`, `"$0" env`];
  const own = { ...env, A: "op://app/database/colored" };
  for (const command of commands) {
    const refused = await startTerminal(`${command}; echo code $?`, { env: own }).ended;
    assert.match(refused.stdout, /may do something to your terminal[\s\S]*code 2/);
    assert.ok(!refused.stdout.includes("\u001b[31mred"));
    const forced = await startTerminal(`${command} -f`, { env: own }).ended;
    assert.ok(forced.stdout.includes("\u001b[31mred"), command);
  }
  const json = await startTerminal(`"$0" env --json`, { env: own }).ended;
  assert.ok(json.stdout.includes("\\u001b[31mred"), json.stdout);
});

test("every failure is named with its line, and nothing is written", async (t) => {
  const { run, emulator } = await serve(t);
  const template = `${REFERENCE}\n{{ op://app/none/x }}\n  op://none/i/f {{ op://app/database/none }}`;
  const file = join(folderOf(t), "my.tpl");
  writeFileSync(file, template);
  const ended = await run(["inject", "-i", file]);
  assert.deepEqual([ended.stdout, ended.code], ["", 1]);
  for (const place of [`${file}:2:1 `, `${file}:3:3 `, `${file}:3:17 `]) {
    assert.ok(ended.stderr.includes(place), ended.stderr);
  }
  assert.ok(!ended.stderr.includes(SECRET));
  const asked = emulator.requests.length;
  const broken = await run(["inject", "--json"], { input: `${REFERENCE}\n{{ op://a/b` });
  assert.equal(broken.code, 1);
  const [{ error }] = errorsOf(broken);
  assert.deepEqual(
    error.failures.map(({ code, line, column }) => [code, line, column]),
    [["tagNotClosed", 2, 1]],
  );
  assert.equal(emulator.requests.length, asked, "a template that is wrong asks for nothing");
});

test("what becomes of a variable that is not set is an option", async (t) => {
  const { run } = await serve(t);
  const input = "a $NOT_SET b";
  assert.equal((await run(["inject", "--unset", "keep"], { input })).stdout, input);
  assert.equal((await run(["inject", "--unset=empty"], { input })).stdout, "a  b");
  const failed = await run(["inject", "--unset=error"], { input });
  assert.deepEqual([failed.stdout, failed.code], ["", 1]);
  assert.match(failed.stderr, /line 1:3.*NOT_SET/);
  assert.equal((await run(["inject", "--unset", "never"], { input })).code, 2);
});

test("what is no template is refused", async (t) => {
  const { run } = await serve(t);
  const folder = folderOf(t);
  const rows = [
    [["inject", "-i", join(folder, "none")], "", /there is no such file/],
    [["inject", "-i", folder], "", /it is a folder/],
    [["inject"], Buffer.from([0xff, 0xfe]), /not UTF-8/],
    [["inject", "template"], "", /no argument/],
  ];
  for (const [args, input, told] of rows) {
    const ended = await run(args, { input });
    assert.deepEqual([ended.stdout, ended.code], ["", 2], ended.stderr);
    assert.match(ended.stderr, told);
  }
});

test("a terminal is no template", { skip: noTerminal }, async (t) => {
  const { env } = await serve(t);
  const running = startTerminal('"$0" inject; echo "code $?"', { env });
  t.after(() => running.child.kill("SIGKILL"));
  const { stdout } = await running.ended;
  assert.match(stdout, /there is no template: .*--in-file[\s\S]*code 2/);
});

test("a template of 50 MB takes no more than a few times its size of memory", async (t) => {
  const { env } = await serve(t);
  const folder = folderOf(t);
  const file = join(folder, "large.tpl");
  const line = `password: ${REFERENCE} and plain text to the end of the line\n`;
  const count = Math.floor(50_000_000 / line.length);
  writeFileSync(file, line.repeat(count));
  const script = `"$0" inject -i ${file} -o ${folder}/out`;
  const peak = join(folder, "peak.cjs");
  writeFileSync(
    peak,
    "process.on('exit', () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`));",
  );
  const options = { env: { ...env, NODE_OPTIONS: `--require ${peak}` } };
  const { stderr, code } = await shell(script, options);
  assert.equal(code, 0, stderr);
  const expected = line.replace(REFERENCE, SECRET).length * count;
  assert.equal(statSync(join(folder, "out")).size, expected);
  const kib = Number(/peak (\d+)\n$/.exec(stderr)?.[1]);
  t.diagnostic(`peak: ${Math.round(kib / 1024)} MiB`);
  assert.ok(kib < 500 * 1024, `${kib} KiB`);
});
