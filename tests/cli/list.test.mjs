// `list` and `whoami`: what there is, and who asks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EMAIL, errorsOf, noTerminal, serve, startTerminal } from "./support.mjs";

const ID = /^[a-z2-7]{26}$/;

test("vaults and items are lines of columns, without what acts on a terminal", async (t) => {
  const { run } = await serve(t);
  const vaults = await run(["list"]);
  assert.deepEqual([vaults.stderr, vaults.code], ["", 0]);
  const rows = vaults.stdout.trimEnd().split("\n");
  const columns = rows.map((row) => row.split("\t"));
  for (const [id] of columns) assert.match(id, ID);
  const shown = columns.map(([, ...rest]) => rest).sort();
  assert.deepEqual(shown, [
    ["app", "userCreated"],
    ["empty \\u{202e}vault", "userCreated"],
  ]);
  const items = await run(["list", "app"]);
  const titles = items.stdout.trimEnd().split("\n");
  assert.deepEqual(titles.map((row) => row.split("\t").slice(1)).sort(), [
    ["database", "Login"],
    ["tab\\u{9}and \\u{1b}[2Jescape", "SecureNote"],
  ]);
});

test("as JSON they are what they are, and still do nothing to a terminal", async (t) => {
  const { run } = await serve(t);
  const items = await run(["list", "app", "--json"]);
  const parsed = JSON.parse(items.stdout);
  assert.deepEqual(parsed.map(({ title }) => title).sort(), [
    "database",
    "tab\tand \u001b[2Jescape",
  ]);
  assert.ok(parsed.every(({ id, category }) => ID.test(id) && category));
  const vaults = await run(["list", "--json"]);
  assert.ok(vaults.stdout.includes("empty \\u202evault"));
  assert.ok(JSON.parse(vaults.stdout).some(({ title }) => title === "empty \u202evault"));
  const odd = [...`${items.stdout}${vaults.stdout}`].filter((char) => /[\p{Cc}\p{Cf}]/u.test(char));
  assert.deepEqual(odd, ["\n", "\n"]);
});

test("an empty vault is no line, and one that is not there an error", async (t) => {
  const { run } = await serve(t);
  const vaults = JSON.parse((await run(["list", "--json"])).stdout);
  const { id } = vaults.find(({ title }) => title.startsWith("empty"));
  const empty = await run(["list", id]);
  assert.deepEqual([empty.stdout, empty.stderr, empty.code], ["", "", 0]);
  assert.equal((await run(["list", id, "--json"])).stdout, "[]\n");
  const missing = await run(["list", "nothing"]);
  assert.deepEqual([missing.stdout, missing.code], ["", 1]);
  assert.match(missing.stderr, /^error: no vault “nothing”/);
  const two = await run(["list", "my", "vault"]);
  assert.equal(two.code, 2);
  assert.match(two.stderr, /quotes/);
});

test("on a terminal they are a table", { skip: noTerminal }, async (t) => {
  const { env } = await serve(t);
  const { stdout } = await startTerminal('"$0" list 2>/dev/null', { env }).ended;
  const [head, ...rows] = stdout.trimEnd().split("\r\n");
  assert.equal(head, `\u001b[1m${"ID".padEnd(28)}${"TITLE".padEnd(21)}KIND\u001b[22m`);
  assert.equal(rows.length, 2);
  const at = rows.map((row) => row.indexOf("userCreated"));
  assert.deepEqual(at, [49, 49]);
});

test("whoami shows the account once the service has accepted the token", async (t) => {
  const { run, server, emulator } = await serve(t);
  const host = new URL(server.url).host;
  const ended = await run(["whoami"]);
  assert.deepEqual(ended.stdout.split("\n"), [
    `Host    ${host}`,
    `E-mail  ${EMAIL}`,
    "Type    service account",
    "Token   from OP_SERVICE_ACCOUNT_TOKEN",
    "",
  ]);
  assert.deepEqual([ended.stderr, ended.code], ["", 0]);
  assert.deepEqual(
    emulator.requests.map(({ path }) => path),
    ["/api/v3/auth/start", "/api/v2/auth", "/api/v2/auth/confirm-key", "/api/v2/auth/complete"],
  );
  const { stdout } = await run(["whoami", "--json"]);
  const source = "OP_SERVICE_ACCOUNT_TOKEN";
  assert.deepEqual(JSON.parse(stdout), { host, email: EMAIL, type: "SERVICE_ACCOUNT", source });
});

test("whoami takes no token's word for it", async (t) => {
  const faults = ({ path }) =>
    path === "/api/v2/auth/confirm-key" ? { kind: "status", status: 401 } : undefined;
  const { run } = await serve(t, { faults });
  const ended = await run(["whoami", "--json"]);
  assert.deepEqual([ended.stdout, ended.code], ["", 3]);
  assert.equal(errorsOf(ended)[0].error.code, "authenticationFailed");
});
