// The built action as the process that a runner starts, against the emulator over HTTP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { readFileCommands, runStep } from "./runner.mjs";

const PEM = "-----BEGIN KEY-----\nbGluZSBvbmUgb2YgaXQ\n  aW5kZW50ZWQ\n}\n-----END KEY-----\n";
const VALUES = {
  password: "the-secret-of-the-tests",
  "two lines": "first line\nsecond line",
  crlf: "one line\r\ntwo line\r",
  percent: "100%0A25%25 of it",
  command: "abc::set-output name=x::y\n::stop-commands::pause\n::error::no",
  heredoc: "A=1\nEVIL<<EOF\nEOF\nB=2\nend_of_value_\n",
  quoted: "$HOME `id` \"'\\ grüße 🔑",
  pem: PEM,
  short: "abc",
  blank: "  ",
  empty: "",
  nul: "before\0after",
};
const fields = Object.entries(VALUES).map(([title, value]) => ({ title, value }));
const emulator = await createEmulator({
  account: { vaults: [{ name: "app", items: [{ title: "item", fields }] }] },
});
/** The paths of what was asked for since the step began. */
let before = 0;
const calls = () => emulator.requests.slice(before).map(({ path }) => path);
const server = await emulator.serve();
after(() => server.close());
const TOKEN = { OP_SERVICE_ACCOUNT_TOKEN: server.token };
const to = (field) => `op://app/item/${field}`;

/** A step; whatever it came to, no secret is told but to the runner. */
async function step(t, given) {
  before = emulator.requests.length;
  const ended = await runStep(t, { ...given, env: { ...TOKEN, ...given.env } });
  const told = ended.plain + ended.stderr + ended.warnings + ended.errors;
  const secrets = Object.values(VALUES).filter((value) => value.trim().length > 3);
  for (const secret of [server.token, server.token.slice(4, 60), ...secrets]) {
    assert.ok(!told.includes(secret), "a secret is told");
  }
  const first = ended.commands.findIndex(({ name }) => name !== "add-mask");
  const after = ended.commands.slice(first === -1 ? Infinity : first);
  const unmasked = after.filter(({ name }) => !["add-mask", "warning", "error"].includes(name));
  assert.deepEqual(unmasked, [], "commands that nobody meant");
  return ended;
}

test("references become variables and outputs; everything else stays as it is", async (t) => {
  const env = {
    PASSWORD: to("password"),
    URL: `postgres://u:{{ ${to("password")} }}@h/d`,
    NOTE: `see ${to("password")}`,
    PLAIN: "value",
  };
  const ended = await step(t, { env });
  const expected = {
    PASSWORD: VALUES.password,
    URL: `postgres://u:${VALUES.password}@h/d`,
  };
  assert.deepEqual(ended.env, expected);
  assert.deepEqual(ended.outputs, expected);
  assert.equal(ended.status, 0, ended.errors.join());
  assert.equal(ended.stderr, "");
  assert.match(ended.plain, /PASSWORD, URL/);
  assert.deepEqual(ended.warnings, []);
  assert.deepEqual(ended.masks, [server.token, VALUES.password, expected.URL], "each once");
});

test("values of every kind arrive as they are, and are hidden line by line", async (t) => {
  const names = ["two lines", "crlf", "percent", "command", "heredoc", "quoted", "pem"];
  const env = Object.fromEntries(names.map((name, at) => [`V${at}`, to(name)]));
  const ended = await step(t, { env });
  assert.deepEqual(
    ended.env,
    Object.fromEntries(names.map((name, at) => [`V${at}`, VALUES[name]])),
  );
  assert.deepEqual(ended.outputs, ended.env);
  for (const name of names) {
    const lines = VALUES[name].split(/[\r\n]+/).map((line) => line.trim());
    for (const text of [VALUES[name], ...lines.filter((line) => line.length > 3)]) {
      assert.ok(ended.masks.includes(text), `${name}: a line of it is not hidden`);
    }
  }
  assert.ok(!ended.masks.includes("}"), "a short line hides half of every log");
});

test("all is read in one batch, each reference once", async (t) => {
  const env = { A: to("password"), B: to("password"), C: to("quoted"), D: `{{ ${to("pem")} }}` };
  const { status } = await step(t, { env });
  assert.equal(status, 0);
  assert.equal(calls().filter((path) => /\/item\//.test(path)).length, 1);
  assert.equal(calls().length, 8, calls().join("\n"));
});

test("the token is hidden first, and exported to nobody", async (t) => {
  const asked = { A: to("password") };
  for (const given of [
    { env: asked },
    { env: { ...asked, OP_SERVICE_ACCOUNT_TOKEN: "" }, inputs: { token: server.token } },
    {
      env: { ...asked, OP_SERVICE_ACCOUNT_TOKEN: "op://app/item/password" },
      inputs: { token: server.token },
    },
  ]) {
    const ended = await step(t, given);
    assert.equal(ended.status, 0, ended.errors.join());
    assert.deepEqual(ended.commands[0], { name: "add-mask", data: server.token });
    assert.ok(!ended.files.includes(server.token));
    assert.deepEqual(ended.env, { A: VALUES.password });
  }
});

test("what is hidden is so before anything is written or said", async (t) => {
  const env = { A: to("password"), B: to("short"), C: to("pem") };
  const { commands } = await step(t, { env });
  const names = commands.map(({ name }) => name);
  assert.ok(names.lastIndexOf("add-mask") < names.indexOf("warning"), names.join());
});

test("what is too short to be hidden is told, by the variable's name", async (t) => {
  const env = {
    PIN: to("short"),
    NONE: to("empty"),
    BLANK: to("blank"),
    LONG: `{{ ${to("short")} }}-long`,
  };
  const ended = await step(t, { env });
  assert.equal(ended.status, 0, ended.errors.join());
  assert.deepEqual(ended.env, { PIN: "abc", NONE: "", BLANK: "  ", LONG: "abc-long" });
  assert.deepEqual(ended.warnings.map((warning) => warning.split(":")[0]).sort(), [
    "BLANK",
    "LONG",
    "NONE",
    "PIN",
  ]);
  assert.ok(!ended.masks.some((text) => text.trim().length < 4));
  assert.ok(ended.masks.includes("abc-long"));
});

test("with export-env: false there are outputs alone", async (t) => {
  const given = { env: { A: to("password"), NODE_OPTIONS: to("quoted") } };
  const ended = await step(t, {
    ...given,
    inputs: { "export-env": "false" },
    without: ["GITHUB_ENV"],
  });
  assert.equal(ended.status, 0, ended.errors.join());
  assert.deepEqual(ended.env, {});
  assert.deepEqual(ended.outputs, { A: VALUES.password, NODE_OPTIONS: VALUES.quoted });
});

test("an input that is misspelt is an error", async (t) => {
  const ended = await step(t, { env: { A: to("password") }, inputs: { "export-env": "no" } });
  assertFailed(ended, /export-env must be true or false/);
  assert.equal(calls().length, 0);
});

/** It failed, with one annotation, and wrote nothing. */
function assertFailed({ status, errors, files }, ...patterns) {
  assert.equal(status, 1);
  assert.equal(files, "");
  assert.equal(errors.length, 1);
  for (const pattern of patterns) assert.match(errors[0], pattern);
}

test("optional variables may be missing, and are set by nobody then", async (t) => {
  const env = { A: to("password"), B: to("nothing"), C: "op://app/nothing/x" };
  const ended = await step(t, { env, inputs: { optional: "B,\n  C D" } });
  assert.equal(ended.status, 0, ended.errors.join());
  assert.deepEqual(ended.env, { A: VALUES.password });
  assert.equal(ended.warnings.length, 1);
  assert.match(ended.warnings[0], /optional names D/);
});

test("one failure fails the step: all are listed, and nothing is written", async (t) => {
  const env = { A: to("password"), B: to("nothing"), C: "op://nowhere/item/x", D: to("nul") };
  const ended = await step(t, { env });
  assertFailed(ended, /B: .*fieldNotFound/, /C: .*vaultNotFound/);
  assert.deepEqual(ended.masks, [server.token], "nothing else is printed, not even to be hidden");
  assertFailed(await step(t, { env: { D: to("nul") } }), /D: .*NUL/);
  assertFailed(
    await step(t, { env: { A: to("password"), X: "op://app/item" } }),
    /X: .*op:\/\/vault/,
  );
  assert.equal(calls().length, 0);
});

test("a text that fails ends its line in no way", async (t) => {
  const env = { X: "op://app/a\n::add-mask::b%0Ac/nothing" };
  assertFailed(await step(t, { env }));
});

test("names that the runner does not take are an error before anything is read", async (t) => {
  for (const name of ["NODE_OPTIONS", "node_options", "GITHUB_SHA", "RUNNER_TEMP", "A<<B", "A B"]) {
    assertFailed(
      await step(t, { env: { [name]: to("password"), A: to("password") } }),
      /keyInvalid/,
    );
    assert.equal(calls().length, 0);
  }
  const free = await step(t, { env: { GITHUB_TOKEN: to("password"), RUNNER_UP: to("quoted") } });
  assert.deepEqual(free.env, { GITHUB_TOKEN: VALUES.password, RUNNER_UP: VALUES.quoted });
});

test("a runner without the files is told so before anything is read", async (t) => {
  for (const name of ["GITHUB_ENV", "GITHUB_OUTPUT"]) {
    const ended = await step(t, { env: { A: to("password") }, without: [name] });
    assertFailed(ended, new RegExp(`names no file ${name}`));
    assert.equal(calls().length, 0);
  }
});

test("without a reference nobody signs in; without a token the error says where it goes", async (t) => {
  const none = await step(t, { env: { A: "1", OP_SERVICE_ACCOUNT_TOKEN: "" } });
  assert.equal(none.status, 0);
  assert.match(none.warnings[0], /no variable/);
  assertFailed(
    await step(t, { env: { A: to("password"), OP_SERVICE_ACCOUNT_TOKEN: "" } }),
    /OP_SERVICE_ACCOUNT_TOKEN/,
  );
  assertFailed(
    await step(t, { env: { A: to("password"), OP_SERVICE_ACCOUNT_TOKEN: "ops_nonsense" } }),
    /tokenInvalid/,
  );
  assert.equal(calls().length, 0);
});

test("what cannot be written fails the step, and is hidden by then", async (t) => {
  const env = { A: to("password"), GITHUB_OUTPUT: join("no", "such", "folder") };
  const ended = await step(t, { env });
  assertFailed(ended, /ENOENT/);
  assert.ok(ended.masks.includes(VALUES.password));
});

test("if one of the runner's files cannot be written, the other has nothing either", async (t) => {
  const env = { A: to("password"), GITHUB_ENV: join("no", "such", "folder") };
  const ended = await step(t, { env });
  assertFailed(ended, /ENOENT/);
  assert.deepEqual(ended.outputs, {});
});

test("with the input `variables` no other variable is looked at", async (t) => {
  const env = { A: to("password"), TITLE: `fix {{ ${to("quoted")} }}`, OTHER: "{{ op:// please" };
  const ended = await step(t, { env, inputs: { variables: "A, MISSING" } });
  assert.deepEqual(ended.outputs, { A: VALUES.password });
  assert.match(String(ended.warnings), /variables names MISSING/);
});

test("the token is no variable, whatever the case of its name", async (t) => {
  const env = { A: to("password"), Op_Service_Account_Token: to("password") };
  const ended = await step(t, { env });
  assert.deepEqual(ended.outputs, { A: VALUES.password });
});

test("action.yml and its README name what the program reads", () => {
  const text = readFileSync(new URL("../../action/action.yml", import.meta.url), "utf8");
  const [, inputs] = /^inputs:\n((?: .*\n)+)/m.exec(text);
  const names = [...inputs.matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => name);
  assert.deepEqual(names, ["token", "export-env", "variables", "optional"]);
  const readme = readFileSync(new URL("../../action/README.md", import.meta.url), "utf8");
  const [, table] = /^## Inputs\n([^#]+)/m.exec(readme);
  assert.deepEqual(
    [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name),
    names,
  );
  assert.match(text, /^ {2}using: node24\n {2}main: dist\/main\.js$/m);
});

test("the bundle imports Node's modules alone", () => {
  const bundle = readFileSync(new URL("../../action/dist/main.js", import.meta.url), "utf8");
  const imports = [...bundle.matchAll(/^import .*?"(.+?)";$/gm)].map(([, from]) => from);
  assert.deepEqual(imports.sort(), ["node:crypto", "node:fs/promises", "node:os"]);
  assert.doesNotMatch(bundle, /\brequire\(/);
});

test("the reader of files reads what the documentation has", () => {
  const text = ["A=1=2", "B<<EOF", "x<<y", "", "z=1", "EOF", "A=3", ""].join("\n");
  assert.deepEqual(readFileCommands(text), { A: "3", B: "x<<y\n\nz=1" });
});
