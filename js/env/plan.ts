import { check } from "../client/check.js";
import type { EnvFailure } from "../client/errors.js";
import { addFailure, type Place, throwIfAny } from "./failures.js";
import { type EnvLine, readLines } from "./lines.js";
import { holdsReference, isReference, referencesIn, type TemplatePart, textOf } from "./parts.js";
import { checkUnset, type Reading, readReference, readTemplate, type Unset } from "./template.js";
import { scopeOf, Variables } from "./variables.js";

/** An env file: its text, and the name that errors give it. */
export interface EnvFile {
  readonly text: string;
  readonly name?: string | undefined;
}

/** A variable, before its secrets are read. */
export interface PlannedVariable {
  /** Text and references, in the order in which they make the value. */
  readonly parts: readonly TemplatePart[];
  /** The file that sets it; absent if none does, or it has no name. */
  readonly file?: string;
  /** The line in that file; absent if no file sets it. */
  readonly line?: number;
}

/** All variables by name: first those of no file, then those of the files. */
export type EnvPlan = ReadonlyMap<string, PlannedVariable>;

/** What makes a plan differ. */
export interface PlanOptions {
  /** What becomes of a variable in a file that is not set. Default: `"error"`. */
  readonly unset?: Unset | undefined;
  /** Whether files win over `base`. If not, they only add to it. Default: true. */
  readonly override?: boolean | undefined;
}

/**
 * What the variables are that env files set on top of those there are; secrets are not read yet. A later
 * file wins, and all of them win over `base`. In `base` only a value that is a reference as a whole, or
 * `{{ op://… }}` in it, counts; everything else there stays untouched.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists everything that is wrong
 */
export function planEnv(
  files: readonly (string | EnvFile)[],
  base: Readonly<Record<string, string | undefined>> = {},
  options: PlanOptions = {},
): EnvPlan {
  const { unset = "error", override = true } = options;
  checkUnset(unset);
  const failures: EnvFailure[] = [];
  const texts = Object.entries(base).filter((pair): pair is [string, string] => {
    return typeof pair[1] === "string";
  });
  // Read when they are used, because what a file replaces may be whatever it is.
  const outer = new Variables(texts, (name, text) => planBase(text, { name }, failures).parts);
  const inner = new Variables();
  const scope = scopeOf([inner, outer]);
  const plan = new Map<string, PlannedVariable>(texts.map(([name]) => [name, { parts: [] }]));
  for (const given of files) {
    const { text, name: file } = typeof given === "string" ? { text: given } : given;
    const place = file === undefined ? {} : { file };
    for (const line of readLines(text, place, failures)) {
      const at = { ...place, line: line.line };
      const reading = { scope, unset };
      const name = nameOf(line.key, reading, at, failures);
      if (name === undefined || (!override && outer.has(name))) continue;
      const parts = planLine(line, reading, { ...at, name }, failures);
      inner.set(name, parts);
      // Anew, so that the order is that of the files.
      plan.delete(name);
      plan.set(name, { parts, ...at });
    }
  }
  for (const [name, { line }] of plan) {
    const value = line === undefined ? outer.exact(name) : undefined;
    if (value !== undefined) plan.set(name, { parts: [value].flat() });
  }
  throwIfAny(failures);
  return plan;
}

/** Whether it is more than a variable that was there: a file sets it, or it holds a reference. */
export function isNew({ parts, line }: PlannedVariable): boolean {
  return line !== undefined || holdsReference(parts);
}

/** The references of a plan or of a template, each once. */
export function references(from: EnvPlan | readonly TemplatePart[]): string[] {
  const parts = from instanceof Map ? [...from.values()].flatMap((one) => one.parts) : from;
  return referencesIn(parts as readonly TemplatePart[]);
}

/**
 * The text of a template's or a variable's parts, with these secrets in place of their references.
 *
 * @throws {OnePasswordError} `argumentInvalid` if one is missing
 */
export function render(
  parts: readonly TemplatePart[],
  secrets: Readonly<Record<string, string>>,
): string {
  const pieces = parts.map((part) => {
    if (!isReference(part)) return part;
    const { reference } = part;
    const secret = Object.hasOwn(secrets, reference) ? secrets[reference] : undefined;
    check(typeof secret === "string", "a secret is missing");
    return secret;
  });
  return pieces.join("");
}

/** A value that nobody wrote for us. */
export function planBase(value: string, place: Place, failures: EnvFailure[]): PlannedVariable {
  if (value.startsWith("op://")) return { parts: readReference(value, {}, place, failures) };
  if (!/\{\{[ \t]*op:\/\//.test(value)) return { parts: [value] };
  return { parts: readTemplate(value, { tagsOnly: true }, place, failures) };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const NAME_RULE =
  "what stands before = is not the name of a variable: letters, digits, _, . and -, not beginning with a digit";

function nameOf(
  key: string,
  reading: Reading,
  place: Place,
  failures: EnvFailure[],
): string | undefined {
  const before = failures.length;
  const isMade = key.includes("$");
  const parts = isMade ? readTemplate(key, { ...reading, unset: "error" }, place, failures) : [key];
  if (failures.length > before) return undefined;
  const name = holdsReference(parts) ? "" : textOf(parts);
  if (NAME.test(name)) return name;
  // Without it: a piece of a secret in several lines looks like one, too.
  addFailure(failures, { ...place, code: "keyInvalid", message: NAME_RULE });
  return undefined;
}

function planLine(
  { value, quote }: EnvLine,
  reading: Reading,
  place: Place,
  failures: EnvFailure[],
): readonly TemplatePart[] {
  if (value.includes("\0")) {
    const message = "the value holds a NUL character, which no variable can";
    addFailure(failures, { ...place, code: "valueInvalid", message });
  }
  const { text, escaped } = quote === '"' ? unescaped(value) : { text: value, escaped: undefined };
  const scope = quote === "'" || quote === "`" ? undefined : reading.scope;
  const read = text.startsWith("op://") ? readReference : readTemplate;
  const parts = read(text, { ...reading, scope, escaped }, place, failures);
  // An empty value is set, too.
  return parts.length > 0 ? parts : [""];
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The text between double quotes, and where in it a `$` or `\` stands that means nothing more. */
function unescaped(value: string): { readonly text: string; readonly escaped: Set<number> } {
  const escaped = new Set<number>();
  let text = "";
  let from = 0;
  for (const { index } of value.matchAll(/\\[nrt\\"$]/g)) {
    const char = value[index + 1] ?? "";
    text += value.slice(from, index);
    if (char === "$" || char === "\\") escaped.add(text.length);
    text += ESCAPES[char] ?? char;
    from = index + 2;
  }
  return { text: text + value.slice(from), escaped };
}
