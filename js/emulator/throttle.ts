import { type Bytes, concat, fromBase64url, utf8 } from "./encoding.js";
import { isObject, parseJson } from "./json.js";

const HEADER = "v4.public.";
const IMPLICIT_ASSERTION = "B5_THROTTLING_TOKEN";
const SIGNATURE_BYTES = 64;
const LIFETIME_MS = 3_600_000;
/** How far a client's clock may run ahead. */
const CLOCK_SKEW_MS = 60_000;

/** PASETO's pre-authentication encoding: each part with its length before it. */
export function preAuthEncode(...parts: readonly Bytes[]): Bytes {
  const encoded = parts.flatMap((part) => [littleEndian64(part.length), part]);
  return concat(littleEndian64(parts.length), ...encoded);
}

/**
 * Opens a PASETO v4.public token: returns its message, or `undefined` if it is not one that `key`
 * signed with this footer and implicit assertion.
 */
export async function openPublicToken(
  key: CryptoKey,
  token: string,
  footer: string,
  implicit: string,
): Promise<string | undefined> {
  const [body = "", sentFooter, ...rest] = token.slice(HEADER.length).split(".");
  const signed = fromBase64url(body);
  const footerBytes = fromBase64url(sentFooter ?? "");
  if (!token.startsWith(HEADER) || rest.length > 0) return undefined;
  if (signed === undefined || signed.length < SIGNATURE_BYTES) return undefined;
  if (footerBytes === undefined || !sameBytes(footerBytes, utf8(footer))) return undefined;
  const message = signed.slice(0, -SIGNATURE_BYTES);
  const signature = signed.slice(-SIGNATURE_BYTES);
  const encoded = preAuthEncode(utf8(HEADER), message, footerBytes, utf8(implicit));
  const verified = await crypto.subtle.verify("Ed25519", key, signature, encoded);
  return verified ? new TextDecoder().decode(message) : undefined;
}

/** Why a throttling token is refused; `undefined` when it is good at `nowMs`. */
export async function throttleFault(
  key: CryptoKey,
  kid: string,
  token: string,
  nowMs: number,
): Promise<string | undefined> {
  const footer = JSON.stringify({ kid });
  const message = await openPublicToken(key, token, footer, IMPLICIT_ASSERTION);
  if (message === undefined) return "throttling token: not signed by this account";
  const claims = parseJson(message);
  const issuedMs = parseSeconds(isObject(claims) ? claims["iat"] : undefined);
  const expiresMs = parseSeconds(isObject(claims) ? claims["exp"] : undefined);
  if (issuedMs === undefined || expiresMs === undefined) {
    return "throttling token: iat and exp must be RFC 3339, in UTC, in seconds";
  }
  if (expiresMs - issuedMs !== LIFETIME_MS) return "throttling token: must last an hour";
  if (issuedMs > nowMs + CLOCK_SKEW_MS) return "throttling token: issued in the future";
  return expiresMs > nowMs ? undefined : "throttling token: expired";
}

function parseSeconds(value: unknown): number | undefined {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
  if (typeof value !== "string" || !form.test(value)) return undefined;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function littleEndian64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function sameBytes(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
