// Serves the emulator on a free port of 127.0.0.1, for tests in other languages.
//
//   node scripts/emulator.mjs [options.json | -]
//
// The options are those of createEmulator that JSON can say; with `-` they are the first line of
// standard input. Prints one line, {"url":…,"token":…}, and runs until standard input ends, so that
// it does not outlive the test that started it, or until SIGTERM.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createEmulator } from "../dist/emulator/index.js";

const [source] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });
const ended = new Promise((resolve) => input.once("close", resolve));

const emulator = await createEmulator(JSON.parse(await readOptions()));
const server = await emulator.serve();
process.once("SIGTERM", () => input.close());
process.stdout.write(`${JSON.stringify({ url: server.url, token: server.token })}\n`);
await ended;
process.stdin.destroy();
await server.close();

async function readOptions() {
  if (source === undefined) return "{}";
  if (source !== "-") return readFile(source, "utf8");
  const line = new Promise((resolve) => input.once("line", resolve));
  return Promise.race([line, ended.then(() => "")]);
}
