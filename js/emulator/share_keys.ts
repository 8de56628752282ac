import { hkdfSha256, importAesKey } from "./crypto.js";
import { fromBase64url } from "./encoding.js";
import { toBase32 } from "./ids.js";

const SECRET_BYTES = 32;
const ID_BYTES = 16;
const KEY_BYTES = 32;

/** All that follows from a share's secret. */
export interface ShareKeys {
  /** Also the name of the key. */
  readonly uuid: string;
  /** Shows to the service that somebody has the link. */
  readonly token: string;
  /** Opens the share. */
  readonly key: CryptoKey;
}

/** The keys of a share by its secret as links have it; `undefined` if it is none. */
export async function deriveShareKeys(text: string): Promise<ShareKeys | undefined> {
  const secret = fromBase64url(text);
  if (secret?.length !== SECRET_BYTES) return undefined;
  return {
    uuid: toBase32(await hkdfSha256(secret, "share_item_uuid", ID_BYTES)),
    token: toBase32(await hkdfSha256(secret, "share_item_token", ID_BYTES)),
    key: await importAesKey(await hkdfSha256(secret, "share_item_encryption_key", KEY_BYTES)),
  };
}
