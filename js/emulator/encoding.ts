/** Bytes that WebCrypto accepts: never backed by shared memory. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** Encodes text as UTF-8. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Decodes UTF-8; throws a `TypeError` on malformed bytes. */
export function fromUtf8(bytes: Bytes): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Joins byte strings. */
export function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Fresh random bytes. */
export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** base64url without padding, as everything on this wire. */
export function toBase64url(bytes: Bytes): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Decodes base64url without padding, strictly: `undefined` for padding, the standard alphabet,
 * white space, or bits set beyond the last byte.
 */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  return toBase64url(bytes) === text ? bytes : undefined;
}

/** Decodes standard base64, padded or not; throws on anything else. */
export function decodeBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The number that big-endian bytes spell. */
export function toBigInt(bytes: Bytes): bigint {
  return BigInt(`0x0${toHex(bytes)}`);
}

/** A number as big-endian bytes, left-padded with zeros to `length`; 0 without it is no bytes. */
export function fromBigInt(value: bigint, length = 0): Bytes {
  const digits = value === 0n ? "" : value.toString(16);
  const hex = digits.padStart(Math.max(length * 2, digits.length + (digits.length % 2)), "0");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
