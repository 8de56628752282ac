import { importAesKey } from "./crypto.js";
import {
  type Bytes,
  fromBase64url,
  randomBytes,
  toBase64url,
  toBigInt,
  toHex,
  utf8,
} from "./encoding.js";
import { mintId, mintUpperId } from "./ids.js";
import { G, powN, srpIdentity, type Verifier } from "./srp.js";

/** The format that a secret key names itself, and that sign-in names. */
export const SECRET_KEY_FORMAT = "A3";
const SECRET_KEY_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTVWXYZ";
const SECRET_KEY_GROUPS = [6, 6, 5, 5, 5, 5];
/** Only a number to pass on: x and the unlock key stand in the token ready-made. */
const ITERATIONS = 650_000;

/** How the account derives its keys from a password; a service account has none to derive from. */
export interface UserAuth {
  readonly method: "SRPg-4096";
  readonly alg: "PBES2g-HS256";
  readonly iterations: number;
  readonly salt: string;
}

/** All that a service account's token says, and what the service itself keeps of it. */
export interface Credentials {
  readonly email: string;
  readonly secretKey: string;
  /** The first group of the secret key: which key it is, without saying the key. */
  readonly keyId: string;
  readonly srpX: Bytes;
  readonly verifier: Verifier;
  /** The account unlock key. */
  readonly unlockKey: CryptoKey;
  readonly unlockKeyBytes: Bytes;
  readonly userAuth: UserAuth;
  readonly deviceUuid: string;
  readonly throttleKid: string;
  readonly throttleSeed: Bytes;
  readonly throttleKey: CryptoKey;
}

/** New random credentials for a service account. */
export async function generateCredentials(email: string): Promise<Credentials> {
  const groups = SECRET_KEY_GROUPS.map(randomGroup);
  const keyId = groups[0] as string;
  const salt = randomBytes(16);
  const srpX = randomBytes(32);
  const unlockKeyBytes = randomBytes(32);
  const throttle = await generateThrottleKey();
  return {
    email,
    secretKey: [SECRET_KEY_FORMAT, ...groups].join("-"),
    keyId,
    srpX,
    verifier: { v: powN(G, toBigInt(srpX)), identity: await srpIdentity(keyId, email), salt },
    unlockKey: await importAesKey(unlockKeyBytes),
    unlockKeyBytes,
    userAuth: {
      method: "SRPg-4096",
      alg: "PBES2g-HS256",
      iterations: ITERATIONS,
      salt: toBase64url(salt),
    },
    deviceUuid: mintId(),
    throttleKid: mintUpperId(),
    throttleSeed: throttle.seed,
    throttleKey: throttle.publicKey,
  };
}

/** The `ops_…` token that signs these credentials in at `signInAddress`. */
export function formatToken(credentials: Credentials, signInAddress: string): string {
  const token = {
    signInAddress,
    userAuth: credentials.userAuth,
    email: credentials.email,
    srpX: toHex(credentials.srpX),
    muk: {
      alg: "A256GCM",
      ext: true,
      k: toBase64url(credentials.unlockKeyBytes),
      key_ops: ["decrypt", "encrypt"],
      kty: "oct",
      kid: "mp",
    },
    secretKey: credentials.secretKey,
    throttleSecret: { seed: toHex(credentials.throttleSeed), uuid: credentials.throttleKid },
    deviceUuid: credentials.deviceUuid,
  };
  return `ops_${toBase64url(utf8(JSON.stringify(token)))}`;
}

async function generateThrottleKey(): Promise<{ seed: Bytes; publicKey: CryptoKey }> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  // A private JWK's `d` is the seed itself (RFC 8037 §2).
  const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { seed: fromBase64url(d ?? "") as Bytes, publicKey: pair.publicKey };
}

function randomGroup(length: number): string {
  // Slightly biased towards the alphabet's first letters, which does no harm in a test double.
  return Array.from(randomBytes(length), (byte) =>
    SECRET_KEY_ALPHABET.charAt(byte % SECRET_KEY_ALPHABET.length),
  ).join("");
}
