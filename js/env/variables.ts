import type { TemplatePart, Value } from "./parts.js";

/** Variables by name: the exact name counts first, then one that differs in case alone. */
export class Variables {
  readonly #values: Map<string, Value>;
  /** Makes of a text what it stands for, when it is first asked for. */
  readonly #read: ((name: string, text: string) => readonly TemplatePart[]) | undefined;
  /** The first name of each spelling without case; made when it is first needed. */
  #folded: Map<string, string> | undefined;

  constructor(
    values: Iterable<readonly [string, Value]> = [],
    read?: (name: string, text: string) => readonly TemplatePart[],
  ) {
    this.#values = new Map(values);
    this.#read = read;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
    if (this.#folded?.has(name.toLowerCase()) === false) this.#folded.set(name.toLowerCase(), name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  exact(name: string): Value | undefined {
    const value = this.#values.get(name);
    if (typeof value !== "string" || this.#read === undefined) return value;
    const read = this.#read(name, value);
    this.#values.set(name, read);
    return read;
  }

  anyCase(name: string): Value | undefined {
    const names = [...(this.#folded ? [] : this.#values.keys())].reverse();
    this.#folded ??= new Map(names.map((key) => [key.toLowerCase(), key]));
    const found = this.#folded.get(name.toLowerCase());
    return found === undefined ? undefined : this.exact(found);
  }
}

/** What finds variables in a text, and says what they stand for. */
export interface Scope {
  /** The variable that begins at a `$`. */
  useAt(text: string, at: number): VariableUse | undefined;
  valueOf(name: string): Value | undefined;
}

/** The value in the first of these that has the name, and if none has, in the first that has it in another case. */
export function scopeOf(all: readonly Variables[]): Scope {
  const find = (name: string) => {
    for (const how of ["exact", "anyCase"] as const) {
      for (const variables of all) {
        const value = variables[how](name);
        if (value !== undefined) return value;
      }
    }
    return undefined;
  };
  return { useAt: variableAt, valueOf: find };
}

/** A variable in a text, from its `$` to `end`. */
export interface VariableUse {
  readonly name: string;
  readonly fallback: string | undefined;
  readonly end: number;
}

const SHORT = /\$([A-Za-z_]\w*)/y;
const BRACED = /\$\{[ \t]*([A-Za-z_]\w*)[ \t]*(:-|\})/y;
const BRACE = /\{\{|\$\{|\}/g;
/** How deep `${A:-${B:-…}}` may go. */
const MOST_NESTED = 10;

/** The variable that begins at a `$`: `$NAME`, `${ NAME }`, `${NAME:-default}`. */
function variableAt(text: string, at: number): VariableUse | undefined {
  SHORT.lastIndex = at;
  const short = SHORT.exec(text)?.[1];
  if (short !== undefined) return { name: short, fallback: undefined, end: SHORT.lastIndex };
  BRACED.lastIndex = at;
  const [, name, closer] = BRACED.exec(text) ?? [];
  if (name === undefined) return undefined;
  const from = BRACED.lastIndex;
  if (closer === "}") return { name, fallback: undefined, end: from };
  const end = closeOf(text, from);
  return end === undefined ? undefined : { name, fallback: text.slice(from, end), end: end + 1 };
}

/** Where the brace closes within which `from` is. */
function closeOf(text: string, from: number): number | undefined {
  BRACE.lastIndex = from;
  let depth = 1;
  for (let found = BRACE.exec(text); found !== null; found = BRACE.exec(text)) {
    depth += { "}": -1, "{{": 2 }[found[0]] ?? 1;
    if (depth === 0) return found.index;
    if (depth > MOST_NESTED) return undefined;
  }
  return undefined;
}
