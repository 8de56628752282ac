// What is different on a terminal: line breaks, bytes, progress, colors.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BYTES,
  noTerminal,
  REFERENCE,
  SECRET,
  serve,
  shell,
  start,
  startTerminal,
  until,
} from "./support.mjs";

const ESCAPE = "\u001b";
const onTerminal = (name, run) => test(name, { skip: noTerminal }, run);

onTerminal("the next prompt begins on its own line, even with -n", async (t) => {
  const { env } = await serve(t);
  for (const options of ["", "-n"]) {
    const script = `"$0" read ${options} ${REFERENCE} 2>/dev/null`;
    const { stdout, code } = await startTerminal(script, { env }).ended;
    assert.deepEqual([stdout, code], [`${SECRET}\r\n`, 0]);
  }
});

onTerminal("what may do something to the terminal is not printed without --force", async (t) => {
  const { env } = await serve(t);
  for (const name of ["photo.bin", "colored"]) {
    const script = `"$0" --no-color read op://app/database/${name}`;
    const { stdout, code } = await startTerminal(script, { env }).ended;
    assert.equal(code, 2, name);
    assert.match(stdout, /error: this is not plain text.* --out-file.* --force/);
    assert.ok(!stdout.includes(`${ESCAPE}[31m`));
  }
  const script = '"$0" read -f op://app/database/colored 2>/dev/null';
  const forced = await startTerminal(script, { env }).ended;
  assert.deepEqual([forced.stdout, forced.code], [`${ESCAPE}[31mred\r\n`, 0]);
  const bytes = await startTerminal('"$0" read op://app/database/photo.bin | wc -c', { env }).ended;
  assert.match(bytes.stdout, new RegExp(`\\b${BYTES.length}\\r\\n`));
});

onTerminal("after half a second a line says what is waited for, and is wiped", async (t) => {
  let goOn;
  const waiting = new Promise((resolve) => {
    goOn = resolve;
  });
  const faults = ({ path }) =>
    path.endsWith("/start") ? waiting.then(() => undefined) : undefined;
  const { env, server } = await serve(t, { faults });
  const terminal = startTerminal(`"$0" read ${REFERENCE}`, { env });
  const line = `\r${ESCAPE}[2KAsking ${new URL(server.url).host} …`;
  await until(() => terminal.text("stdout").includes("…"), "the line");
  assert.equal(terminal.text("stdout"), line);
  goOn();
  const { stdout, code } = await terminal.ended;
  assert.deepEqual([stdout, code], [`${line}\r${ESCAPE}[2K${SECRET}\r\n`, 0]);
});

onTerminal("a signal wipes the line, and ends the command", async (t) => {
  const faults = () => ({ kind: "hang" });
  const { env } = await serve(t, { faults });
  const script = `trap : INT; "$0" read ${REFERENCE}; echo "code $?"`;
  const terminal = startTerminal(script, { env });
  await until(() => terminal.text("stdout").includes("…"), "the line");
  terminal.child.stdin.write("\u0003");
  const { stdout } = await terminal.ended;
  assert.match(stdout, /….*\r.\[2Kcode 130\r\n$/s);
});

test("off a terminal nothing is said of waiting", async (t) => {
  // Twice as long as it takes on a terminal.
  const faults = ({ path }) => (path.endsWith("/start") ? { kind: "delay", ms: 1000 } : undefined);
  const { run } = await serve(t, { faults });
  const { stdout, stderr } = await run(["read", REFERENCE]);
  assert.deepEqual([stdout, stderr], [`${SECRET}\n`, ""]);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  test(`${signal} ends a command that waits by that signal`, async (t) => {
    const faults = () => ({ kind: "hang" });
    const { env, emulator } = await serve(t, { faults });
    const { child, ended } = start(["read", REFERENCE], { env });
    await until(() => emulator.requests.length > 0, "a request");
    child.kill(signal);
    const { stdout, stderr, ...how } = await ended;
    assert.deepEqual([how.code, how.signal, stdout, stderr], [null, signal, "", ""]);
  });
}

const RED = `${ESCAPE}[31merror:${ESCAPE}[39m`;

onTerminal("colors are for terminals, unless somebody says otherwise", async () => {
  for (const [env, options, isRed] of [
    [{}, "", true],
    [{ NO_COLOR: "1" }, "", false],
    [{ NO_COLOR: "" }, "", true],
    [{ TERM: "dumb" }, "", false],
    [{}, "--no-color", false],
    [{ FORCE_COLOR: "0" }, "", false],
    [{ FORCE_COLOR: "1" }, "--no-color", false],
  ]) {
    const { stdout } = await startTerminal(`"$0" ${options} list one two`, { env }).ended;
    assert.equal(stdout.startsWith(RED), isRed, JSON.stringify([env, options]));
    assert.ok(isRed || !stdout.includes(ESCAPE));
  }
});

test("off a terminal there are no colors, unless they are forced", async () => {
  for (const [env, isRed] of [
    [{}, false],
    [{ FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    [{ FORCE_COLOR: "false" }, false],
  ]) {
    const { stderr } = await shell('"$0" list one two', { env });
    assert.equal(stderr.startsWith(RED), isRed, JSON.stringify(env));
  }
});
