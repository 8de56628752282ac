import { type Bytes, randomBytes } from "./encoding.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_BYTES = 16;

/** RFC 4648 base32 in lower case, without padding. */
export function toBase32(bytes: Bytes): string {
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((pending >> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((pending << (5 - bits)) & 31);
}

/** A new object id: 128 random bits as 26 characters. */
export function mintId(): string {
  return toBase32(randomBytes(ID_BYTES));
}

/** A new session, user or account id: the same in upper case. */
export function mintUpperId(): string {
  return mintId().toUpperCase();
}

/**
 * Whether `text` spells an object id. 128 bits fill 25.6 characters, so the last one has two bits
 * of zero and is one of eight.
 */
export function isObjectId(text: string): boolean {
  return /^[a-z2-7]{25}[aeimquy4]$/.test(text);
}
