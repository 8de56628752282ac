/** What does something to a terminal, or is not seen; the core has the same list. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{NChar}]/u;
/** A character that is percent-encoded, at the end of a text. */
const ESCAPE = /^%([0-9a-f]{2})$/i;
/** Letters of both cases, and a digit before a letter. */
const MIXED = /^(?=.*[a-z])(?=.*[A-Z]).*\d[A-Za-z]/;
/** Base64 and hex of keys and of tokens, in whole or in part, have so many letters and digits. */
const KEY_CHARS = 40;
const SECRET_KEY = /-\w{6}-\w{6}(-\w{5}){4}-|-a3\w{32}-/i;

/**
 * Whether a reference may be repeated in an error: not if it does something to a terminal, or somebody
 * pasted a token or a key into it.
 */
export function isTold(reference: unknown): reference is string {
  const isOdd = (text: string) => text.includes("ops_") || hasKey(text) || INVISIBLE.test(text);
  return typeof reference === "string" && !isOdd(reference);
}

/** With each invisible character written as its number, `\u{202e}`. */
export function visible(text: string): string {
  const shown = (char: string) => `\\u{${char.codePointAt(0)?.toString(16)}}`;
  return text.replace(new RegExp(INVISIBLE, "gu"), shown);
}

/** A name in an error; what may be a key that was passed by mistake is cut out. */
export function quoted(name: unknown): string {
  return `“${isTold(name) ? name.slice(0, 100) : "…"}”`;
}

/** As long as a key, a proof or a token, but for the codes of platforms: `ECONNRESET`. */
const LONG_WORD = /[\w+/=%|-]{16,}/g;
const ERROR_CODE = /^(?=[A-Z])[A-Z0-9]{1,12}(_[A-Z0-9]{1,12})*$/;

/**
 * What somebody else has said, as it may be shown: whatever may be a key is cut out, as it is by the
 * core (src/base/encoding.rs).
 */
export function withoutKeys(text: string, most: number): string {
  const shown = text.replace(LONG_WORD, (word) => (isErrorCode(word) ? word : "…"));
  return visible([...shown].slice(0, most).join(""));
}

/** Whether a text is a platform's error code. */
export function isErrorCode(text: string): boolean {
  return ERROR_CODE.test(text);
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
