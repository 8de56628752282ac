// Modules to try the build's own steps on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programOf } from "../../scripts/lib/packages.mjs";
import { run } from "../../scripts/lib/run.mjs";

/** The module that this text describes, with the names in it. */
export const assemble = (text) => convert("wasm-as", text, ["-g"]);

/** The module after wasm-opt. */
export const optimize = (module, ...args) => convert("wasm-opt", module, args);

async function convert(program, input, args) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  try {
    const [from, to] = ["from", "to"].map((name) => join(folder, name));
    writeFileSync(from, input);
    await run(process.execPath, [programOf(`binaryen/bin/${program}`), ...args, from, "-o", to]);
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
