import type { Value } from "./parts.js";

/** Variables by name: the exact name counts first, then one that differs in case alone. */
export class Variables {
  readonly #values = new Map<string, Value>();
  /** The first name of each spelling without case; made when it is first needed. */
  #folded: Map<string, string> | undefined;

  constructor(values: Iterable<readonly [string, Value]> = []) {
    for (const [name, value] of values) this.#values.set(name, value);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
    if (this.#folded?.has(name.toLowerCase()) === false) this.#folded.set(name.toLowerCase(), name);
  }

  exact(name: string): Value | undefined {
    return this.#values.get(name);
  }

  anyCase(name: string): Value | undefined {
    this.#folded ??= new Map(
      [...this.#values.keys()].reverse().map((key) => [key.toLowerCase(), key]),
    );
    const found = this.#folded.get(name.toLowerCase());
    return found === undefined ? undefined : this.#values.get(found);
  }
}

/** The value in the first scope that has the name, and if none has, in the first that has it in another case. */
export function lookUp(scopes: readonly Variables[], name: string): Value | undefined {
  for (const find of ["exact", "anyCase"] as const) {
    for (const scope of scopes) {
      const value = scope[find](name);
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** A variable in a text, from its `$` to `end`. */
export interface VariableUse {
  readonly name: string;
  readonly fallback: string | undefined;
  readonly end: number;
}

const SHORT = /\$([A-Za-z_]\w*)/y;
const BRACED = /\$\{[ \t]*([A-Za-z_]\w*)[ \t]*(:-|\})/y;
const BRACE = /\$\{|\}/g;
/** How deep `${A:-${B:-…}}` may go. */
const MOST_NESTED = 10;

/** The variable that begins at a `$`: `$NAME`, `${ NAME }`, `${NAME:-default}`. */
export function variableAt(text: string, at: number): VariableUse | undefined {
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
    depth += found[0] === "}" ? -1 : 1;
    if (depth === 0) return found.index;
    if (depth > MOST_NESTED) return undefined;
  }
  return undefined;
}
