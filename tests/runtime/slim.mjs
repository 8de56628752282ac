// The suite through the entry that is given its module: `node slim.mjs TOKEN`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as environment from "onepassword-edge/env";
import * as library from "onepassword-edge/slim";
import { runSuite } from "./suite.mjs";

const [token] = process.argv.slice(2);
const wasm = readFileSync(fileURLToPath(import.meta.resolve("onepassword-edge/op.wasm")));
const all = { ...library, ...environment };
console.log(JSON.stringify(await runSuite(all, { token }, { wasm })));
