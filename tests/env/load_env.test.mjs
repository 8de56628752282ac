// loadEnv: env files into an environment, with and without a client of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { loadEnv } from "../../dist/node/load_env.js";
import { clientOf, failuresOf } from "./support.mjs";

function fileOf(t, text, name = ".env.op") {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("files and references that are set already become variables, in one batch", async (t) => {
  const file = fileOf(t, "A=op://v/i/a\nB=x-$C\nD=plain");
  const into = { C: "c", E: "op://v/i/e", F: "see op://v/i/f", D: "before" };
  const client = clientOf();
  const names = await loadEnv({ files: [file], into, client });
  assert.deepEqual(names, ["E", "A", "B", "D"]);
  assert.deepEqual(into, {
    ...{ C: "c", E: "<v/i/e>", F: "see op://v/i/f", D: "plain" },
    ...{ A: "<v/i/a>", B: "x-c" },
  });
  assert.equal(client.calls.length, 1);
});

test("with `override: false` what is set stays, and what it refers to is resolved", async (t) => {
  const file = fileOf(t, "A=op://v/i/a\nB=2\nC=3\nD=4");
  const into = { A: "kept", B: "op://v/i/b", C: undefined };
  const client = clientOf();
  const names = await loadEnv({ files: [file], into, client, override: false });
  assert.deepEqual(into, { A: "kept", B: "<v/i/b>", C: "3", D: "4" });
  assert.deepEqual(names.sort(), ["B", "C", "D"]);
  assert.deepEqual(client.calls[0].references, ["op://v/i/b"]);
});

test("optional variables are left out if they are missing, or have their default", async (t) => {
  const missing = { type: "itemNotFound", message: "no item" };
  const client = clientOf({ "op://v/i/a": missing, "op://v/i/b": missing });
  const files = [fileOf(t, "A=op://v/i/a\nB=op://v/i/b\nC=1")];
  const into = {};
  const names = await loadEnv({ files, into, client, optional: { A: undefined, B: "b" } });
  assert.deepEqual([into, names], [{ B: "b", C: "1" }, ["B", "C"]]);
  const held = { A: "op://v/i/a" };
  assert.deepEqual(await loadEnv({ files: [], into: held, client, optional: ["A"] }), []);
  assert.deepEqual(held, {}, "a reference that names nothing is no value");
});

test("names that objects inherit are names like others", async (t) => {
  const files = [fileOf(t, "__proto__=1\ntoString=2")];
  for (const override of [true, false]) {
    const into = {};
    await loadEnv({ files, into, override });
    assert.deepEqual(Object.entries(into), [
      ["__proto__", "1"],
      ["toString", "2"],
    ]);
  }
});

test("nothing is set if anything fails, and every failure is listed", async (t) => {
  const client = clientOf({ "op://v/i/a": { type: "fieldNotFound", message: "no field" } });
  const [one, two] = [fileOf(t, "X=1\nA=op://v/i/a"), fileOf(t, "B=1\nnothing\n")];
  const into = {};
  const failed = await failuresOf(() => loadEnv({ files: [one], into, client }));
  assert.deepEqual(
    failed.map(({ name, file, line, code }) => [name, file, line, code]),
    [["A", one, 2, "fieldNotFound"]],
  );
  const wrong = await failuresOf(() => loadEnv({ files: [pathToFileURL(two)], into, client }));
  assert.deepEqual(
    wrong.map(({ file, line, code }) => [file, line, code]),
    [[two, 2, "notKeyValue"]],
  );
  const none = join(one, "..", "none");
  const latin = fileOf(t, Buffer.from([0x41, 0x3d, 0xe9]));
  const unread = await failuresOf(() => loadEnv({ files: [none, latin, one], into, client }));
  assert.deepEqual(
    unread.map(({ file, code }) => [file, code]),
    [
      [none, "fileUnreadable"],
      [latin, "notUtf8"],
    ],
  );
  const nul = clientOf({ "op://v/i/a": "x\0y" });
  const [held] = await failuresOf(() => loadEnv({ files: [one], into, client: nul }));
  assert.deepEqual([held.code, held.name, held.line], ["valueInvalid", "A", 2]);
  assert.deepEqual(into, {});
});

test("by default it reads .env.op into process.env and signs in with the token there", async (t) => {
  const emulator = await createEmulator({
    account: { vaults: [{ name: "v", items: [{ title: "i", password: "the-secret" }] }] },
  });
  const server = await emulator.serve();
  t.after(() => server.close());
  const file = fileOf(t, "A=op://v/i/password\nB=2");
  const entry = pathToFileURL(fileURLToPath(new URL("../../dist/", import.meta.url)));
  const esm = `import { loadEnv } from "${entry}node/load_env.js"; const names = await loadEnv();`;
  const cjs = `const { loadEnv } = require("${fileURLToPath(entry)}cjs/node/load_env.js");`;
  const print = "console.log(JSON.stringify([names, process.env.A, process.env.B]));";
  const programs = [
    ["--input-type=module", "-e", esm + print],
    ["-e", `${cjs} loadEnv().then((names) => { ${print} });`],
  ];
  for (const args of programs) {
    const own = Object.entries(process.env).filter(([, value]) => !value.includes("op://"));
    const env = { ...Object.fromEntries(own), OP_SERVICE_ACCOUNT_TOKEN: server.token };
    // Not spawnSync: the service is in this process.
    const { stdout, stderr } = await runNode(args, { env, cwd: join(file, "..") });
    assert.equal(stdout, '[["A","B"],"the-secret","2"]\n', stderr);
  }
});

async function runNode(args, options) {
  const child = spawn(process.execPath, args, options);
  const seen = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      seen[name] += text;
    });
  }
  await new Promise((resolve) => child.once("close", resolve));
  return seen;
}

test("the token may be where the variables are, and the session is closed afterwards", async (t) => {
  const emulator = await createEmulator({
    account: { vaults: [{ name: "v", items: [{ title: "i", password: "the-secret" }] }] },
  });
  const closed = t.mock.method(Client.prototype, "close");
  t.mock.method(globalThis, "fetch", emulator.fetch);
  const into = { OP_SERVICE_ACCOUNT_TOKEN: emulator.token, A: "op://v/i/password" };
  assert.deepEqual(await loadEnv({ files: [], into }), ["A"]);
  assert.equal(into.A, "the-secret");
  assert.equal(closed.mock.callCount(), 1);
  into.A = "op://v/i/none";
  await assert.rejects(loadEnv({ files: [], into }), { code: "envUnresolved" });
  assert.equal(closed.mock.callCount(), 2);
});

test("files are a list", async () => {
  await assert.rejects(loadEnv({ files: ".env.op", into: {} }), { code: "argumentInvalid" });
});

test("without a token the error says so, and without references none is needed", async (t) => {
  const before = process.env.OP_SERVICE_ACCOUNT_TOKEN;
  delete process.env.OP_SERVICE_ACCOUNT_TOKEN;
  t.after(() => {
    if (before !== undefined) process.env.OP_SERVICE_ACCOUNT_TOKEN = before;
  });
  const into = {};
  assert.deepEqual(await loadEnv({ files: [fileOf(t, "A=1")], into }), ["A"]);
  assert.deepEqual(await loadEnv({ files: [], into }), []);
  await assert.rejects(loadEnv({ files: [fileOf(t, "A=op://v/i/f")], into }), {
    code: "tokenInvalid",
  });
});
