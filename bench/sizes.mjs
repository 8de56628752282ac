// What the module is made of: bytes of code by crate, and by module of our own. Reads the names that
// the build keeps beside the product, which has none.
import { readFileSync } from "node:fs";
import { NAMED_WASM } from "../scripts/lib/wasm.mjs";
import {
  functionBodies,
  functionNames,
  importedFunctions,
  SECTION,
  sectionOf,
} from "../scripts/lib/wasm_sections.mjs";

const OURS = "onepassword_edge";
/** Crates, and types that functions belong to by name. */
const STANDARD = new Set(
  "core alloc std compiler_builtins mut str char bool u8 u16 u32 u64 u128 i32 i64 usize".split(" "),
);

/** `aes`, or of our own `onepassword_edge::client`. */
function ownerOf(name) {
  const path =
    name?.replace(/\[[0-9a-f]{8,}\]/g, "").match(/[a-z_0-9]+(::[a-z_0-9]+)?/)?.[0] ?? "?";
  const [crate] = path.split("::");
  if (crate === OURS) return path;
  return STANDARD.has(crate) ? "the standard library" : crate;
}

/** `[owner, bytes]`, the largest first; the data section is among them. */
export function sizesByOwner(path = NAMED_WASM) {
  const module = readFileSync(path);
  const names = functionNames(module);
  const imported = importedFunctions(module);
  const data = sectionOf(module, SECTION.data).length;
  const sizes = new Map([["data: texts and tables", data]]);
  for (const [index, body] of functionBodies(module).entries()) {
    const owner = ownerOf(names.get(index + imported));
    sizes.set(owner, (sizes.get(owner) ?? 0) + body.length);
  }
  return [...sizes].sort(([, one], [, other]) => other - one);
}
