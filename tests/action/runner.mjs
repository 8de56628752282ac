// What a runner does around an action, by GitHub's “Workflow commands for GitHub Actions”: the files
// that it gives a step and how it reads them, and the commands in what a step prints.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { EOL, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ACTION = fileURLToPath(new URL("../../action", import.meta.url));
/** Long enough for a machine that has much else to do. */
const LIMIT_MS = 120_000;
const FILES = ["GITHUB_ENV", "GITHUB_OUTPUT"];

/**
 * Runs the action as a step: `env` are the step's variables, `inputs` what stands under `with:`. `without`
 * names files that an old runner does not have.
 */
export async function runStep(t, { env = {}, inputs = {}, without = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = Object.fromEntries(FILES.map((name) => [name, join(folder, name)]));
  for (const path of Object.values(paths)) writeFileSync(path, "");
  const given = FILES.filter((name) => !without.includes(name)).map((name) => [name, paths[name]]);
  // By itself, as it has to run wherever the runner puts it.
  const action = join(folder, "action");
  cpSync(ACTION, action, { recursive: true });
  const ended = await run(join(action, "dist/main.js"), {
    PATH: process.env.PATH,
    // Windows starts no program without it.
    ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }),
    ONEPASSWORD_EDGE_EMULATOR: process.env.ONEPASSWORD_EDGE_EMULATOR,
    GITHUB_ACTIONS: "true",
    ...Object.fromEntries(given),
    ...env,
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputName(name), value])),
  });
  const texts = FILES.map((name) =>
    existsSync(paths[name]) ? readFileSync(paths[name], "utf8") : "",
  );
  return {
    ...ended,
    ...readLog(ended.stdout),
    files: texts.join(""),
    env: readFileCommands(texts[0]),
    outputs: readFileCommands(texts[1]),
  };
}

const inputName = (name) => `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`;

function run(program, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program], { env, timeout: LIMIT_MS });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        said[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (status) => resolve({ ...said, status }));
  });
}

/** `NAME=value`, and `NAME<<DELIMITER`, lines, `DELIMITER`; the later of two entries counts. */
export function readFileCommands(text) {
  const entries = new Map();
  assert.ok(text === "" || text.endsWith(EOL), "the last line has an end");
  const lines = text.split(EOL).slice(0, -1);
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, sign, rest] = /^(.*?)(=|<<)(.*)$/s.exec(lines[at]) ?? assert.fail("no entry");
    assert.notEqual(name, "");
    if (sign === "=") {
      entries.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest, at + 1);
    assert.ok(rest !== "" && end > at, "the delimiter is found again");
    entries.set(name, lines.slice(at + 1, end).join(EOL));
    at = end;
  }
  return Object.fromEntries(entries);
}

/** The commands in their order, and what else was printed. */
function readLog(stdout) {
  const commands = [];
  const rest = [];
  for (const line of stdout.split(/\r\n|[\r\n]/)) {
    const [, name, data] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    if (name === undefined) rest.push(line);
    else commands.push({ name, data: unescaped(data) });
  }
  const dataOf = (wanted) => commands.filter(({ name }) => name === wanted).map(({ data }) => data);
  return {
    commands,
    masks: dataOf("add-mask"),
    warnings: dataOf("warning"),
    errors: dataOf("error"),
    plain: rest.join("\n"),
  };
}

const unescaped = (data) =>
  data.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
