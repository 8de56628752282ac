import {
  generateSymmetricJwk,
  importSymmetricJwk,
  openBytes,
  type SymmetricJwk,
  sealBytes,
  sha256,
} from "./crypto.js";
import { type Bytes, fromBase64url, randomBytes, toBase64url } from "./encoding.js";
import { mintId } from "./ids.js";
import type { JsonObject } from "./json.js";

const NONCE_BYTES = 12;

/** A sealed file: what its item says of it, and the bytes that the service keeps. */
export interface SealedFile {
  attributes: JsonObject;
  sealed: Bytes;
}

/** Seals a file under a key of its own, which stands in the item. */
export async function sealFile(
  name: string,
  documentId: string,
  bytes: Bytes,
): Promise<SealedFile> {
  const encryptionKey = generateSymmetricJwk(mintId());
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = await sealBytes(await importSymmetricJwk(encryptionKey), nonce, bytes);
  const attributes = {
    fileName: name,
    documentId,
    unencryptedSize: bytes.length,
    encryptedSize: sealed.length,
    integrityHash: toBase64url(await sha256(sealed)),
    nonce: toBase64url(nonce),
    encryptionKey,
    // Of this algorithm, for with another one clients refuse to share the item.
    signingKey: generateSymmetricJwk(mintId()),
  };
  return { attributes, sealed };
}

/** Opens a file with what an item says of it; throws if that is not the file's. */
export async function openFile(
  attributes: JsonObject,
  sealed: Bytes,
): Promise<{ name: string; content: Bytes }> {
  const { fileName, nonce, integrityHash, encryptionKey } = attributes;
  const isIntact = integrityHash === toBase64url(await sha256(sealed));
  const key = await importSymmetricJwk(encryptionKey as SymmetricJwk);
  const content = isIntact
    ? await openBytes(key, fromBase64url(nonce as string) as Bytes, sealed)
    : undefined;
  if (content === undefined) throw new Error("the item's attributes of a file do not open it");
  return { name: fileName as string, content };
}
