// Reads and writes the sections of a module (WebAssembly Core Specification §5.2 and §5.5).

export const SECTION = { custom: 0, import: 2, export: 7, code: 10, data: 11 };
const HEADER_BYTES = 8;

/** Reads numbers, names and byte ranges, one after another. */
export class Reader {
  #bytes;
  at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
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

  part(length) {
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  name() {
    return new TextDecoder().decode(this.part(this.number()));
  }
}

/** Unsigned LEB128. */
export function encodeNumber(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Bytes, preceded by their length. */
const sized = (bytes) => Buffer.concat([encodeNumber(bytes.length), bytes]);

export const encodeName = (text) => sized(Buffer.from(text));

/** Entries, preceded by their count. */
export const encodeVector = (parts) => Buffer.concat([encodeNumber(parts.length), ...parts]);

/** All sections in order, each `{ id, content }`. */
export function sectionsOf(module) {
  const reader = new Reader(module.subarray(HEADER_BYTES));
  const sections = [];
  while (reader.hasMore) {
    sections.push({ id: reader.number(), content: reader.part(reader.number()) });
  }
  return sections;
}

/** The content of the first section of this kind. */
export function sectionOf(module, id) {
  const section = sectionsOf(module).find((each) => each.id === id);
  if (!section) throw new Error(`The module has no section ${id}.`);
  return section.content;
}

/** The module with each section's content changed; `undefined` drops the section. */
export function mapSections(module, change) {
  const parts = sectionsOf(module).flatMap(({ id, content }) => {
    const changed = change(id, content);
    return changed ? [encodeNumber(id), sized(changed)] : [];
  });
  return Buffer.concat([module.subarray(0, HEADER_BYTES), ...parts]);
}

/** The bytes of each function in the code section. */
export function functionBodies(module) {
  const reader = new Reader(sectionOf(module, SECTION.code));
  return Array.from({ length: reader.number() }, () => reader.part(reader.number()));
}

const FUNCTION_NAMES = 1;
const isNames = (id, content) => id === SECTION.custom && new Reader(content).name() === "name";

/** Function names by index; imported functions come first. */
export function functionNames(module) {
  const section = sectionsOf(module).find(({ id, content }) => isNames(id, content));
  const reader = new Reader(section?.content ?? Buffer.alloc(0));
  if (reader.hasMore) reader.name();
  while (reader.hasMore) {
    const id = reader.number();
    const names = new Reader(reader.part(reader.number()));
    if (id !== FUNCTION_NAMES) continue;
    return new Map(Array.from({ length: names.number() }, () => [names.number(), names.name()]));
  }
  throw new Error("The module has no names.");
}

/** The module with its name section replaced: `names[index]` is the name of a function. */
export function withFunctionNames(module, names) {
  const entries = names.map((each, index) =>
    Buffer.concat([encodeNumber(index), encodeName(each)]),
  );
  const subsection = Buffer.concat([encodeNumber(FUNCTION_NAMES), sized(encodeVector(entries))]);
  const section = Buffer.concat([encodeName("name"), subsection]);
  const rest = mapSections(module, (id, content) => (isNames(id, content) ? undefined : content));
  return Buffer.concat([rest, encodeNumber(SECTION.custom), sized(section)]);
}

/** The number of imported functions, which is the index of the first one in the code section. */
export function importedFunctions(module) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(module));
  return imports.filter(({ kind }) => kind === "function").length;
}
