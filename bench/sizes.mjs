// What the module is made of: bytes of code by crate, and by module of our own. Reads the names that
// the build keeps beside the product, which has none.
import { readFileSync } from "node:fs";
import { NAMED_WASM } from "../scripts/lib/wasm.mjs";

const CODE_SECTION = 10;
const DATA_SECTION = 11;
const FUNCTION_NAMES = 1;
const OURS = "onepassword_edge";
/** Crates, and types that functions belong to by name. */
const STANDARD = new Set(
  "core alloc std compiler_builtins mut str char bool u8 u16 u32 u64 u128 i32 i64 usize".split(" "),
);

/** Reads what wasm is written in (WebAssembly Core Specification §5.2). */
class Reader {
  #bytes;
  at;

  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get hasMore() {
    return this.at < this.#bytes.length;
  }

  /** Unsigned LEB128. */
  number() {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  part(length) {
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

/** The contents of the sections of this number. */
function section(bytes, wanted) {
  const reader = new Reader(bytes, 8);
  while (reader.hasMore) {
    const id = reader.number();
    const content = reader.part(reader.number());
    if (id === wanted) return content;
  }
  throw new Error(`The module has no section ${wanted}.`);
}

function functionNames(module) {
  const reader = new Reader(new Uint8Array(WebAssembly.Module.customSections(module, "name")[0]));
  while (reader.hasMore) {
    const id = reader.number();
    const content = new Reader(reader.part(reader.number()));
    if (id !== FUNCTION_NAMES) continue;
    const count = content.number();
    return new Map(Array.from({ length: count }, () => [content.number(), content.text()]));
  }
  throw new Error("The module has no names.");
}

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
  const bytes = readFileSync(path);
  const module = new WebAssembly.Module(bytes);
  const imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function");
  const names = functionNames(module);
  const sizes = new Map([["data: texts and tables", section(bytes, DATA_SECTION).length]]);
  const code = new Reader(section(bytes, CODE_SECTION));
  const count = code.number();
  for (let index = 0; index < count; index += 1) {
    const length = code.number();
    code.at += length;
    const owner = ownerOf(names.get(index + imported.length));
    sizes.set(owner, (sizes.get(owner) ?? 0) + length);
  }
  return [...sizes].sort(([, one], [, other]) => other - one);
}
