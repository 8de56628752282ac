// The suite through the entry that is given its module: `node slim.mjs TOKEN`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as library from "onepassword-edge/slim";
import { runSuite } from "./suite.mjs";

const [token] = process.argv.slice(2);
const wasm = readFileSync(fileURLToPath(import.meta.resolve("onepassword-edge/op.wasm")));
console.log(JSON.stringify(await runSuite(library, { token }, { wasm })));
