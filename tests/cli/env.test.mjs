// `env`: variables in the formats of others, which are asked what they read.
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { planEnv, resolvePlan } from "../../dist/env.js";
import { folderOf, REFERENCE, SECRET, serve, shell, start } from "./support.mjs";

const VALUES = {
  PLAIN: "https://h:1/p?a,b",
  EMPTY: "",
  SPACES: "  a  b ",
  HASH: "a # b",
  DOLLAR: "p$WORD ${x} $(id) `id`",
  SINGLE: "it's",
  BOTH: 'it\'s `so`, "really" \\n \\',
  LINES: "one\ntwo\n",
  CR: "one\r\ntwo",
  UNICODE: "pässwörd€",
  WORD_DOLLAR: "p$WORD",
  WORD_HASH: "#pass",
  FOUR: "abcd",
  THREE: "abc",
  EQUALS: "a=b=c",
  BRACES: '{"a":"{{ x }}"}',
  MASK: "%0A::set-output name=x::y",
};

const ACCOUNT = {
  vaults: [
    {
      name: "v",
      items: [
        {
          title: "i",
          fields: Object.entries(VALUES).map(([title, value]) => ({ title, value })),
        },
      ],
    },
  ],
};

const FILE = Object.keys(VALUES)
  .map((name) => `${name}=op://v/i/${name}`)
  .join("\n");

async function serveValues(t) {
  const served = await serve(t, { account: ACCOUNT });
  const folder = folderOf(t);
  const file = join(folder, ".env.op");
  writeFileSync(file, FILE);
  return { ...served, folder, file };
}

test("JSON holds what files set and what held references, and nothing else", async (t) => {
  const { run, file } = await serveValues(t);
  const env = { OTHER: "plain", HELD: "op://v/i/PLAIN" };
  for (const args of [["--format", "json"], ["--format=wrangler"], ["--json"]]) {
    const ended = await run(["env", "--env-file", file, ...args], { env });
    assert.equal(ended.stderr, "");
    assert.deepEqual(JSON.parse(ended.stdout), { HELD: VALUES.PLAIN, ...VALUES });
  }
});

test("a shell reads what is written for it", async (t) => {
  const { env, file } = await serveValues(t);
  const names = Object.keys(VALUES);
  const script = `eval "$("$0" env --env-file ${file} --format shell)"; ${process.execPath} -e '
    console.log(JSON.stringify(process.argv.slice(1).map((name) => process.env[name])))' ${names.join(" ")}`;
  const { stdout, stderr } = await shell(script, { env });
  assert.deepEqual(JSON.parse(stdout), Object.values(VALUES), stderr);
});

test("an env file is read back as it was, by this package, and by Node where it can", async (t) => {
  const { run, file } = await serveValues(t);
  const { stdout } = await run(["env", "--env-file", file]);
  const plan = planEnv([stdout]);
  assert.deepEqual(await resolvePlan(plan, {}), VALUES);
  // Node's parser knows no escape but \n between double quotes.
  const { BOTH: _both, CR: _cr, ...others } = VALUES;
  const { BOTH, CR, ...read } = { ...parseEnv(stdout) };
  assert.deepEqual(read, others);
});

test("the format for GitHub masks first, line by line, then adds to the file", async (t) => {
  const { run, file, folder } = await serveValues(t);
  const target = join(folder, "github_env");
  writeFileSync(target, "BEFORE=1\n");
  const env = { GITHUB_ENV: target };
  writeFileSync(file, `${FILE}\nMADE={{ op://v/i/THREE }}-{{ op://v/i/FOUR }}`);
  const ended = await run(["env", "--env-file", file, "--format", "github"], { env });
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /^warning: too short to be masked: THREE, MADE\n$/);
  const lines = ended.stdout.trimEnd().split("\n");
  for (const line of lines) assert.match(line, /^::add-mask::[^\r\n]/);
  const decode = (text) => text.replace(/%0A/g, "\n").replace(/%0D/g, "\r").replace(/%25/g, "%");
  const masked = lines.map((line) => decode(line.slice("::add-mask::".length)));
  const all = { ...VALUES, MADE: "abc-abcd" };
  for (const value of Object.values(all).filter((text) => text.trim() !== "")) {
    for (const text of [value, ...value.split(/\r?\n/)]) {
      // Nobody's log would be readable without the short ones.
      assert.ok(text.length < 4 || masked.includes(text), JSON.stringify(text));
    }
  }
  // As the runner reads it: a name, the delimiter, lines up to the delimiter.
  const written = readFileSync(target, "utf8");
  assert.ok(written.startsWith("BEFORE=1\n"));
  const read = {};
  let rest = written.slice("BEFORE=1\n".length);
  while (rest !== "") {
    const [head, name, end] = /^(\w+)<<(\S+)\n/.exec(rest);
    const at = rest.indexOf(`\n${end}\n`, head.length - 1);
    read[name] = rest.slice(head.length, Math.max(at, head.length));
    rest = rest.slice(at + end.length + 2);
  }
  assert.deepEqual(read, all);
  for (const more of [["-o", "out"], ["--file-mode", "0600"], ["-f"]]) {
    const refused = await run(["env", "--env-file", file, "--format", "github", ...more], { env });
    assert.equal(refused.code, 2);
  }
  // Somebody before has left the line open.
  writeFileSync(target, "X=1");
  await run(["env", "--format", "github"], { env: { ...env, A: "op://v/i/FOUR" } });
  assert.match(readFileSync(target, "utf8"), /^X=1\nA<<(\S+)\nabcd\n\1\n$/);
  const outside = await run(["env", "--env-file", file, "--format", "github"]);
  assert.equal(outside.code, 2);
  assert.match(outside.stderr, /GITHUB_ENV/);
});

test("a file is written with its mode", async (t) => {
  const { run, file, folder } = await serveValues(t);
  const out = join(folder, "out.json");
  const ended = await run(["env", "--env-file", file, "--format", "json", "-o", out]);
  assert.deepEqual([ended.stdout, ended.code], ["", 0]);
  assert.deepEqual(JSON.parse(readFileSync(out, "utf8")), VALUES);
  assert.equal(statSync(out).mode & 0o777, 0o600);
});

test("if one reference fails nothing is printed", async (t) => {
  const { run, folder, file } = await serveValues(t);
  const env = { GITHUB_ENV: join(folder, "github_env"), A: "op://v/none/x" };
  for (const format of ["dotenv", "json", "shell", "github", "wrangler"]) {
    const ended = await run(["env", "--env-file", file, "--format", format], { env });
    assert.deepEqual([ended.stdout, ended.code], ["", 1], format);
    assert.match(ended.stderr, /^error: A: /);
  }
  assert.throws(() => statSync(env.GITHUB_ENV));
});

test("wrong arguments are refused", async (t) => {
  const { run } = await serve(t);
  assert.equal((await run(["env", "--format", "yaml"])).code, 2);
  assert.equal((await run(["env", "file"])).code, 2);
  const file = join(folderOf(t), "f");
  writeFileSync(file, `A.B=${REFERENCE}`);
  const named = await run(["env", "--env-file", file, "--format", "shell"]);
  assert.deepEqual([named.stdout, named.code], ["", 2]);
  assert.ok(!named.stderr.includes(SECRET));
});

test("without variables there is nothing to print, and nobody to ask", async () => {
  const ended = await start(["env"], { env: { A: "plain" } }).ended;
  assert.deepEqual([ended.stdout, ended.stderr, ended.code], ["", "", 0]);
});
