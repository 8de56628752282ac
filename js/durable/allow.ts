import { check, isStringArray } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import { isTold } from "../client/told.js";
import { parseSecretReference } from "../reference/reference.js";

/** A part of a pattern: what stands between its asterisks, in lower case. */
type Segment = readonly string[];

/** A pattern of secret references, taken apart. */
interface Pattern {
  readonly segments: readonly Segment[];
  /** Whether `**` stands at its end. */
  readonly isOpen: boolean;
}

/** Patterns of the references that may be asked for. */
export type Patterns = readonly Pattern[];

const PREFIX = "op://";
const MOST_PARTS = 4;
const RULE =
  "an entry of allow is a pattern such as op://app/database/password, op://app/*/password or op://app/**: the parts of a secret reference without a query, in which * stands for any text and ** at the end for all further parts";
/** Of vaults and items, and of most sections and fields. */
const ID = /^[a-z0-9]{26}$/;

/**
 * Takes an `allow` list apart.
 *
 * @throws {OnePasswordError} `argumentInvalid`, with the first pattern that is malformed
 */
export function parsePatterns(given: unknown): Patterns {
  check(isStringArray(given), "allow must be an array of strings");
  return given.map(parsePattern);
}

function parsePattern(text: string): Pattern {
  const rule = isTold(text) ? `${RULE}; not ${JSON.stringify(text)}` : RULE;
  check(text.startsWith(PREFIX), rule);
  const parts = text.slice(PREFIX.length).split("/");
  const isOpen = parts.at(-1) === "**";
  if (isOpen) parts.pop();
  const { length } = parts;
  check(isOpen ? length < MOST_PARTS : length === 3 || length === MOST_PARTS, rule);
  return { segments: parts.map((part) => parseSegment(part, rule)), isOpen };
}

function parseSegment(part: string, rule: string): Segment {
  check(/^[\w .%*-]+$/.test(part) && !part.includes("**"), rule);
  // Split before it is decoded: %2A is an asterisk in a name.
  return part.split("*").map((piece) => {
    try {
      return decodeURIComponent(piece).toLowerCase();
    } catch {
      return check(false, rule) as never;
    }
  });
}

/**
 * Why a reference may not be asked for, if so: it is malformed, or no pattern fits it. The parts are
 * compared as they are written, once they are decoded: an id does not stand for its name.
 */
export function refusalOf(patterns: Patterns, reference: string): OnePasswordError | undefined {
  try {
    const { vault, item, section, field } = parseSecretReference(reference);
    const parts = section === undefined ? [vault, item, field] : [vault, item, section, field];
    const names = parts.map((part) => part.toLowerCase());
    if (patterns.some((pattern) => fits(pattern, names))) return undefined;
  } catch (thrown) {
    return thrown as OnePasswordError;
  }
  return refused(
    "this binding does not allow this secret reference: see its allow list",
    reference,
  );
}

/** A reference that may not be asked for. */
export function refused(message: string, reference: string): OnePasswordError {
  return new OnePasswordError({ code: "permissionDenied", message, reference });
}

function fits({ segments, isOpen }: Pattern, names: readonly string[]): boolean {
  const { length } = segments;
  const isLong = isOpen ? names.length > length : names.length === length;
  return isLong && segments.every((segment, at) => isLike(segment, names[at] ?? ""));
}

function isLike(segment: Segment, name: string): boolean {
  const [first = "", ...others] = segment;
  const last = others.pop();
  if (last === undefined) return name === first;
  const isAnything = segment.join("") === "";
  if (isAnything) return true;
  // An id that begins like a name may be that of anything else.
  if (ID.test(name)) return false;
  if (name.length < first.length + last.length) return false;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let rest = name.slice(first.length, name.length - last.length);
  for (const piece of others) {
    const at = rest.indexOf(piece);
    if (at < 0) return false;
    rest = rest.slice(at + piece.length);
  }
  return true;
}
