// `run`: what the command gets, what is shown of it, how it ends, and how signals reach it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { MASK } from "../../dist/env.js";
import {
  COMMAND,
  errorsOf,
  folderOf,
  noTerminal,
  REFERENCE,
  SECRET,
  serve,
  shell,
  start,
  startProgram,
  startTerminal,
  until,
} from "./support.mjs";

const USER = "op://app/database/username";
const KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQE\n-----END KEY-----\n";
const ACCOUNT = {
  vaults: [
    {
      name: "app",
      items: [
        {
          title: "database",
          username: "admin",
          password: SECRET,
          fields: [
            { title: "short", value: "abc" },
            { title: "blank at the end", value: "abc " },
            { title: "empty", value: "" },
            { title: "key", value: KEY },
            { title: "nul", value: "a\0b" },
          ],
        },
      ],
    },
  ],
};

const IN_CONTAINER = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];

/** It is the child of unshare. */
function firstProcessOf({ child }) {
  const { stdout } = spawnSync("pgrep", ["-P", String(child.pid)]);
  return Number(String(stdout).trim().split("\n")[0]);
}

const node = (script) => ["--", process.execPath, "-e", script];

function envFile(t, text) {
  const path = join(folderOf(t), ".env.op");
  writeFileSync(path, text);
  return path;
}

test("the command gets secrets from files and from the environment, in one batch", async (t) => {
  const { run, emulator } = await serve(t, { account: ACCOUNT });
  const file = envFile(t, `A=${REFERENCE}\nB="x {{ ${USER} }} y"\nC=$A-\${D:-d}\nE=plain`);
  const script = "process.stdout.write(JSON.stringify([A, B, C, D, E, F, G]))";
  const names = "const { A, B, C, D, E, F, G } = process.env;";
  const ended = await run(["run", "--no-masking", "--env-file", file, ...node(names + script)], {
    env: { E: "outer", F: REFERENCE, G: `see ${REFERENCE}` },
  });
  assert.equal(ended.stderr, "");
  assert.deepEqual(JSON.parse(ended.stdout), [
    SECRET,
    "x admin y",
    `${SECRET}-d`,
    null,
    "plain",
    SECRET,
    `see ${REFERENCE}`,
  ]);
  assert.equal(emulator.requests.length, 8);
});

test("of several files the last wins, and an Environment wins over all", async (t) => {
  const environments = [
    {
      name: "staging",
      id: "ae7k3ybcpchvhsk5ts5unhjhhe",
      variables: [
        { name: "C", value: "environment-secret", masked: true },
        { name: "D", value: "environment-plain", masked: false },
      ],
    },
  ];
  const { run } = await serve(t, { account: { ...ACCOUNT, environments } });
  const one = envFile(t, "A=1\nB=1\nC=1");
  const two = envFile(t, "B=2\nC=2");
  const files = ["--env-file", one, "--env-file", two, "--environment", environments[0].id];
  const script = "const { A, B, C, D } = process.env; console.log(A, B, C, D)";
  const masked = await run(["run", ...files, ...node(script)]);
  assert.equal(masked.stdout, `1 2 ${MASK} environment-plain\n`);
  const plain = await run(["run", "--no-masking", ...files, ...node(script)]);
  assert.equal(plain.stdout, "1 2 environment-secret environment-plain\n");
});

test("without references nothing is asked, and no token is needed", async () => {
  const ended = await start(["run", "--", "sh", "-c", "echo $A; exit 7"], {
    env: { A: "plain" },
  }).ended;
  assert.deepEqual([ended.stdout, ended.stderr, ended.code], ["plain\n", "", 7]);
});

test("if one reference fails the command is not started, and each failure is named", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const marker = join(folderOf(t), "started");
  const file = envFile(t, `A=${REFERENCE}\n\nB=op://app/nothing/x\nC=op://app/database/nothing`);
  const ended = await run(["run", "--env-file", file, "--", "touch", marker], {
    env: { D: "op://nowhere/i/f" },
  });
  assert.deepEqual([ended.stdout, ended.code], ["", 1]);
  assert.match(ended.stderr, /^error: 3 failures\n/);
  for (const place of [`${file}:3 B: `, `${file}:4 C: `, "D: "]) {
    assert.ok(ended.stderr.includes(`\n${place}`), ended.stderr);
  }
  assert.ok(!ended.stderr.includes(SECRET));
  const json = await run(["run", "--json", "--env-file", file, "--", "touch", marker]);
  const [{ error }] = errorsOf(json);
  assert.equal(error.code, "envUnresolved");
  assert.deepEqual(
    error.failures.map(({ name, line, code }) => [name, line, code]),
    [
      ["B", 3, "itemNotFound"],
      ["C", 4, "fieldNotFound"],
    ],
  );
  const { error: found } = spawnSync("ls", [marker]);
  assert.equal(found, undefined);
  assert.notEqual(spawnSync("ls", [marker]).status, 0, "the command was started");
});

test("what is wrong with an env file is said before anything is asked for", async (t) => {
  const { run, emulator } = await serve(t, { account: ACCOUNT });
  const folder = folderOf(t);
  const rows = [
    [`A=${REFERENCE}\nno assignment\nB="open`, 2],
    [`A=${REFERENCE}\nB=$NOT_SET`, 1],
    [`A=${REFERENCE}\n1=2`, 2],
    [Buffer.from([0x41, 0x3d, 0xff]), 2],
  ];
  for (const [text, code] of rows) {
    const ended = await run(["run", "--env-file", envFile(t, text), "--", "true"]);
    assert.deepEqual([ended.stdout, ended.code], ["", code], ended.stderr);
  }
  for (const path of [join(folder, "none"), folder]) {
    const ended = await run(["run", "--env-file", path, "--", "true"]);
    // Node looks for files of that option before it starts the command, and ends with 9.
    assert.ok([2, 9].includes(ended.code), String(ended.code));
    assert.ok(ended.stderr.includes(path), ended.stderr);
  }
  assert.equal(emulator.requests.length, 0);
});

test("a secret that no variable can hold is refused", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const ended = await run(["run", "--", "true"], { env: { A: "op://app/database/nul" } });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /A: its secret holds a NUL/);
});

test("what the command prints is masked on both streams, in pieces and with pauses, lines too", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  // Each piece when the one before has been seen, or cannot be.
  const script = `
    const { A, K } = process.env;
    const next = () => new Promise((resolve) => process.stdin.once("data", resolve));
    for (const to of [process.stdout, process.stderr]) {
      for (const piece of [A.slice(0, 2), A.slice(2, 9), A.slice(9)]) {
        to.write(piece);
        await next();
      }
    }
    console.log(" " + A + "|" + A + A + "!");
    console.log(K.split("\\n")[1]);
    process.exit();`;
  const args = ["run", "--", process.execPath, "--input-type=module", "-e", script];
  const running = start(args, {
    env: { ...env, A: REFERENCE, K: "op://app/database/key" },
    input: null,
  });
  const begin = SECRET.slice(0, 2);
  for (const name of ["stdout", "stderr"]) {
    await until(() => running.text(name) === begin, `the beginning on ${name}`);
    running.child.stdin.write("\n");
    // Nothing can be seen of a piece that may still be a secret.
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(running.text(name), begin);
    running.child.stdin.write("\n");
    await until(() => running.text(name) === begin + MASK, `the mask on ${name}`);
    running.child.stdin.write("\n");
  }
  const { stdout, code } = await running.ended;
  assert.equal(stdout, `${begin}${MASK} ${MASK}|${MASK}!\n${MASK}\n`);
  assert.equal(code, 0);
});

test("a prompt is shown although it may be a secret's beginning", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const script =
    "process.stdout.write('th'); process.stdin.once('data', (d) => console.log(`${d}`))";
  const running = start(["run", ...node(script)], { env: { ...env, A: REFERENCE }, input: null });
  await until(() => running.text("stdout") === "th", "the prompt");
  running.child.stdin.end("answer");
  const { stdout, code } = await running.ended;
  assert.deepEqual([stdout, code], ["thanswer\n", 0]);
});

test("short and blank secrets are not masked, short ones with a warning that names the variable", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const env = { SHORT: "op://app/database/short", BLANK: "op://app/database/empty", A: REFERENCE };
  const script = "console.log(process.env.SHORT, process.env.A, 'x y')";
  const ended = await run(["run", ...node(script)], { env });
  assert.equal(ended.stdout, `abc ${MASK} x y\n`);
  assert.match(ended.stderr, /warning: too short to be masked: SHORT /);
  assert.ok(!ended.stderr.includes("abc"));
  const all = await run(["run", "--mask-short", ...node(script)], { env });
  assert.deepEqual([all.stdout, all.stderr], [`${MASK} ${MASK} x y\n`, ""]);
});

test("four bytes are masked, blanks included", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const args = ["run", ...node("console.log(process.env.A + '|abc')")];
  const ended = await run(args, { env: { A: "op://app/database/blank at the end" } });
  assert.deepEqual([ended.stdout, ended.stderr], [`${MASK}|abc\n`, ""]);
});

test("OP_RUN_NO_MASKING masks nothing", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const args = ["run", ...node("console.log(process.env.A)")];
  const ended = await run(args, { env: { A: REFERENCE, OP_RUN_NO_MASKING: "true" } });
  assert.equal(ended.stdout, `${SECRET}\n`);
});

test("--drop-token keeps the token from the command, which has it otherwise", async (t) => {
  const { run, token } = await serve(t, { account: ACCOUNT });
  const names = "OP_SERVICE_ACCOUNT_TOKEN OP_SESSION_my OP_CONNECT_TOKEN OTHER";
  const script = `for n in ${names}; do [ -n "$(printenv $n)" ] && echo $n; done; true`;
  const env = { OP_SESSION_my: "x", OP_CONNECT_TOKEN: "x", OTHER: "x" };
  const kept = await run(["run", "--", "bash", "-c", script], { env });
  assert.equal(kept.stdout, `${names.replaceAll(" ", "\n")}\n`);
  const dropped = await run(["run", "--drop-token", "--", "bash", "-c", script], { env });
  assert.equal(dropped.stdout, "OTHER\n");
  assert.ok(!kept.stdout.includes(token));
});

test("flags after the command are the command's", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const path = join(folderOf(t), "print.cjs");
  writeFileSync(path, "console.log(process.argv.slice(2).join(' '))");
  const bare = await run(["run", "--no-masking", process.execPath, path, "--json", "-f", "--"]);
  assert.equal(bare.stdout, "--json -f --\n");
  const dashed = await run(["run", "--", process.execPath, path, "--mask-short", "x", "--", "y"]);
  assert.equal(dashed.stdout, "--mask-short x -- y\n");
});

test("the exit code is the command's, or says why it was not started", async (t) => {
  const folder = folderOf(t);
  const locked = join(folder, "locked");
  writeFileSync(locked, "#!/bin/sh\n");
  chmodSync(locked, 0o644);
  mkdirSync(join(folder, "sub"));
  const rows = [
    [["sh", "-c", "exit 42"], 42],
    [["no-such-command-here"], 127],
    [[join(folder, "none")], 127],
    [[locked], 126],
    [[join(folder, "sub")], 126],
    [[], 2],
  ];
  for (const [args, code] of rows) {
    const ended = await start(["run", "--", ...args]).ended;
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
    if (code > 100) assert.match(ended.stderr, /^error: /);
  }
});

test("a command that a signal ends ends this one the same way", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const options = { env: { ...env, A: REFERENCE } };
  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]) {
    const ended = await start(["run", "--", "sh", "-c", `kill -${signal.slice(3)} $$`], options)
      .ended;
    assert.equal(ended.signal, signal, ended.stderr);
  }
  const script = `"$0" run -- sh -c 'kill -USR1 $$'; echo $?; "$0" run -- sh -c 'kill -PIPE $$'; echo $?`;
  const { stdout } = await shell(script, options);
  assert.equal(stdout, "138\n141\n");
});

test("every signal is passed on, and the command may ignore it", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const script = `
    let count = 0;
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGUSR1"]) {
      process.on(name, () => {
        console.log(name);
        count += 1;
        if (count === 7) process.exit(9);
      });
    }
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const running = start(["run", ...node(script)], { env: { ...env, A: REFERENCE } });
  await until(() => running.text("stdout").includes("ready"), "the command's start");
  const sent = ["SIGTERM", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGUSR1"];
  for (const [at, signal] of sent.entries()) {
    running.child.kill(signal);
    const lines = () => running.text("stdout").trim().split("\n").length;
    await until(() => lines() === at + 2, `${signal}, the ${at + 1}th`);
  }
  const { stdout, code } = await running.ended;
  assert.equal(stdout, `${["ready", ...sent].join("\n")}\n`);
  assert.equal(code, 9);
});

test("as the first process of a container it passes signals on, and says how the command ended", async (t) => {
  if (spawnSync("unshare", [...IN_CONTAINER, "true"]).status !== 0) {
    return t.skip("unshare cannot make a container here");
  }
  const script = "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
  const args = [...IN_CONTAINER, process.execPath, COMMAND, "run", "--", "sh", "-c", script];
  const running = startProgram("unshare", args, { env: { A: "plain" } });
  await until(() => running.text("stdout").includes("ready"), "the command's start");
  process.kill(firstProcessOf(running), "SIGTERM");
  const ended = await running.ended;
  assert.deepEqual([ended.stdout, ended.code], ["ready\ngot\n", 5]);
  const killed = [...args.slice(0, -3), "sh", "-c", "kill -TERM $$"];
  assert.equal((await startProgram("unshare", killed).ended).code, 143);
});

test("a signal before the command is started ends this one, as the first process, too", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const silent = createServer(() => {});
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => silent.close());
  const url = `http://127.0.0.1:${silent.address().port}`;
  const changed = JSON.parse(Buffer.from(env.OP_SERVICE_ACCOUNT_TOKEN.slice(4), "base64url"));
  const json = JSON.stringify({ ...changed, signInAddress: url });
  const own = {
    OP_SERVICE_ACCOUNT_TOKEN: `ops_${Buffer.from(json).toString("base64url")}`,
    ONEPASSWORD_EDGE_EMULATOR: url,
    A: REFERENCE,
  };
  const asked = new Promise((resolve) => silent.once("connection", resolve));
  const marker = join(folderOf(t), "started");
  const running = start(["run", "--", "touch", marker], { env: own });
  await asked;
  running.child.kill("SIGTERM");
  assert.equal((await running.ended).signal, "SIGTERM");
  if (spawnSync("unshare", [...IN_CONTAINER, "true"]).status === 0) {
    const again = new Promise((resolve) => silent.once("connection", resolve));
    const args = [...IN_CONTAINER, process.execPath, COMMAND, "run", "--", "touch", marker];
    const contained = startProgram("unshare", args, { env: own });
    await again;
    process.kill(firstProcessOf(contained), "SIGTERM");
    assert.equal((await contained.ended).code, 143);
  }
  assert.ok(!existsSync(marker), "the command was started");
});

test("a network that is down is for later, as for the other commands", async (t) => {
  const { server, env } = await serve(t, { account: ACCOUNT });
  await server.close();
  const options = { env: { ...env, ONEPASSWORD_EDGE_EMULATOR: server.url, A: REFERENCE } };
  for (const args of [["read", REFERENCE], ["run", "--", "true"], ["inject"], ["env"]]) {
    const ended = await start(args, { ...options, input: REFERENCE }).ended;
    assert.deepEqual([ended.code, ended.stdout], [4, ""], `${args}: ${ended.stderr}`);
  }
});

test("a connection that is lost after the sign-in is for later, too", async (t) => {
  const faults = ({ path }) => (/\/items|\/vault/.test(path) ? { kind: "reset" } : undefined);
  const { run } = await serve(t, { account: ACCOUNT, faults });
  const ended = await run(["run", "--json", "--", "true"], { env: { A: REFERENCE, B: USER } });
  const [{ error }] = errorsOf(ended);
  assert.deepEqual(
    [error.code, ...error.failures.map(({ code }) => code)],
    ["envUnresolved", "network", "network"],
  );
  assert.equal(ended.code, 4);
});

test("if what the command prints cannot be written, it is ended, and that is said", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const script = `"$0" run -- sh -c 'echo hi; exec sleep 1000' > /dev/full; echo $?`;
  const { stdout, stderr } = await shell(script, { env: { ...env, A: REFERENCE } });
  assert.equal(stdout, "1\n");
  assert.match(stderr, /error: the command's output was not written: the disk is full/);
});

test("a command that crashes makes no file of this one's memory", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const folder = folderOf(t);
  const script = `cd ${folder}; ulimit -c unlimited; "$0" run -- sh -c 'ulimit -c 0; kill -QUIT $$'; echo $?; ls`;
  const { stdout } = await shell(script, { env: { ...env, A: REFERENCE } });
  assert.equal(stdout, "131\n");
});

test("the token is masked, too", async (t) => {
  const { env, token } = await serve(t, { account: ACCOUNT });
  const print = "console.log(process.env.OP_SERVICE_ACCOUNT_TOKEN + '|' + process.env.A)";
  const ended = await start(["run", ...node(print)], { env: { ...env, A: REFERENCE } }).ended;
  assert.equal(ended.stdout, `${MASK}|${MASK}\n`);
  assert.ok(!ended.stdout.includes(token.slice(0, 60)));
});

test("-e is --env-file", async (t) => {
  const { run } = await serve(t, { account: ACCOUNT });
  const file = envFile(t, `A=${USER}`);
  const ended = await run([
    "run",
    "--no-masking",
    "-e",
    file,
    ...node("console.log(process.env.A)"),
  ]);
  assert.equal(ended.stdout, "admin\n");
  const none = await run(["run", "-e", join(folderOf(t), "none"), "--", "true"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /none: the file cannot be read: there is no such file/);
});

test("100 MB are passed through, masked, and a reader that ends early ends the command", async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const options = { env: { ...env, A: REFERENCE } };
  const script = 'yes "some text and $A" | head -c 100000000';
  const all = await shell(
    `"$0" run -- sh -c '${script}' | sort | uniq -c | sort -rn | head -1`,
    options,
  );
  const [count, text] = all.stdout.trim().split(/ (.*)/s);
  assert.equal(text, `some text and ${MASK}`);
  assert.equal(Number(count), Math.floor(100_000_000 / `some text and ${SECRET}\n`.length));
  const early = await shell(`"$0" run -- yes | head -1; echo "\${PIPESTATUS[0]}"`, options);
  assert.equal(early.stdout, "y\n141\n");
});

test("10,000 variables with references are one batch", async (t) => {
  const { run, emulator } = await serve(t, { account: ACCOUNT });
  const lines = Array.from({ length: 10_000 }, (_, at) => `V${at}=${at % 2 ? REFERENCE : USER}`);
  const file = envFile(t, lines.join("\n"));
  const script =
    "console.log(process.env.V9998, Object.keys(process.env).filter((n) => /^V\\d/.test(n)).length)";
  const ended = await run(["run", "--no-masking", "--env-file", file, ...node(script)]);
  assert.deepEqual([ended.stdout, ended.code], ["admin 10000\n", 0], ended.stderr);
  assert.equal(emulator.requests.length, 8);
});

test("in a terminal the command has it with --no-masking, and else colors and its size", {
  skip: noTerminal,
}, async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const script =
    "const { FORCE_COLOR, COLUMNS } = process.env; console.log([process.stdout.isTTY === true, process.stdin.isTTY === true, FORCE_COLOR, COLUMNS > 0, process.env.A].join())";
  const line = `"$0" run ARGS -- ${process.execPath} -e "${script.replaceAll('"', '\\"')}"`;
  const seen = async (args, more = {}) => {
    const options = { env: { ...env, A: REFERENCE, ...more } };
    const running = startTerminal(`stty cols 100; ${line.replace("ARGS", args)}`, options);
    const { stdout } = await running.ended;
    return stdout.trim().split("\r\n");
  };
  assert.deepEqual(await seen("--no-masking"), [`true,true,,false,${SECRET}`]);
  const [note, masked] = await seen("");
  assert.match(note, /Output is masked.*--no-masking/);
  assert.equal(masked, `false,true,1,true,${MASK}`);
  const [, plain] = await seen("", { NO_COLOR: "1" });
  assert.equal(plain, `false,true,,true,${MASK}`);
  const [own] = await seen("", { A: "plain" });
  assert.equal(own, "true,true,,false,plain", "nothing to mask");
});

test("Ctrl-C in a terminal reaches the command once", { skip: noTerminal }, async (t) => {
  const { env } = await serve(t, { account: ACCOUNT });
  const script =
    "let n = 0; process.on('SIGINT', () => { n += 1; }); process.on('SIGTERM', () => { console.log('count ' + n); process.exit(3); }); setInterval(() => {}, 1000); console.log('ready ' + process.pid)";
  const running = startTerminal(`"$0" run -- ${process.execPath} -e "${script}"; echo code $?`, {
    env: { ...env, A: REFERENCE },
  });
  t.after(() => running.child.kill("SIGKILL"));
  await until(() => /ready \d+/.test(running.text("stdout")), "the command's start");
  running.child.stdin.write("\u0003");
  await until(() => running.text("stdout").includes("^C"), "the terminal's echo");
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(Number(/ready (\d+)/.exec(running.text("stdout"))[1]), "SIGTERM");
  await until(() => /count \d/.test(running.text("stdout")), "the command's end");
  assert.match(running.text("stdout"), /count 1\r\n/);
  running.child.stdin.end();
  await running.ended;
});
