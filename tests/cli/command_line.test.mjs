// The command line: help, versions, what is misspelt or missing.
import assert from "node:assert/strict";
import { readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  COMMAND,
  commandNames,
  errorsOf,
  folderOf,
  REFERENCE,
  SECRET,
  serve,
  start,
  startProgram,
} from "./support.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { version, bin } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
const run = (...args) => start(args).ended;

test("it is a program by itself, of the name in package.json", async () => {
  assert.deepEqual(bin, { "onepassword-edge": "./dist/cli.js" });
  assert.equal(statSync(COMMAND).mode & 0o777, 0o755);
  const { stdout, code } = await startProgram(COMMAND, ["--version"]).ended;
  assert.deepEqual([stdout, code], [`${version}\n`, 0]);
  for (const args of [["-v"], ["read", "--version"]]) {
    assert.equal((await run(...args)).stdout, `${version}\n`);
  }
});

test("it finds its module also through a link, as npm makes one", async (t) => {
  const { env } = await serve(t);
  const link = join(folderOf(t), "onepassword-edge");
  symlinkSync(COMMAND, link);
  const { stdout, stderr, code } = await startProgram(link, ["read", REFERENCE], { env }).ended;
  assert.deepEqual([stdout, stderr, code], [`${SECRET}\n`, "", 0]);
});

test("the help has each command in a line, and every line fits a terminal", async () => {
  const { stdout, stderr, code } = await run("--help");
  assert.deepEqual([stderr, code], ["", 0]);
  for (const name of ["read", "list", "whoami", "doctor", "completion", "help"]) {
    assert.match(stdout, new RegExp(`^  ${name}\\b.* {2}\\w+`, "m"));
  }
  assert.match(stdout, /export OP_SERVICE_ACCOUNT_TOKEN=ops_…/);
  assert.match(stdout, /Exit codes: 0 done; 1 .*; 2 .*; 3 .*; 4 /s);
  assert.deepEqual(await run("help").then((ended) => ended.stdout), stdout);
  assert.equal((await run("-h")).stdout, stdout);
  const commands = (await commandNames()).filter((name) => name !== "help");
  const all = await Promise.all(commands.map((name) => run("help", name)));
  for (const text of [stdout, ...all.map((ended) => ended.stdout)]) {
    for (const line of text.split("\n")) assert.ok([...line].length <= 100, line);
  }
});

test("the help of a command has its usage, its options and examples", async () => {
  const { stdout, code } = await run("help", "read");
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: onepassword-edge read \[options\] <reference>$/m);
  assert.match(stdout, /^ {2}-o, --out-file <path> +\w/m);
  assert.match(stdout, /^ {6}--token-file <path> +\w/m);
  assert.match(stdout, /^ {2}onepassword-edge read op:\/\/app\/database\/password$/m);
  for (const args of [
    ["read", "--help"],
    ["--help", "read"],
    ["read", "-h", "--nothing"],
  ]) {
    const ended = await run(...args);
    if (args.includes("--nothing")) assert.equal(ended.code, 2);
    else assert.equal(ended.stdout, stdout);
  }
  assert.match((await run("help", "reed")).stderr, /did you mean read\?/);
});

test("without a command the help is an error", async () => {
  const none = await run();
  assert.deepEqual([none.stdout, none.code], ["", 2]);
  assert.match(none.stderr, /Usage: onepassword-edge <command>/);
  const json = await run("--json");
  assert.deepEqual([json.stdout, json.code], ["", 2]);
  assert.equal(errorsOf(json)[0].error.code, "argumentInvalid");
});

test("what is misspelt is told, with what was probably meant", async () => {
  for (const [args, hint] of [
    [["raed"], /no command “raed”; did you mean read\?/],
    [["lst"], /did you mean list\?/],
    [["who"], /did you mean whoami\?/],
    [["constructor"], /no command “constructor”; see onepassword-edge --help/],
    [["read", "--outfile", "x"], /no option “--outfile”; did you mean --out-file\?/],
    [["read", "--no-new-line"], /did you mean --no-newline\?/],
    [["read", "--frobnicate"], /no option “--frobnicate”; see onepassword-edge help read/],
    [["read", "--__proto__"], /no option/],
    [["read", "-x"], /no option “-x”/],
    [["read", "-nx"], /no option “-x”/],
    [["--frobnicate", "read"], /no option “--frobnicate”/],
    [["list", "-o", "x"], /no option “-o”/],
  ]) {
    const { stdout, stderr, code } = await run(...args);
    assert.deepEqual([stdout, code], ["", 2], args.join(" "));
    assert.match(stderr, hint);
    assert.equal(stderr.trim().split("\n").length, 1);
  }
});

test("values that are missing, or for what has none, are told", async () => {
  for (const [args, hint] of [
    [["read", "-o"], /^error: -o needs a value: -o <path>$/m],
    [["read", "--out-file"], /--out-file needs a value: --out-file <path>/],
    [["read", "--out-file", "-f", REFERENCE], /--out-file needs a value/],
    [["read", "--force=yes", REFERENCE], /--force takes no value/],
    [["--token-file"], /--token-file needs a value/],
    [["whoami", "me"], /takes no arguments/],
    [["doctor", "me"], /takes no arguments/],
  ]) {
    const { stdout, stderr, code } = await run(...args);
    assert.deepEqual([stdout, code], ["", 2], args.join(" "));
    assert.match(stderr, hint);
  }
});

test("options stand before the command or after it, in one word or two", async (t) => {
  const service = await serve(t);
  for (const args of [
    ["--timeout", "60", "read", "-n", REFERENCE],
    ["--timeout=60s", "read", REFERENCE, "-n"],
    ["read", "--timeout", "1m", "-n", "--", REFERENCE],
    ["-n", "read", REFERENCE],
  ]) {
    const ended = await service.run(args);
    assert.deepEqual([ended.stdout, ended.stderr, ended.code], [SECRET, "", 0], args.join(" "));
  }
});

test("what somebody types does nothing to the terminal when it is repeated", async () => {
  for (const args of [["\u001b[2J"], ["read", "--\u001b[2J"], ["read", "op://a\u001b[2J/b/c"]]) {
    const { stderr, code } = await start(args, { env: { OP_SERVICE_ACCOUNT_TOKEN: "x" } }).ended;
    assert.ok(code > 0);
    assert.ok(!stderr.includes("\u001b"), args.join(" "));
  }
});
