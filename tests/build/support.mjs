// Makes small modules to test steps of the build with.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programOf } from "../../scripts/lib/packages.mjs";
import { run } from "../../scripts/lib/run.mjs";

/** Assembles a module from its text form and keeps the names. */
export const assemble = (text) => convert("wasm-as", text, ["-g"]);

/** Runs wasm-opt on a module. */
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
