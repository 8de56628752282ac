// What differs on Windows, which these tests do not run on: its ways, asked for by its name.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { folderOf } from "./support.mjs";

async function platforms(t) {
  const source = fileURLToPath(new URL("../../js/cli/platform.ts", import.meta.url));
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const { outputFiles } = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    banner: { js: banner },
  });
  const file = join(folderOf(t), "platform.mjs");
  writeFileSync(file, outputFiles[0].text);
  const { platformOf } = await import(pathToFileURL(file));
  return { windows: platformOf("win32"), unix: platformOf("linux"), mac: platformOf("darwin") };
}

test("on Windows a variable has one case, elsewhere each is another", async (t) => {
  const { windows, unix, mac } = await platforms(t);
  const [base, over] = [
    { Path: "1", path: "2", A: "3" },
    [
      ["PATH", "4"],
      ["a", "5"],
      ["__proto__", "6"],
    ],
  ];
  assert.deepEqual(Object.entries(windows.merged(base, over)), [
    ["PATH", "4"],
    ["a", "5"],
    ["__proto__", "6"],
  ]);
  assert.deepEqual(Object.entries(unix.merged(base, over)), [
    ...[
      ["Path", "1"],
      ["path", "2"],
      ["A", "3"],
    ],
    ...[
      ["PATH", "4"],
      ["a", "5"],
      ["__proto__", "6"],
    ],
  ]);
  assert.equal(mac, unix);
  assert.deepEqual(base, { Path: "1", path: "2", A: "3" });
});

test("on Windows only its signals are passed on, elsewhere those that end or tell a program", async (t) => {
  const { windows, unix } = await platforms(t);
  assert.deepEqual(windows.signals, ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]);
  assert.deepEqual(unix.signals, ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"]);
});

test("on Windows cross-spawn starts commands, and here it starts them as Node does", async (t) => {
  const { windows, unix } = await platforms(t);
  const [crossSpawn, spawn] = [await windows.loadSpawn(), await unix.loadSpawn()];
  assert.notEqual(crossSpawn, spawn);
  for (const start of [crossSpawn, spawn]) {
    const child = start(process.execPath, ["-e", "process.exit(7)", "a b"], { stdio: "ignore" });
    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 7);
  }
});
