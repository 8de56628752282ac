// The client's module, once more for each isolate: nothing is shared but what they share on purpose.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.mjs";

const FOLDER = join(ROOT, "dist/wasm");

const compiled = new WebAssembly.Module(readFileSync(join(FOLDER, "op.wasm")));
const glue = readFileSync(join(FOLDER, "op.js"), "utf8").replace(/^export (?=let )/gm, "");
const start = new Function(
  `${glue.replace(/^export \{.*$/gm, "")}\nreturn (module) => { glue.initSync({ module }); return glue.Client; };`,
);

/** The class `Client` of a module of its own, which goes when nothing refers to it. */
export const newClientClass = () => start()(compiled);
