import { check } from "../client/check.js";
import type { EnvFailure, EnvSyntaxCode } from "../client/errors.js";
import { isTold } from "../client/told.js";
import { addFailure, type Place, throwIfAny } from "./failures.js";
import { holdsReference, isReference, type TemplatePart, textOf, type Value } from "./parts.js";
import { type Scope, scopeOf, Variables, type VariableUse } from "./variables.js";

/** What becomes of a variable that is not set: it stays as it is, is an error, or becomes nothing. */
export type Unset = "keep" | "error" | "empty";

/** How a template is read. */
export interface TemplateOptions {
  /** What `$NAME` stands for. Default: nothing is set. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: `"keep"`. Within a reference it is always an error. */
  readonly unset?: Unset | undefined;
  /** The name that errors give the template. */
  readonly file?: string | undefined;
}

/**
 * Takes a template apart. Secret references stand in `{{ op://vault/item/field }}` or alone, where
 * nothing of them needs quoting; `{{ "text" }}` is that text; `$NAME`, `${NAME}` and `${NAME:-default}` are
 * variables, `\$NAME` is not. Everything else stays as it is.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists everything that is wrong
 */
export function parseTemplate(text: string, options: TemplateOptions = {}): TemplatePart[] {
  const failures: EnvFailure[] = [];
  const given = Object.entries(options.variables ?? {});
  const variables = given.filter((pair): pair is [string, string] => typeof pair[1] === "string");
  const scope = scopeOf([new Variables(variables)]);
  const { unset = "keep", file } = options;
  checkUnset(unset);
  const place = file === undefined ? {} : { file };
  const parts = readTemplate(text, { scope, unset }, place, failures);
  throwIfAny(failures);
  return parts;
}

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkUnset(unset: unknown): void {
  check(["keep", "error", "empty"].includes(unset as string), UNSET_RULE);
}
const UNSET_RULE = 'unset must be "keep", "error" or "empty"';

/** How a text is read: a template, a value of an env file, or one of a foreign variable. */
export interface Reading {
  /** What variables stand for; absent: they stay as they are. */
  readonly scope?: Scope | undefined;
  readonly unset?: Unset | undefined;
  /** Whether only `{{ op://… }}` is a reference. */
  readonly tagsOnly?: boolean | undefined;
  /** Where a `$` or `\` stands that was escaped already. */
  readonly escaped?: ReadonlySet<number> | undefined;
}

/** What can be read; what is wrong is added to the failures, and left out. */
export function readTemplate(
  text: string,
  reading: Reading,
  place: Place,
  failures: EnvFailure[],
): TemplatePart[] {
  return new Reader(text, reading, place, failures).read();
}

/** The same of a text that is one reference to its end, spaces included. */
export function readReference(
  text: string,
  reading: Reading,
  place: Place,
  failures: EnvFailure[],
): TemplatePart[] {
  return new Reader(text, reading, place, failures).readWhole();
}

const STOP = /\{\{|[$\\]|op:\/\//g;
const TAG = /\{\{[ \t]*(?=op:\/\/)/y;
const LITERAL = /\{\{[ \t]*"/y;
const QUOTE = /\\?"/g;
const LITERAL_END = /[ \t]*\}\}/y;
/** What of a tag is more than a piece of its reference. */
const IN_TAG = /\}\}|\n|\$/g;
/** What a reference that stands alone is made of; more after its `?`. */
const BARE = /[\p{L}\p{M}\p{N}\-_./%?]*/uy;
const BARE_QUERY = /[\p{L}\p{M}\p{N}\-_./%?=&]*/uy;
/** In front of a reference that stands alone: then it is none. */
const GLUED = /[\p{L}\p{M}\p{N}\-+\\.]$/u;

class Reader {
  readonly #text: string;
  readonly #reading: Reading;
  readonly #place: Place;
  readonly #failures: EnvFailure[];
  readonly #parts: TemplatePart[] = [];
  /** Text that is not in the parts yet. */
  #pieces: string[] = [];
  /** What variables have added, in characters and parts. */
  #grown = 0;
  /** Up to where the text is in the parts. */
  #taken = 0;
  /** Where the line begins that was reached, and where it ends. */
  #line = { number: 1, start: 0, end: 0 };

  constructor(text: string, reading: Reading, place: Place, failures: EnvFailure[]) {
    this.#text = text;
    this.#reading = reading;
    this.#place = place;
    this.#failures = failures;
    this.#line.end = text.indexOf("\n");
  }

  read(): TemplatePart[] {
    let at = 0;
    for (;;) {
      STOP.lastIndex = at;
      const found = STOP.exec(this.#text);
      if (found === null) break;
      const [sign] = found;
      const next = this.#readSign(sign, found.index);
      at = next ?? found.index + (sign === PREFIX ? PREFIX.length : 1);
    }
    this.#put(this.#text.length, this.#text.length);
    this.#flush();
    return this.#parts;
  }

  /** The whole text as one reference. */
  readWhole(): TemplatePart[] {
    const made = new Made();
    let from = 0;
    for (let at = this.#text.indexOf("$"); at >= 0; at = this.#text.indexOf("$", from)) {
      made.text += this.#text.slice(from, at);
      from = this.#addVariable(made, at) ?? at;
      if (from === at) {
        made.text += "$";
        from += 1;
      }
    }
    made.text += this.#text.slice(from);
    this.#reference(0, this.#text.length, made);
    this.#flush();
    return this.#parts;
  }

  /** Where to go on; `undefined` if it is plain text. */
  #readSign(sign: string, at: number): number | undefined {
    if (sign === "{{") return this.#literal(at) ?? this.#tag(at);
    if (sign === "$") return this.#variable(at);
    return sign === PREFIX ? this.#bare(at) : this.#backslash(at);
  }

  #literal(at: number): number | undefined {
    const from = matchEnd(LITERAL, this.#text, at);
    if (from === undefined) return undefined;
    QUOTE.lastIndex = from;
    let found = QUOTE.exec(this.#text);
    while (found !== null && found[0] !== '"') found = QUOTE.exec(this.#text);
    const end = found === null ? undefined : matchEnd(LITERAL_END, this.#text, found.index + 1);
    if (end === undefined) return undefined;
    return this.#put(at, end, [this.#text.slice(from, found?.index).replaceAll('\\"', '"')]);
  }

  #tag(at: number): number | undefined {
    let from = matchEnd(TAG, this.#text, at);
    if (from === undefined) return undefined;
    const made = new Made();
    for (;;) {
      IN_TAG.lastIndex = from;
      const found = IN_TAG.exec(this.#text);
      if (found === null || found[0] === "\n") {
        this.#fail("tagNotClosed", at, "{{ is not closed by }} on its line");
        return this.#put(at, found?.index ?? this.#text.length);
      }
      made.text += this.#text.slice(from, found.index);
      if (found[0] === "}}") return this.#reference(at, found.index + 2, made);
      from = this.#addVariable(made, found.index) ?? found.index;
      if (from === found.index) {
        made.text += "$";
        from += 1;
      }
    }
  }

  #bare(at: number): number | undefined {
    const { tagsOnly = false } = this.#reading;
    if (tagsOnly || GLUED.test(this.#text.slice(Math.max(0, at - 2), at))) return undefined;
    const made = new Made(PREFIX);
    let end = at + PREFIX.length;
    for (let next: number | undefined = end; next !== undefined; ) {
      end = next;
      const more = matchEnd(made.hasQuery ? BARE_QUERY : BARE, this.#text, end) ?? end;
      made.add(this.#text.slice(end, more));
      next = more > end ? more : this.#addVariable(made, end);
    }
    return isShaped(made.text) ? this.#reference(at, end, made) : undefined;
  }

  /** Adds a variable's value to a reference; where the variable ends, if there is one. */
  #addVariable(made: Made, at: number): number | undefined {
    const use = this.#useAt(at);
    if (use === undefined) return undefined;
    const value = this.#valueOf(use, at);
    if (value === undefined) made.missing.push(use.name);
    if (typeof value === "object" && holdsReference(value)) made.holdsSecret = true;
    // A name in place of what is missing, so that its shape can be told.
    made.add(value === undefined ? use.name : textOf(value));
    return use.end;
  }

  #reference(at: number, end: number, made: Made): number {
    const reference = made.text.trim();
    const told = isTold(reference) ? { reference } : {};
    for (const name of made.missing) this.#fail("variableMissing", at, notSet(name));
    if (made.missing.length > 0) return this.#put(at, end);
    if (made.holdsSecret) {
      this.#fail("parsing", at, "a reference cannot be made of a secret");
      return this.#put(at, end);
    }
    if (!isShaped(reference)) {
      this.#fail("parsing", at, WRONG_SHAPE, told);
      return this.#put(at, end);
    }
    return this.#put(at, end, [{ reference, ...this.#position(at) }]);
  }

  #variable(at: number): number | undefined {
    const use = this.#useAt(at);
    if (use === undefined) return undefined;
    const value = this.#valueOf(use, at);
    if (value !== undefined) return this.#putValue(at, use.end, value);
    const { unset = "keep" } = this.#reading;
    if (unset === "keep") return use.end;
    if (unset === "error") this.#fail("variableMissing", at, notSet(use.name));
    return this.#put(at, use.end);
  }

  #putValue(at: number, end: number, value: Value): number {
    const parts = typeof value === "string" ? [value] : value;
    this.#grown += parts.filter(isReference).length * PART_CHARS + textOf(value).length;
    if (this.#grown <= MOST_GROWN) return this.#put(at, end, parts);
    this.#fail("valueInvalid", at, "its variables make it too long");
    return this.#put(at, end);
  }

  #backslash(at: number): number | undefined {
    const use = this.#reading.escaped?.has(at) ? undefined : this.#useAt(at + 1);
    return use && this.#put(at, use.end, [this.#text.slice(at + 1, use.end)]);
  }

  #useAt(at: number): VariableUse | undefined {
    const { scope, escaped } = this.#reading;
    return escaped?.has(at) ? undefined : scope?.useAt(this.#text, at);
  }

  #valueOf({ name, fallback }: VariableUse, at: number): Value | undefined {
    const { scope, unset } = this.#reading;
    const value = scope?.valueOf(name);
    if (value !== undefined || fallback === undefined) return value;
    const place = { ...this.#place, ...this.#position(at) };
    return readTemplate(fallback, { scope, unset }, place, this.#failures);
  }

  /** Takes the text before `from`, then what stands in place of the text up to `to`. */
  #put(from: number, to: number, parts: readonly TemplatePart[] = []): number {
    this.#pieces.push(this.#text.slice(this.#taken, from));
    this.#taken = to;
    for (const part of parts) {
      if (!isReference(part)) this.#pieces.push(part);
      else {
        this.#flush();
        this.#parts.push(part);
      }
    }
    if (this.#pieces.length > MOST_PIECES) this.#flush();
    return to;
  }

  /** Makes one text of what has come since the last reference. */
  #flush(): void {
    const text = this.#pieces.join("");
    this.#pieces = [];
    const last = this.#parts.length - 1;
    const before = this.#parts[last];
    if (typeof before === "string") this.#parts[last] = before + text;
    else if (text !== "") this.#parts.push(text);
  }

  #fail(code: EnvSyntaxCode | "parsing", at: number, message: string, more: object = {}): void {
    const place = { ...this.#place, ...this.#position(at) };
    addFailure(this.#failures, { code, message, ...more, ...place });
  }

  /** Where something stands; places are asked for in their order. */
  #position(at: number): Pick<Place, "line" | "column"> {
    const { name, line, column } = this.#place;
    if (line !== undefined) return column === undefined ? { line } : { line, column };
    // A variable's own lines are nobody's.
    if (name !== undefined) return {};
    while (this.#line.end >= 0 && this.#line.end < at) {
      const start = this.#line.end + 1;
      const end = this.#text.indexOf("\n", start);
      this.#line = { number: this.#line.number + 1, start, end };
    }
    return { line: this.#line.number, column: at - this.#line.start + 1 };
  }
}

/** A reference in the making. */
class Made {
  text: string;
  hasQuery = false;
  readonly missing: string[] = [];
  holdsSecret = false;

  constructor(text = "") {
    this.text = text;
  }

  add(text: string): void {
    this.text += text;
    this.hasQuery ||= text.includes("?");
  }
}

const PREFIX = "op://";
/** So many are joined at once: each `+` of two texts would be an object of its own. */
const MOST_PIECES = 4096;
/** What variables may add to a text: each line of a file may double what the one before has. */
const MOST_GROWN = 100_000_000;
/** About what a reference takes of memory. */
const PART_CHARS = 100;
const WRONG_SHAPE = "a secret reference has the form op://vault/item/[section/]field";
const VARIABLE = /^([A-Z]+|[A-Z][A-Z0-9]*_[A-Z0-9_]*)$/;

/** What does not look like a variable's name may be a piece of a password with a `$` in it. */
function notSet(name: string): string {
  const told = VARIABLE.test(name) ? `the variable ${name}` : "a variable in it";
  return `${told} is not set; write \\$ for a $`;
}

/** Three or four parts, none of them blank; the client judges the rest. */
export function isShaped(reference: string): boolean {
  const [path = ""] = reference.slice(PREFIX.length).split("?");
  const parts = path.split("/");
  return (parts.length === 3 || parts.length === 4) && parts.every((part) => part.trim() !== "");
}

/** Where a match that begins at `from` ends. */
function matchEnd(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
