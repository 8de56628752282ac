// The suite in Node, Deno or Bun: `… process.mjs TOKEN [TSC]`. Deno is allowed to read ./pkg.
import { readFile } from "node:fs/promises";
import init, * as bare from "./pkg/op.js";
import { startsOf } from "./starts.mjs";
import { runSuite } from "./suite.mjs";
import { typesBy } from "./types.mjs";

const [token, tsc] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(new URL("./pkg/op_bg.wasm", import.meta.url)));
const isNode = !globalThis.Deno && !globalThis.Bun;
// Node's fetch reads no files.
if (isNode) await init({ module_or_path: bytes });
else await init();
const more = [startsOf(bytes)];
if (tsc) more.push(typesBy(tsc));
console.log(JSON.stringify(await runSuite(bare, { token }, more)));
