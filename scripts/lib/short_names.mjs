// Short names for the imports and internal exports of the module, in place of wasm-bindgen's
// (`__wbg_then_e3f7f2d365708be8`). The module shrinks from 143,503 to 141,626 bytes and its glue
// from 6,316 to 5,176 (gzip -9).
import { createHash } from "node:crypto";
import { Failure } from "./run.mjs";
import {
  encodeName,
  encodeNumber,
  encodeVector,
  mapSections,
  Reader,
  SECTION,
  sectionsOf,
} from "./wasm_sections.mjs";

/** wasm-bindgen's name for the glue. Imports from other modules keep their names. */
const GLUE = "./op_bg.js";
/** Exports that only the glue uses; not `memory`, not the client's methods. */
const INTERNAL_EXPORT = /^(__|wasm_bindgen_)/;
const FUNCTION = 0;
const DIGEST_DIGITS = 8;

/** Shortens the names in the module, in its glue and in the types of the glue. */
export function shortenNames({ wasm, js, dts }) {
  const imports = shortImports(wasm);
  const exports = shortExports(wasm);
  refuseTaken([...exports.values()], js);
  const glue = replaceKeys(replaceWords(js, exports), imports);
  const pair = `./${digestOf(wasm, glue)}`;
  return {
    wasm: mapSections(wasm, (id, content) => {
      if (id === SECTION.import) return renameImports(content, imports, pair);
      return id === SECTION.export ? renameExports(content, exports) : content;
    }),
    js: replaceOnce(glue, `"${GLUE}"`, `"${pair}"`),
    dts: replaceWords(dts, exports),
  };
}

function shortImports(wasm) {
  const all = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  return shortNames(all.filter(({ module }) => module === GLUE));
}

function shortExports(wasm) {
  const all = WebAssembly.Module.exports(new WebAssembly.Module(wasm));
  return shortNames(all.filter(({ name }) => INTERNAL_EXPORT.test(name)));
}

// Valid identifiers that are never reserved words: exports also name functions of the glue.
function shortNames(entries) {
  const names = new Set(entries.map(({ name }) => name));
  return new Map([...names].map((name, index) => [name, `_${index.toString(36)}`]));
}

/**
 * The same short name means something else in another build. The module therefore refers to its
 * glue by a digest of both, so that a module does not link with the glue of another build.
 */
function digestOf(wasm, glue) {
  const hash = createHash("sha256").update(glue);
  const renamed = [SECTION.custom, SECTION.import, SECTION.export];
  for (const { id, content } of sectionsOf(wasm)) if (!renamed.includes(id)) hash.update(content);
  return hash.digest("hex").slice(0, DIGEST_DIGITS);
}

function renameImports(section, names, pair) {
  const reader = new Reader(section);
  const entries = Array.from({ length: reader.number() }, () => {
    const [module, name, kind] = [reader.name(), reader.name(), reader.number()];
    // Only a function is described by a single number, its type.
    if (kind !== FUNCTION) throw new Failure(`The module imports ${name}, which is no function.`);
    const renamed = module === GLUE ? [pair, names.get(name)] : [module, name];
    return Buffer.concat([
      ...renamed.map(encodeName),
      encodeNumber(kind),
      encodeNumber(reader.number()),
    ]);
  });
  return encodeVector(entries);
}

function renameExports(section, names) {
  const reader = new Reader(section);
  const entries = Array.from({ length: reader.number() }, () => {
    const name = reader.name();
    const what = [reader.number(), reader.number()].map(encodeNumber);
    return Buffer.concat([encodeName(names.get(name) ?? name), ...what]);
  });
  return encodeVector(entries);
}

function refuseTaken(names, text) {
  const words = new Set(text.match(/[\w$]+/g));
  const taken = names.filter((name) => words.has(name));
  if (taken.length > 0) throw new Failure(`The glue has a ${taken[0]} of its own.`);
}

const replaceWords = (text, names) => text.replace(/[\w$]+/g, (word) => names.get(word) ?? word);

/** In the glue, imports are the keys of an object, each on a line of its own. */
function replaceKeys(text, names) {
  const counts = new Map();
  const replaced = text.replace(/^(\s*)([\w$]+)(?=:)/gm, (line, space, key) => {
    if (!names.has(key)) return line;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return space + names.get(key);
  });
  for (const key of names.keys()) {
    const count = counts.get(key) ?? 0;
    if (count !== 1) throw new Failure(`The glue defines ${key} ${count} times, not once.`);
  }
  return replaced;
}

function replaceOnce(text, from, to) {
  const parts = text.split(from);
  if (parts.length === 2) return parts.join(to);
  throw new Failure(`The glue has ${from} ${parts.length - 1} times, not once.`);
}
