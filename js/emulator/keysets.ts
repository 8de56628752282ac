import {
  type AesEnvelope,
  generateSymmetricJwk,
  importSymmetricJwk,
  pooledRsaJwk,
  publicRsaJwk,
  type RsaEnvelope,
  type RsaJwk,
  sealJson,
  sealJsonForRsa,
  spoil,
} from "./crypto.js";
import type { KeysetDescription } from "./description.js";
import { mintId } from "./ids.js";
import type { Json, JsonObject } from "./json.js";
import type { Credentials } from "./token.js";

/** The name that the account unlock key goes by on the wire. */
const UNLOCK_KEY_KID = "mp";

/** A keyset with its keys in the clear, ready to seal others with. */
export interface Keyset {
  readonly uuid: string;
  readonly description: KeysetDescription;
  readonly symmetricKey: CryptoKey;
  readonly rsaKey: RsaJwk;
  /** As the service lists it. */
  readonly wire: JsonObject;
}

/** Makes the described keysets, by name and in their order. */
export async function buildKeysets(
  descriptions: readonly KeysetDescription[],
  credentials: Credentials,
): Promise<Map<string, Keyset>> {
  const ids = new Map(descriptions.map(({ name, id }) => [name, id ?? mintId()]));
  const rsaKeys = new Map<string, RsaJwk>();
  for (const [name, uuid] of ids) {
    const algorithm = descriptions.find((keyset) => keyset.name === name)?.algorithm;
    rsaKeys.set(name, await pooledRsaJwk(rsaKeys.size, uuid, algorithm ?? "RSA-OAEP"));
  }
  const keysets = new Map<string, Keyset>();
  for (const description of descriptions) {
    const parent = rsaKeys.get(description.sealedBy ?? "");
    const rsaKey = rsaKeys.get(description.name) as RsaJwk;
    keysets.set(description.name, await buildKeyset(description, rsaKey, parent, credentials));
  }
  return keysets;
}

async function buildKeyset(
  description: KeysetDescription,
  rsaKey: RsaJwk,
  parent: RsaJwk | undefined,
  credentials: Credentials,
): Promise<Keyset> {
  const uuid = rsaKey.kid;
  const symmetricJwk = generateSymmetricJwk(uuid);
  const symmetricKey = await importSymmetricJwk(symmetricJwk);
  const sealed =
    parent === undefined
      ? await sealForUnlockKey(symmetricJwk, credentials)
      : await sealJsonForRsa(parent, symmetricJwk);
  const wire = {
    uuid,
    encryptedBy: description.encryptedByEmpty === true ? "" : sealed.kid,
    sn: description.serialNumber ?? 1,
    encSymKey: description.unreadable === true ? spoil(sealed) : sealed,
    encPriKey: await sealJson(uuid, symmetricKey, rsaKey),
    pubKey: publicRsaJwk(rsaKey) as unknown as Json,
    encSPriKey: null,
    spubKey: null,
  };
  return { uuid, description, symmetricKey, rsaKey, wire };
}

/** Sealed with the unlock key, with the notes that tell how a password would derive that key. */
async function sealForUnlockKey(
  value: unknown,
  { unlockKey, userAuth }: Credentials,
): Promise<AesEnvelope & JsonObject> {
  const sealed = await sealJson(UNLOCK_KEY_KID, unlockKey, value);
  return { ...sealed, alg: userAuth.alg, p2c: userAuth.iterations, p2s: userAuth.salt };
}

/** Seals a key for whoever holds the keyset. */
export function sealForKeyset(
  keyset: Keyset,
  value: unknown,
  sealedWith: "publicKey" | "symmetricKey" = "publicKey",
): Promise<AesEnvelope | RsaEnvelope> {
  return sealedWith === "publicKey"
    ? sealJsonForRsa(keyset.rsaKey, value)
    : sealJson(keyset.uuid, keyset.symmetricKey, value);
}
