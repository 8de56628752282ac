// docs/environments.md holds: each row of its tables, and each program that needs nothing but Node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEmulator } from "../../dist/emulator/index.js";
import { planEnv, resolveEnv, resolvePlan, resolveTemplate } from "../../dist/env.js";
import { BLOCK_COUNT, BLOCKS, IN_PROJECTS, rowsOf } from "./guide.mjs";
import { clientOf, failuresOf } from "./support.mjs";

const PASSWORD = "hunter2";
const client = clientOf({ "op://app/database/password": PASSWORD });
const variables = { STAGE: "app" };

test("what counts as a reference", async () => {
  const rows = rowsOf("variable");
  assert.equal(rows.length, 4);
  for (const [A, expected] of rows) {
    assert.deepEqual(await resolveEnv({ A }, { client }), { A: expected }, A);
  }
});

test("what a line of an env file sets, and what is an error", async () => {
  const tables = { "in the file | `A` is": 18, "in the file | code": 6 };
  const [values, errors] = Object.entries(tables).map(([head, count]) => {
    const rows = rowsOf(head);
    assert.equal(rows.length, count, head);
    return rows;
  });
  for (const [text, expected] of values) {
    const { A } = await resolvePlan(planEnv([text], variables), { client });
    assert.equal(A, expected, text);
  }
  for (const [text, expected] of errors) {
    const [{ code }] = await failuresOf(() => planEnv([text], variables));
    assert.equal(code, expected, text);
  }
});

test("what a template becomes", async () => {
  const rows = rowsOf("in the template");
  assert.equal(rows.length, 7);
  for (const [text, expected] of rows) {
    assert.equal(await resolveTemplate(text, { client, variables }), expected, text);
  }
});

// The programs, in a folder with the package, against the emulator over HTTP.
const emulator = await createEmulator({
  account: {
    vaults: [
      { name: "app", items: [{ title: "database", username: "someone", password: PASSWORD }] },
    ],
  },
});
const server = await emulator.serve();
const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
});
mkdirSync(join(folder, "node_modules"));
const root = fileURLToPath(new URL("../..", import.meta.url));
symlinkSync(root, join(folder, "node_modules/onepassword-edge"), "junction");

/** Lays a file of the guide out; its path. */
function layOut(name) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, BLOCKS.get(name));
  return path;
}

/** Runs a program of the guide. */
function run(name, more = {}) {
  const path = layOut(name);
  const env = { ...process.env, OP_SERVICE_ACCOUNT_TOKEN: server.token, ...more };
  const child = spawn(process.execPath, [path], { cwd: folder, env, timeout: 120_000 });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      said[stream] += text;
    });
  }
  return new Promise((resolve) => child.on("close", (status) => resolve({ ...said, status })));
}

const PROGRAMS = {
  ".env.op": () => layOut(".env.op"),
  "scripts/migrate.mjs": async () => {
    const { stdout, stderr } = await run("scripts/migrate.mjs");
    assert.equal(stderr, "");
    const names = "set: DB_PASSWORD, DB_URL, API_URL, API_TOKEN\n";
    assert.equal(stdout, `${names}The password has ${PASSWORD.length} characters.\n`);
  },
  "check.mjs": async () => {
    const { stdout } = await run("check.mjs");
    assert.equal(stdout, "op://app/database/password\nop://app/database/username\n");
  },
  "config.op.yaml": () => layOut("config.op.yaml"),
  "render.mjs": async () => {
    const { stderr } = await run("render.mjs", { STAGE: undefined });
    assert.equal(stderr, "");
    const path = join(folder, "config.yaml");
    const made = `database:\n  user: someone\n  password: "${PASSWORD}"\nstage: dev\n`;
    assert.equal(readFileSync(path, "utf8"), made);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  },
  "mask.mjs": async () => {
    const { stdout } = await run("mask.mjs", { DB_PASSWORD: PASSWORD });
    assert.equal(stdout, "<concealed by 1Password>\n");
  },
  "failures.mjs": async () => {
    layOut(".env.op");
    const good = await run("failures.mjs");
    assert.deepEqual([good.status, good.stderr], [0, ""]);
    writeFileSync(
      join(folder, ".env.op"),
      "\nA=op://app/database/password\nB=op://app/nothing/x\n",
    );
    const { stderr } = await run("failures.mjs", { C: "op://app/nothing/y" });
    assert.equal(stderr, "environment C: itemNotFound\n.env.op:3 B: itemNotFound\n");
    rmSync(join(folder, ".env.op"));
    assert.equal((await run("failures.mjs")).stderr, ".env.op : fileUnreadable\n");
  },
  "optional.mjs": async () => {
    const { readConfig } = await import(pathToFileURL(layOut("optional.mjs")).href);
    const missing = { type: "fieldNotFound", message: "no field" };
    const some = clientOf({ "op://v/i/dsn": missing, "op://v/i/log": missing });
    const given = {
      DB_PASSWORD: "op://v/i/db",
      SENTRY_DSN: "op://v/i/dsn",
      LOG_TOKEN: "op://v/i/log",
      OTHER: "op://v/i/o",
    };
    Object.assign(process.env, given);
    const { DB_PASSWORD, SENTRY_DSN, LOG_TOKEN, OTHER } = await readConfig(some);
    for (const name of Object.keys(given)) delete process.env[name];
    assert.deepEqual(
      { DB_PASSWORD, SENTRY_DSN, LOG_TOKEN, OTHER },
      { DB_PASSWORD: "<v/i/db>", SENTRY_DSN: undefined, LOG_TOKEN: "none", OTHER: "op://v/i/o" },
    );
  },
};

for (const [name, check] of Object.entries(PROGRAMS)) test(`the guide's ${name}`, () => check());

test("no program of the guide is left out", () => {
  assert.deepEqual([...BLOCKS.keys()].sort(), [...IN_PROJECTS, ...Object.keys(PROGRAMS)].sort());
  assert.equal(BLOCKS.size, BLOCK_COUNT);
});
