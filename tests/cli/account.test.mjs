// Where the token comes from, where it may lead, and what the service may say to it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { alterToken } from "../client/support.mjs";
import { errorsOf, folderOf, REFERENCE, SECRET, serve, shell, start } from "./support.mjs";

const NO_TOKEN = { OP_SERVICE_ACCOUNT_TOKEN: undefined };
const CONNECT = { OP_CONNECT_HOST: "http://localhost:1", OP_CONNECT_TOKEN: "eyJ-of-connect" };

/** The code of the one error, and the exit code. */
async function failure(ended) {
  const { stdout, stderr, code } = await ended;
  assert.equal(stdout, "");
  const [{ error }] = errorsOf({ stderr });
  return { ...error, exit: code };
}

test("without a token the error says how to give one", async () => {
  for (const env of [
    NO_TOKEN,
    { OP_SERVICE_ACCOUNT_TOKEN: "" },
    { OP_SERVICE_ACCOUNT_TOKEN: " " },
  ]) {
    const { stdout, stderr, code } = await start(["read", REFERENCE], { env }).ended;
    assert.deepEqual([stdout, code], ["", 3]);
    assert.match(
      stderr,
      /^error: there is no token: set OP_SERVICE_ACCOUNT_TOKEN .*--token-file\n$/,
    );
  }
});

test("what is no token is told without being repeated", async (t) => {
  const { run, token } = await serve(t);
  const odd = [`"${token}"`, `NAME=${token}`, token.slice(0, 200), "abc-of-something", "ops_x"];
  for (const OP_SERVICE_ACCOUNT_TOKEN of odd) {
    const ended = await run(["read", "--json", REFERENCE], { env: { OP_SERVICE_ACCOUNT_TOKEN } });
    const { code, exit, message } = await failure(ended);
    assert.deepEqual([code, exit], ["tokenInvalid", 3]);
    assert.ok(!message.includes("something") && !ended.stderr.includes(token.slice(4, 60)));
  }
});

test("--token-file is read in place of the variable, also from a pipe", async (t) => {
  const { token, run, env } = await serve(t);
  const path = join(folderOf(t), "token");
  writeFileSync(path, `\n${token}\n`, { mode: 0o600 });
  for (const OP_SERVICE_ACCOUNT_TOKEN of [undefined, "ops_wrong"]) {
    const ended = await run(["read", "--token-file", path, REFERENCE], {
      env: { OP_SERVICE_ACCOUNT_TOKEN },
    });
    assert.deepEqual([ended.stdout, ended.stderr, ended.code], [`${SECRET}\n`, "", 0]);
  }
  const script = `"$0" --token-file <(cat '${path}') read ${REFERENCE}`;
  assert.equal((await shell(script, { env: { ...env, ...NO_TOKEN } })).stdout, `${SECRET}\n`);
});

test("a token file that cannot be used is told, and no other token is taken", async (t) => {
  const { run, token } = await serve(t);
  const folder = folderOf(t);
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "empty"), " \n");
  writeFileSync(join(folder, "long"), token.repeat(200));
  for (const [name, reason] of [
    ["missing", /no such file/],
    ["folder", /is a folder/],
    ["empty", /is empty/],
    ["long", /too long/],
    ["missing/token", /no such file/],
  ]) {
    const args = ["read", "--json", "--token-file", name, REFERENCE];
    const { code, exit, message } = await failure(run(args, { cwd: folder }));
    assert.deepEqual([code, exit], ["fileUnreadable", 2], name);
    assert.match(message, reason);
  }
});

test("of Connect it is said that it is not supported, or not used", async (t) => {
  const { run } = await serve(t);
  const args = ["read", REFERENCE];
  const both = await run(args, { env: CONNECT });
  assert.equal(both.stdout, `${SECRET}\n`);
  assert.match(both.stderr, /^warning: OP_CONNECT_HOST and OP_CONNECT_TOKEN are set, and not used/);
  const one = await run(args, { env: { OP_CONNECT_HOST: CONNECT.OP_CONNECT_HOST } });
  assert.match(one.stderr, /^warning: OP_CONNECT_HOST is set, and not used/);
  const json = await run(["--json", ...args], { env: CONNECT });
  assert.match(errorsOf(json)[0].warning.message, /^OP_CONNECT_HOST and/);
  assert.deepEqual(JSON.parse(json.stdout), { [REFERENCE]: SECRET });
  const alone = await start(args, { env: { ...NO_TOKEN, ...CONNECT } }).ended;
  assert.deepEqual([alone.stdout, alone.code], ["", 3]);
  assert.match(alone.stderr, /a Connect server is set, but Connect is not supported yet/);
  const half = await start(args, { env: { ...NO_TOKEN, OP_CONNECT_TOKEN: "eyJ-of-connect" } })
    .ended;
  assert.match(half.stderr, /only OP_CONNECT_TOKEN is set/);
  for (const { stderr } of [both, alone, half]) assert.ok(!stderr.includes("eyJ"));
});

test("a token that leads elsewhere is not used", async (t) => {
  let asked = 0;
  const elsewhere = createServer((_, answer) => {
    asked += 1;
    answer.end();
  });
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  t.after(() => elsewhere.close());
  const { token } = await serve(t);
  const address = `http://127.0.0.1:${elsewhere.address().port}`;
  const OP_SERVICE_ACCOUNT_TOKEN = alterToken(token, (json) => ({
    ...json,
    signInAddress: address,
  }));
  const ended = start(["read", "--json", REFERENCE], { env: { OP_SERVICE_ACCOUNT_TOKEN } }).ended;
  const { code, exit, message } = await failure(ended);
  assert.deepEqual([code, exit, asked], ["hostNotAllowed", 3, 0]);
  assert.ok(message.includes(new URL(address).host) && !message.includes("allowedHosts"));
});

test("the exit code says whether to try again, and the error when", async (t) => {
  const answers = { fault: undefined };
  const faults = ({ path }) => (path.endsWith("/auth/start") ? answers.fault : undefined);
  const { run } = await serve(t, { faults });
  for (const [fault, code, exit] of [
    [{ kind: "status", status: 429, headers: { "retry-after": "7" } }, "rateLimited", 4],
    [{ kind: "status", status: 503 }, "serverError", 4],
    [{ kind: "reset" }, "network", 4],
    [{ kind: "hang" }, "timeout", 4],
    [{ kind: "status", status: 403 }, "permissionDenied", 3],
    [{ kind: "garbage" }, "protocol", 1],
  ]) {
    answers.fault = fault;
    const options = ["--json", "--timeout", fault.kind === "hang" ? "700ms" : "60s"];
    const error = await failure(run(["read", ...options, REFERENCE]));
    assert.deepEqual([error.code, error.exit], [code, exit]);
    if (code === "rateLimited") assert.equal(error.retryAfterMs, 7000);
  }
  answers.fault = { kind: "status", status: 429, headers: { "retry-after": "7" } };
  const { stderr, code } = await run(["read", REFERENCE]);
  assert.equal(code, 4);
  assert.match(stderr, /\ntry again in 7 s\n$/);
});

test("a host that cannot be reached is told with the platform's code", async (t) => {
  const { server, run } = await serve(t);
  await server.close();
  const env = { ONEPASSWORD_EDGE_EMULATOR: server.url };
  const { code, exit, message } = await failure(run(["read", "--json", REFERENCE], { env }));
  assert.deepEqual([code, exit], ["network", 4]);
  assert.match(message, /ECONNREFUSED/);
});

test("--timeout has units, and anything else is a usage error", async (t) => {
  const { run } = await serve(t);
  for (const time of ["0", "-1", "soon", "1h", "1.5s", "", "99999999999"]) {
    const { code, stderr } = await run(["read", `--timeout=${time}`, REFERENCE]);
    assert.equal(code, 2, time);
    assert.match(stderr, /--timeout must be a time such as/);
  }
});

test("--timeout is that of the whole command, the sign-in included", async (t) => {
  const faults = ({ path }) =>
    /\/auth\/start|\/vaults$/.test(path) ? { kind: "delay", ms: 2000 } : undefined;
  const { run } = await serve(t, { faults });
  const { code, exit } = await failure(run(["read", "--json", "--timeout", "3500ms", REFERENCE]));
  assert.deepEqual([code, exit], ["timeout", 4]);
});

test("--session-file spares the next command the sign-in", async (t) => {
  const { run, emulator, secrets } = await serve(t);
  const path = join(folderOf(t), "folder", "session");
  const read = () => run(["read", "--session-file", path, REFERENCE]);
  assert.equal((await read()).stdout, `${SECRET}\n`);
  assert.equal(emulator.requests.length, 8);
  emulator.clearRequests();
  assert.equal((await read()).stdout, `${SECRET}\n`);
  assert.equal(emulator.requests.length, 1);
  assert.match(emulator.requests[0].path, /\/item\//);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const kept = readFileSync(path, "utf8");
  for (const secret of [...secrets, SECRET]) assert.ok(!kept.includes(secret));
});

test("a session file takes no other file's place", async (t) => {
  const { run, emulator } = await serve(t);
  const path = join(folderOf(t), "token");
  for (const text of ["ops_of-somebody", "{}", '{"a":1}', "[1]", "null"]) {
    writeFileSync(path, text);
    const ended = await run(["read", "--session-file", path, REFERENCE]);
    assert.deepEqual([ended.code, ended.stdout], [2, ""], text);
    assert.match(ended.stderr, /is no session file/);
    assert.equal(readFileSync(path, "utf8"), text);
  }
  assert.equal(emulator.requests.length, 0);
  writeFileSync(path, "");
  assert.equal((await run(["read", "--session-file", path, REFERENCE])).code, 0);
});

test("a time that is none is refused before anything is done", async (t) => {
  const { run, emulator } = await serve(t);
  for (const args of [["run", "--", "true"], ["doctor"], ["inject"], ["read", REFERENCE]]) {
    const ended = await run(["--timeout", "abc", ...args]);
    assert.deepEqual([ended.code, ended.stdout], [2, ""], String(args));
  }
  assert.equal(emulator.requests.length, 0);
});

test("of several failures, what has to be mended first decides the exit code", async (t) => {
  const { server, env } = await serve(t);
  const folder = folderOf(t);
  const file = join(folder, "wrong.env");
  writeFileSync(file, "A=$NOT_SET\n1B=2");
  const usage = await start(["env", "--env-file", file]).ended;
  assert.equal(usage.code, 2, "2 before 1");
  await server.close();
  const own = { ...env, ONEPASSWORD_EDGE_EMULATOR: server.url };
  const both = await start(["read", "--json", REFERENCE, "op://app"], { env: own }).ended;
  assert.equal(both.code, 1, "1 before 4");
});

test("a session file that cannot be written is a warning", async (t) => {
  const { run } = await serve(t);
  const folder = folderOf(t);
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "file"), "");
  for (const [path, reason] of [
    ["folder", /not a regular file/],
    ["file/session", /name of its folder/],
  ]) {
    const ended = await run(["read", "--session-file", path, REFERENCE], { cwd: folder });
    assert.deepEqual([ended.stdout, ended.code], [`${SECRET}\n`, 0]);
    assert.match(ended.stderr, /^warning: the session file “\S+” was not written: /);
    assert.match(ended.stderr, reason);
    assert.equal(ended.stderr.trim().split("\n").length, 1);
  }
  assert.equal((await run(["read", "--session-file=", REFERENCE])).code, 2);
});

test("candidates of an ambiguous reference are named", async (t) => {
  const item = (password) => ({ title: "twice", password });
  const vaults = [{ name: "app", items: [item("one"), item("two")] }];
  const { run } = await serve(t, { account: { vaults } });
  const { stdout, stderr, code } = await run(["read", "op://app/twice/password"]);
  assert.deepEqual([stdout, code], ["", 1]);
  const named = [...stderr.matchAll(/^ {2}one is (op:\/\/app\/[a-z2-7]{26}\/password)$/gm)];
  assert.equal(named.length, 2);
  assert.notEqual(named[0][1], named[1][1]);
  const values = await Promise.all(named.map(([, reference]) => run(["read", "-n", reference])));
  assert.deepEqual(values.map((ended) => ended.stdout).sort(), ["one", "two"]);
});
