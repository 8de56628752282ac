import { generateSymmetricJwk, importSymmetricJwk, sealJson, spoil } from "./crypto.js";
import type { AccountDescription, ItemDescription, VaultDescription } from "./description.js";
import type { Bytes } from "./encoding.js";
import { mintId, mintUpperId } from "./ids.js";
import { toPlainItem } from "./items.js";
import type { Json, JsonObject } from "./json.js";
import { buildKeysets, type Keyset, sealForKeyset } from "./keysets.js";
import { type Credentials, generateCredentials } from "./token.js";

/** An account as the service keeps it: sealed, but for the keys that a test double may hold. */
export interface Account {
  readonly accountUuid: string;
  readonly userUuid: string;
  readonly credentials: Credentials;
  /** The keysets that the service lists. */
  readonly keysets: JsonObject[];
  readonly vaults: Map<string, Vault>;
  /** The sealed bytes of all files, by document id. */
  readonly files: Map<string, Bytes>;
}

/** A vault with its items. */
export interface Vault {
  readonly uuid: string;
  /** The name of the key that seals its items. */
  readonly keyId: string;
  readonly key: CryptoKey;
  /** Rises by one with every write. */
  contentVersion: number;
  /** As the service lists it, but for what counts its items. */
  readonly wire: JsonObject;
  readonly items: Map<string, WireItem>;
}

/** An item as the service keeps and sends it. */
export type WireItem = {
  uuid: string;
  templateUuid: string;
  trashed: string;
  createdAt: string;
  updatedAt: string;
  changerUuid: string;
  itemVersion: number;
  encryptedBy: string;
  encOverview: Json;
  encDetails: Json;
};

const VAULT_TYPES: Record<string, string> = {
  personal: "P",
  everyone: "E",
  userCreated: "U",
  transfer: "T",
};

/** What a service account may do with its vault; clients only pass it on. */
const ACCESS_BITS = 15_730_674;

/** What all parts of one account need while it is built. */
interface Building {
  readonly userUuid: string;
  readonly keysets: Map<string, Keyset>;
  readonly files: Map<string, Bytes>;
  /** RFC 3339. */
  readonly now: string;
}

/** Makes the keys of a described account and seals everything with them. */
export async function buildAccount(
  description: AccountDescription,
  nowMs: number,
): Promise<Account> {
  const credentials = await generateCredentials(
    description.email ?? "emulator@1passwordserviceaccounts.example",
  );
  const described = description.keysets ?? [{ name: "account" }];
  const keysets = await buildKeysets(described, credentials);
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const files = new Map<string, Bytes>();
  const building = { userUuid: mintUpperId(), keysets, files, now };
  const vaults = new Map<string, Vault>();
  for (const vault of description.vaults) {
    const built = await buildVault(vault, building);
    vaults.set(built.uuid, built);
  }
  const listed = [...keysets.values()].filter((keyset) => keyset.description.unlisted !== true);
  return {
    accountUuid: mintUpperId(),
    userUuid: building.userUuid,
    credentials,
    keysets: listed.map((keyset) => keyset.wire),
    vaults,
    files,
  };
}

async function buildVault(vault: VaultDescription, building: Building): Promise<Vault> {
  const uuid = vault.id ?? mintId();
  const keyId = mintId();
  const jwk = generateSymmetricJwk(keyId);
  const key = await importSymmetricJwk(jwk);
  const type = VAULT_TYPES[vault.type ?? "userCreated"] ?? vault.type ?? "";
  const name = vault.name ?? vault.title ?? "";
  const attributes = { uuid, type, name, desc: vault.description ?? "", avatar: "" };
  const encAttrs = await sealJson(keyId, key, attributes);
  const wire = {
    uuid,
    type,
    createdAt: building.now,
    updatedAt: building.now,
    attrVersion: 1,
    encAttrs: vault.unreadable === "attributes" ? spoil(encAttrs) : encAttrs,
    clientAccess: ACCESS_BITS,
    combinedAccess: await buildAccess(vault, uuid, jwk, building),
  };
  const items = new Map<string, WireItem>();
  const built = { uuid, keyId, key, contentVersion: 1, wire, items };
  for (const item of vault.items ?? []) await addItem(built, item, building);
  return built;
}

async function buildAccess(
  vault: VaultDescription,
  vaultUuid: string,
  vaultKey: unknown,
  { userUuid, keysets }: Building,
): Promise<JsonObject> {
  const first = keysets.keys().next().value ?? "";
  const keyset = keysets.get(vault.keyset ?? first) as Keyset;
  const sealed = await sealForKeyset(keyset, vaultKey, vault.keySealedWith);
  return {
    vaultUuid,
    accessorType: "user",
    accessorUuid: userUuid,
    acl: ACCESS_BITS,
    leaseTimeout: 0,
    accessVersion: 1,
    vaultKeySN: 1,
    encryptedBy: keyset.uuid,
    encVaultKey: vault.unreadable === "key" ? spoil(sealed) : sealed,
  };
}

async function addItem(vault: Vault, item: ItemDescription, building: Building): Promise<void> {
  const uuid = item.id ?? mintId();
  const plain = await toPlainItem(item);
  const encOverview = await sealJson(vault.keyId, vault.key, plain.overview);
  const encDetails = await sealJson(vault.keyId, vault.key, plain.details);
  vault.items.set(uuid, {
    uuid,
    templateUuid: plain.templateUuid,
    trashed: plain.trashed,
    createdAt: item.createdAt ?? building.now,
    updatedAt: item.updatedAt ?? building.now,
    changerUuid: building.userUuid,
    itemVersion: item.version ?? 1,
    encryptedBy: vault.keyId,
    encOverview: item.unreadable === "overview" ? spoil(encOverview) : encOverview,
    encDetails: item.unreadable === "details" ? spoil(encDetails) : encDetails,
  });
  for (const [document, bytes] of plain.files) building.files.set(document, bytes);
}
