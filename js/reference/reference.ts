import { OnePasswordError } from "../client/errors.js";

/** What `?attribute=` may ask of a field or a file. `totp` is the same as `otp`. */
export type ReferenceAttribute =
  | "otp"
  | "totp"
  | "type"
  | "value"
  | "title"
  | "id"
  | "purpose"
  | "content"
  | "size"
  | "name";

/** A secret reference, taken apart. Percent-encoded parts are decoded. */
export interface SecretReference {
  /** Id or name of the vault. */
  readonly vault: string;
  /** Id or title of the item. */
  readonly item: string;
  /** Id or title of the section, if one is given. */
  readonly section?: string;
  /** Id or title of the field, or id or name of the file. */
  readonly field: string;
  /** What `?attribute=` or `?attr=` asks for, as it is written. */
  readonly attribute?: ReferenceAttribute;
  /** What `?ssh-format=` asks for. */
  readonly sshFormat?: "openssh";
}

// The same sentences as in src/reference.rs.
const NOT_A_STRING = "a secret reference is a string such as op://vault/item/field";
const NOT_PREFIXED = "a secret reference starts with op:// in lower case: op://vault/item/field";
const WRONG_SHAPE =
  "a secret reference has the form op://vault/item/field or op://vault/item/section/field, with at most one query such as ?attribute=otp after it";
const UNKNOWN_QUERY =
  "the query of a secret reference is ?attribute=otp (or another attribute) or ?ssh-format=openssh, in lower case";
const UNKNOWN_QUERY_VALUE =
  "?attribute= takes otp, totp, type, value, title, id, purpose, content, size or name, ?ssh-format= takes openssh, in lower case";
const ILLEGAL_CHARACTER =
  "a part of a secret reference may hold ASCII letters, digits, space, _, . and -; percent-encode other characters (é is %C3%A9), or name the vault, item or field by its id";
const VARIABLE =
  "variables and templates in a secret reference are not replaced: put a name or an id in place of $NAME or {{ name }}";
const BROKEN_ESCAPE =
  "a % in a secret reference begins a byte of UTF-8 in two hex digits: é is %C3%A9, / is %2F, % itself is %25";

/**
 * Checks that a text is a well-formed secret reference. Needs no client, no network and no wasm;
 * whether what it names is there is not asked.
 *
 * @throws {OnePasswordError} `parsing`, with the rule that is broken
 */
export function validateSecretReference(ref: string): void {
  parseSecretReference(ref);
}

/**
 * Takes a secret reference apart. Needs no client, no network and no wasm.
 *
 * ```ts
 * parseSecretReference("op://app/caf%C3%A9/code?attribute=otp");
 * // { vault: "app", item: "café", field: "code", attribute: "otp" }
 * ```
 *
 * @throws {OnePasswordError} `parsing`, with the rule that is broken
 */
export function parseSecretReference(ref: string): SecretReference {
  if (typeof ref !== "string") throw broken(NOT_A_STRING);
  // Without the text: a token passed by mistake must not come back in an error.
  if (!ref.startsWith("op://")) {
    throw broken(/^[${]|op:\/\/.*[${]|[${].*op:\/\//s.test(ref) ? VARIABLE : NOT_PREFIXED);
  }
  const [path = "", query, ...more] = ref.slice(5).split("?");
  const illegal = /[${]/.test(ref) ? VARIABLE : ILLEGAL_CHARACTER;
  if (more.length > 0) throw broken(illegal, ref);
  const asked = query === undefined ? {} : parseQuery(query, ref);
  if (!/^[\w .%/-]*$/.test(path)) throw broken(illegal, ref);
  const parts = path.split("/").map((part) => decode(part, ref));
  if (parts.length !== 3 && parts.length !== 4) throw broken(WRONG_SHAPE, ref);
  const field = parts.pop() ?? "";
  const [vault = "", item = "", section] = parts;
  for (const [name, part] of Object.entries({ vault, item, section, field })) {
    if (part !== "") continue;
    const form = name === "section" ? "section/field" : "field";
    const message = `the ${name} part of the secret reference is empty: op://vault/item/${form}`;
    throw broken(message, ref);
  }
  return { vault, item, ...(section !== undefined && { section }), field, ...asked };
}

function parseQuery(query: string, ref: string): Partial<SecretReference> {
  const [, key, value] = /^([^=]*)=([^=&]*)$/.exec(query) ?? [];
  if (key === undefined || value === undefined) throw broken(WRONG_SHAPE, ref);
  const isAttribute = key === "attribute" || key === "attr";
  if (!isAttribute && key !== "ssh-format") throw broken(UNKNOWN_QUERY, ref);
  if (isAttribute && isReferenceAttribute(value)) return { attribute: value };
  if (!isAttribute && value === "openssh") return { sshFormat: value };
  throw broken(UNKNOWN_QUERY_VALUE, ref);
}

function isReferenceAttribute(value: string): value is ReferenceAttribute {
  return /^(t?otp|type|value|title|id|purpose|content|size|name)$/.test(value);
}

function decode(part: string, ref: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw broken(BROKEN_ESCAPE, ref);
  }
}

function broken(message: string, reference?: string): OnePasswordError {
  return new OnePasswordError({ code: "parsing", message, reference });
}
