// `read`: values, files and several references; what is written where.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BYTES, errorsOf, REFERENCE, SECRET, serve, shell, start } from "./support.mjs";

test("a value is printed with one line break, and nothing else", async (t) => {
  const { run } = await serve(t);
  const ended = await run(["read", REFERENCE]);
  assert.deepEqual([ended.stdout, ended.stderr, ended.code], [`${SECRET}\n`, "", 0]);
  assert.equal((await run(["read", "-n", REFERENCE])).stdout, SECRET);
  assert.equal((await run(["read", REFERENCE, "--no-newline"])).stdout, SECRET);
});

test("a value that has a line break gets no other one", async (t) => {
  const { run } = await serve(t);
  assert.equal((await run(["read", "op://app/database/with break"])).stdout, "one\ntwo\n");
  assert.equal((await run(["read", "op://app/database/empty"])).stdout, "\n");
  assert.equal((await run(["read", "-n", "op://app/database/empty"])).stdout, "");
});

test("a file is printed as it was stored, to the last byte", async (t) => {
  const { run } = await serve(t);
  const { bytes, code } = await run(["read", "op://app/database/photo.bin"]);
  assert.equal(code, 0);
  assert.ok(Buffer.from(BYTES).equals(bytes));
  const { stdout } = await run(["read", "op://app/database/note.txt"]);
  assert.equal(stdout, "no break at the end");
});

test("several references are an object, in their order", async (t) => {
  const { run, emulator } = await serve(t);
  const user = "op://app/database/username";
  const one = await run(["read", "--json", REFERENCE]);
  assert.deepEqual(JSON.parse(one.stdout), { [REFERENCE]: SECRET });
  emulator.clearRequests();
  const { stdout, stderr, code } = await run(["--json", "read", user, REFERENCE, user]);
  assert.equal(stdout, `${JSON.stringify({ [user]: "admin", [REFERENCE]: SECRET })}\n`);
  assert.deepEqual([stderr, code], ["", 0]);
  assert.equal(emulator.requests.length, 8);
});

test("if one of several fails, nothing is printed and every failure is named", async (t) => {
  const { run } = await serve(t);
  const [missing, malformed] = ["op://app/databse/password", "op://app"];
  const ended = await run(["read", "--json", REFERENCE, missing, malformed]);
  assert.deepEqual([ended.stdout, ended.code], ["", 1]);
  const [{ error }] = errorsOf(ended);
  assert.equal(error.message, "2 of 3 references cannot be resolved");
  assert.deepEqual(
    error.failures.map(({ code, reference }) => [code, reference]),
    [
      ["itemNotFound", missing],
      ["parsing", malformed],
    ],
  );
  for (const { message } of error.failures) assert.match(message, /\w{4}/);
  const alone = await run(["read", "--json", missing]);
  const [single] = errorsOf(alone);
  assert.deepEqual(
    [single.error.code, single.error.reference, single.error.failures],
    ["itemNotFound", missing, undefined],
  );
  assert.equal(alone.code, 1);
});

test("what stands in the way of all of them is told once", async (t) => {
  const faults = ({ path }) =>
    path.endsWith("/confirm-key") ? { kind: "status", status: 401 } : undefined;
  const { run } = await serve(t, { faults });
  const ended = await run(["read", "--json", REFERENCE, "op://app/database/username"]);
  assert.deepEqual([ended.stdout, ended.code], ["", 3]);
  const [{ error }] = errorsOf(ended);
  assert.deepEqual(
    [error.code, error.reference, error.failures],
    ["authenticationFailed", undefined, undefined],
  );
});

test("what is wrong with the arguments is said before anything is asked for", async (t) => {
  const { run, emulator } = await serve(t);
  const none = await run(["read"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^error: which secret\? .*op:\/\//);
  const two = await run(["read", REFERENCE, REFERENCE]);
  assert.equal(two.code, 2);
  assert.match(two.stderr, /--json/);
  assert.equal(emulator.requests.length, 0);
});

test("a reader that ends early ends the command without a word", async (t) => {
  const { env } = await serve(t);
  // The pipe takes 64 KiB, the file has 200,000 bytes.
  const script = `"$0" read op://app/database/photo.bin | head -c 1 | wc -c; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await shell(script, { env });
  assert.deepEqual([stdout.trim().split(/\s+/), stderr], [["1", "141"], ""]);
});

test("a full disk behind stdout is an error", async (t) => {
  const { env } = await serve(t);
  const { stdout, stderr } = await shell(`"$0" read ${REFERENCE} >/dev/full; echo $?`, { env });
  assert.equal(stdout, "1\n");
  assert.match(stderr, /^error: stdout was not written: the disk is full\n$/);
  const json = await shell(`"$0" --json read ${REFERENCE} >/dev/full`, { env });
  assert.equal(errorsOf(json)[0].error.code, "fileUnwritable");
});

test("no token is printed for a command line that holds one", async (t) => {
  const { token, run } = await serve(t);
  for (const args of [["read", token], ["--token", token], [`--token=${token}`], [token]]) {
    const ended = await run(args);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /OP_SERVICE_ACCOUNT_TOKEN/);
  }
  const short = await start(["read", "--token", "abc-def", REFERENCE]).ended;
  assert.equal(short.code, 2);
  assert.match(short.stderr, /never an argument/);
  assert.ok(!short.stderr.includes("abc-def"));
});
