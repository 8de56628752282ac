// The group's arithmetic as a module of its own: tests/support/group_wasm.rs.
import { readFile } from "node:fs/promises";
import { GROUP_WASM } from "../../scripts/lib/wasm.mjs";

export const EXPONENT_BYTES = 65;

/** A fresh instance: `agrees`, `set`, `power`, `power_of_five`. */
export async function instantiate() {
  const { instance } = await WebAssembly.instantiate(await readFile(GROUP_WASM), {});
  return instance.exports;
}
