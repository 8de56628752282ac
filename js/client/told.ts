/** A character that is percent-encoded, at the end of a text. */
const ESCAPE = /^%([0-9a-f]{2})$/i;
/** Letters of both cases, and a digit before a letter. */
const MIXED = /^(?=.*[a-z])(?=.*[A-Z]).*\d[A-Za-z]/;
/** Base64 and hex of keys and of tokens, in whole or in part, have so many letters and digits. */
const KEY_CHARS = 40;
const SECRET_KEY = /-\w{6}-\w{6}(-\w{5}){4}-|-a3\w{32}-/i;

/** Whether a reference may be repeated in an error: not if somebody pasted a token or a key into it. */
export function isTold(reference: unknown): reference is string {
  return typeof reference === "string" && !reference.includes("ops_") && !hasKey(reference);
}

/**
 * Whether a text may hold a key or a token, percent-encoded however often, and broken in pieces by
 * anything else than letters and digits. Names are words, and ids have letters of one case, so of
 * what is shorter than a key only mixed pieces count. The core has the same rule: src/base/keys.rs.
 */
function hasKey(text: string): boolean {
  const pieces = decode(text).split(/[^0-9A-Za-z]+/);
  const ofKeys = pieces.filter((piece) => piece.length >= KEY_CHARS || MIXED.test(piece));
  return ofKeys.join("").length >= KEY_CHARS || SECRET_KEY.test(`-${pieces.join("-")}-`);
}

/** Until nothing is percent-encoded any more, in one go. */
function decode(text: string): string {
  const plain: string[] = [];
  for (const char of text) {
    let last = char;
    do {
      plain.push(last);
      const [, hex] = ESCAPE.exec(plain.slice(-3).join("")) ?? [];
      last = hex === undefined ? "" : String.fromCharCode(Number.parseInt(hex, 16));
      if (last !== "") plain.splice(-3);
    } while (last !== "");
  }
  return plain.join("");
}
