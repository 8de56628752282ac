import {
  type Bytes,
  concat,
  fromBase64url,
  fromUtf8,
  randomBytes,
  toBase64url,
  utf8,
} from "./encoding.js";
import { parseJson } from "./json.js";

/** The content type that the service writes into everything sealed. */
const CONTENT_TYPE = "b5+jwk+json";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** How an RSA keyset seals: with SHA-1 or with SHA-256. */
export type RsaAlgorithm = "RSA-OAEP" | "RSA-OAEP-256";

/** JSON sealed with a symmetric key. */
export type AesEnvelope = {
  kid: string;
  enc: "A256GCM";
  cty: string;
  iv: string;
  data: string;
};

/** JSON sealed with an RSA public key. */
export type RsaEnvelope = {
  kid: string;
  enc: RsaAlgorithm;
  cty: string;
  data: string;
};

/** A symmetric key as the account's objects carry it. */
export type SymmetricJwk = {
  alg: "A256GCM";
  ext: true;
  k: string;
  key_ops: ["encrypt", "decrypt"];
  kty: "oct";
  kid: string;
};

/** An RSA private key as the account's objects carry it. */
export type RsaJwk = JsonWebKey & { kid: string; alg: RsaAlgorithm };

/** SHA-256 of the parts, one after the other. */
export async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** HMAC-SHA256. */
export async function hmacSha256(key: Bytes, message: Bytes): Promise<Bytes> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

/** HKDF-SHA256 without a salt. */
export async function hkdfSha256(secret: Bytes, info: string, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const salt = new Uint8Array();
  const algorithm = { name: "HKDF", hash: "SHA-256", salt, info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8));
}

/** Imports 32 bytes for AES-256-GCM. */
export function importAesKey(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A new symmetric key named `kid`. */
export function generateSymmetricJwk(kid: string): SymmetricJwk {
  const k = toBase64url(randomBytes(32));
  return { alg: "A256GCM", ext: true, k, key_ops: ["encrypt", "decrypt"], kty: "oct", kid };
}

/** Imports a key made by {@link generateSymmetricJwk}. */
export function importSymmetricJwk(jwk: SymmetricJwk): Promise<CryptoKey> {
  return importAesKey(fromBase64url(jwk.k) as Bytes);
}

/** AES-256-GCM: returns the ciphertext with its tag. */
export async function sealBytes(key: CryptoKey, iv: Bytes, plaintext: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plaintext));
}

/** The plaintext of {@link sealBytes}; `undefined` for anything that does not open. */
export async function openBytes(
  key: CryptoKey,
  iv: Bytes,
  sealed: Bytes,
): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed));
  } catch {
    return undefined;
  }
}

/** Seals a JSON value; `kid` names the key for those who have to open it. */
export async function sealJson(kid: string, key: CryptoKey, value: unknown): Promise<AesEnvelope> {
  const iv = randomBytes(IV_BYTES);
  const sealed = await sealBytes(key, iv, utf8(JSON.stringify(value)));
  return {
    kid,
    enc: "A256GCM",
    cty: CONTENT_TYPE,
    iv: toBase64url(iv),
    data: toBase64url(sealed),
  };
}

/**
 * Opens an envelope that must have the exact form of {@link AesEnvelope} and name `kid`.
 * Returns `undefined`, without the cause, for anything that does not open to text.
 */
export async function openText(
  kid: string,
  key: CryptoKey,
  envelope: unknown,
): Promise<string | undefined> {
  const { kid: named, enc, cty, iv, data } = (envelope ?? {}) as Partial<AesEnvelope>;
  if (named !== kid || enc !== "A256GCM" || cty !== CONTENT_TYPE) return undefined;
  if (typeof iv !== "string" || typeof data !== "string") return undefined;
  const nonce = fromBase64url(iv);
  const sealed = fromBase64url(data);
  if (nonce?.length !== IV_BYTES || sealed === undefined || sealed.length < TAG_BYTES) {
    return undefined;
  }
  return decode(await openBytes(key, nonce, sealed));
}

/** The same for what must open to JSON. */
export async function openJson(
  kid: string,
  key: CryptoKey,
  envelope: unknown,
): Promise<unknown | undefined> {
  return parseJson((await openText(kid, key, envelope)) ?? "");
}

/** Seals a JSON value for the holder of an RSA key. */
export async function sealJsonForRsa(recipient: RsaJwk, value: unknown): Promise<RsaEnvelope> {
  const key = await importRsaPublicKey(recipient);
  const sealed = await crypto.subtle.encrypt("RSA-OAEP", key, utf8(JSON.stringify(value)));
  return {
    kid: recipient.kid,
    enc: recipient.alg,
    cty: CONTENT_TYPE,
    data: toBase64url(new Uint8Array(sealed)),
  };
}

/**
 * Opens an envelope that must have the exact form of {@link RsaEnvelope} and be sealed for this key.
 * Returns `undefined`, without the cause, for anything that does not open to JSON.
 */
export async function openJsonForRsa(
  recipient: RsaJwk,
  envelope: unknown,
): Promise<unknown | undefined> {
  const { kid, enc, cty, data } = (envelope ?? {}) as Partial<RsaEnvelope>;
  if (kid !== recipient.kid || enc !== recipient.alg || cty !== CONTENT_TYPE) return undefined;
  const sealed = typeof data === "string" ? fromBase64url(data) : undefined;
  if (sealed === undefined) return undefined;
  const jwk = { ...recipient, key_ops: ["decrypt"] };
  const key = await crypto.subtle.importKey("jwk", jwk, toAlgorithm(jwk), false, ["decrypt"]);
  try {
    const opened = await crypto.subtle.decrypt("RSA-OAEP", key, sealed);
    return parseJson(decode(new Uint8Array(opened)) ?? "");
  } catch {
    return undefined;
  }
}

/** Bytes as text; `undefined` if they are none. */
function decode(bytes: Bytes | undefined): string | undefined {
  try {
    return bytes && fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

/** The same envelope, tampered with: nobody can open it. */
export function spoil<Envelope extends { data: string }>(envelope: Envelope): Envelope {
  const bytes = fromBase64url(envelope.data) as Bytes;
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return { ...envelope, data: toBase64url(bytes) };
}

/** The public half of a private JWK. */
export function publicRsaJwk({ kid, alg, n, e, kty }: RsaJwk): RsaJwk {
  return { alg, e, ext: true, key_ops: ["encrypt"], kty, n, kid } as RsaJwk;
}

function importRsaPublicKey(jwk: RsaJwk): Promise<CryptoKey> {
  return crypto.subtle.importKey("jwk", publicRsaJwk(jwk), toAlgorithm(jwk), false, ["encrypt"]);
}

function toAlgorithm({ alg }: RsaJwk): RsaHashedImportParams {
  return { name: "RSA-OAEP", hash: alg === "RSA-OAEP" ? "SHA-1" : "SHA-256" };
}

/**
 * The key pairs made so far in this process. One takes about 100 ms to make and says nothing about
 * the account it stands in, so emulators share them: the n-th keyset of each has the n-th pair, and its groups have those after.
 */
const rsaPool: JsonWebKey[] = [];

/** The private JWK of the pool's n-th 2048-bit pair, for either hash. */
export async function pooledRsaJwk(n: number, kid: string, alg: RsaAlgorithm): Promise<RsaJwk> {
  // The keys themselves are kept, not promises of them: workerd forbids one request to await
  // what another one started.
  rsaPool[n] ??= await generateRsaJwk();
  return { ...rsaPool[n], kid, alg };
}

async function generateRsaJwk(): Promise<JsonWebKey> {
  const algorithm = {
    name: "RSA-OAEP",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]);
  return crypto.subtle.exportKey("jwk", pair.privateKey);
}
