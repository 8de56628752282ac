// `completion`: the scripts of the shells, run in those that are installed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandNames, folderOf, start } from "./support.mjs";

const SHELLS = ["bash", "zsh", "fish", "powershell"];
const missing = (program) =>
  spawnSync(program, ["--version"]).status !== 0 && `${program} is not installed`;

async function scriptFor(shell) {
  const { stdout, stderr, code } = await start(["completion", shell]).ended;
  assert.deepEqual([stderr, code], ["", 0]);
  return stdout;
}

const COMMANDS = await commandNames();
const GLOBAL = ["--help", "--json", "--no-color", "--session-file", "--timeout", "--token-file"];

test("every script names every command and option of the help", async () => {
  const help = (await start(["help", "read"]).ended).stdout;
  const options = [...help.matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
  assert.ok(options.includes("out-file") && options.includes("token-file"));
  for (const shell of SHELLS) {
    const script = await scriptFor(shell);
    for (const name of [...COMMANDS, ...options])
      assert.ok(script.includes(name), `${shell}: ${name}`);
  }
});

test("no shell, or an unknown one, is an error", async () => {
  for (const args of [[], ["tcsh"], ["bash", "zsh"], ["constructor"]]) {
    const { stdout, stderr, code } = await start(["completion", ...args]).ended;
    assert.deepEqual([stdout, code], ["", 2]);
    assert.match(stderr, /bash, zsh, fish, powershell/);
  }
});

test("bash completes commands, options, their values and files", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "completion"), await scriptFor("bash"));
  writeFileSync(join(folder, "a file"), "");
  const complete = (...words) => {
    const program = `source ./completion
COMP_WORDS=(onepassword-edge ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_onepassword_edge
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", program], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    return stdout
      .split("\n")
      .filter((word) => word !== "")
      .sort();
  };
  assert.deepEqual(complete(""), COMMANDS);
  assert.deepEqual(complete("w"), ["whoami"]);
  assert.deepEqual(complete("--json", "l"), ["list"]);
  assert.ok(complete("run", "--", "ca").includes("cat"));
  assert.deepEqual(complete("run", "-e", "x", "cat", "a"), ["a file"]);
  assert.deepEqual(complete("run", "--", "cat", "--env-file", "a"), ["a file"]);
  const ofRead = complete("read", "--");
  const own = ["--file-mode", "--force", "--no-newline", "--out-file"];
  for (const option of [...GLOBAL, ...own]) assert.ok(ofRead.includes(option), option);
  assert.ok(!complete("list", "--").includes("--out-file"));
  assert.deepEqual(complete("completion", ""), [...SHELLS].sort());
  assert.deepEqual(complete("help", "re"), ["read"]);
  assert.deepEqual(complete("read", "--out-file", ""), ["a file", "completion"]);
  assert.deepEqual(complete("read", "-o", "a"), ["a file"]);
  assert.deepEqual(complete("read", "--file-mode", ""), []);
});

test("zsh reads its script", { skip: missing("zsh") }, async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "_onepassword-edge"), await scriptFor("zsh"));
  const program = `autoload -Uz compinit; compinit -u -d ./dump
source ./_onepassword-edge; print -r -- $_comps[onepassword-edge]`;
  const options = { cwd: folder, encoding: "utf8" };
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", program], options);
  assert.deepEqual([stdout, stderr], ["_onepassword_edge\n", ""]);
});

test("fish completes commands and options", { skip: missing("fish") }, async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "completion.fish"), await scriptFor("fish"));
  const complete = (line) => {
    const program = `source ./completion.fish; complete -C ${JSON.stringify(line)}`;
    const options = { cwd: folder, encoding: "utf8" };
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", program], options);
    assert.equal(stderr, "");
    return stdout
      .trim()
      .split("\n")
      .map((row) => row.split("\t")[0])
      .sort();
  };
  assert.deepEqual(complete("onepassword-edge "), COMMANDS);
  assert.deepEqual(complete("onepassword-edge completion "), [...SHELLS].sort());
  assert.ok(complete("onepassword-edge read --").includes("--out-file"));
});

test("PowerShell completes commands", { skip: missing("pwsh") }, async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "completion.ps1"), await scriptFor("powershell"));
  const program = `. ./completion.ps1
(TabExpansion2 'onepassword-edge ' 17).CompletionMatches.CompletionText`;
  const options = { cwd: folder, encoding: "utf8" };
  const { stdout } = spawnSync("pwsh", ["-NoProfile", "-Command", program], options);
  assert.deepEqual(stdout.trim().split(/\r?\n/).sort(), COMMANDS);
});
