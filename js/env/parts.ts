/** A secret reference in a text, with variables replaced. */
export interface TemplateReference {
  readonly reference: string;
  /** The line of a file or template on which it stands, counted from 1. */
  readonly line?: number;
  /** Its column in a template, counted from 1. */
  readonly column?: number;
}

/** Text, or a reference in whose place its secret goes. */
export type TemplatePart = string | TemplateReference;

/** What a variable stands for: text, or what an earlier line made of it. */
export type Value = string | readonly TemplatePart[];

export function isReference(part: TemplatePart): part is TemplateReference {
  return typeof part === "object";
}

export function holdsReference(parts: readonly TemplatePart[]): boolean {
  return parts.some(isReference);
}

/** The text of what holds no reference. */
export function textOf(value: Value): string {
  return typeof value === "string" ? value : value.filter((part) => !isReference(part)).join("");
}

/** The references in a template, each once. */
export function referencesIn(parts: readonly TemplatePart[]): string[] {
  const found = parts.filter(isReference);
  return [...new Set(found.map(({ reference }) => reference))];
}
