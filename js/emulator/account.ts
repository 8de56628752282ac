import {
  generateSymmetricJwk,
  importSymmetricJwk,
  type SymmetricJwk,
  sealJson,
  spoil,
} from "./crypto.js";
import type {
  AccountDescription,
  GroupDescription,
  ItemDescription,
  VaultDescription,
} from "./description.js";
import type { Bytes } from "./encoding.js";
import { toVaultDescription } from "./environments.js";
import { buildGroup, type Group, sealAccess, setAccess, type VaultAccess } from "./groups.js";
import { mintId, mintUpperId } from "./ids.js";
import { toPlainItem } from "./items.js";
import type { Json, JsonObject } from "./json.js";
import { buildKeysets, type Keyset, sealForKeyset } from "./keysets.js";
import { ownOf } from "./own.js";
import { buildSharing, type Sharing } from "./share_policy.js";
import { type Credentials, generateCredentials } from "./token.js";

/** An account as the service keeps it: sealed, but for the keys that a test double may hold. */
export interface Account {
  readonly accountUuid: string;
  readonly userUuid: string;
  readonly credentials: Credentials;
  /** The keysets that the service lists. */
  readonly keysets: JsonObject[];
  /** All keysets, by the names that vault descriptions use. */
  readonly keysetsByName: Map<string, Keyset>;
  /** Environments are among them. */
  readonly vaults: Map<string, Vault>;
  readonly groups: Map<string, Group>;
  readonly sharing: Sharing;
  /** The sealed bytes of all files, by document id. */
  readonly files: Map<string, Bytes>;
}

/** A vault with its items. */
export interface Vault {
  readonly uuid: string;
  /** How its key is sealed. */
  readonly description: VaultDescription;
  /** The name of the key that seals its items. */
  keyId: string;
  key: CryptoKey;
  /** The same key, for those who are given access. */
  jwk: SymmetricJwk;
  /** The groups that have access, by id. Replaced whole, never changed. */
  groups: ReadonlyMap<string, VaultAccess>;
  /** Rises by one with every write. */
  contentVersion: number;
  /** As the service lists it, but for what counts its items. */
  wire: JsonObject;
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
  environment: "D",
};

/** What a service account may do with its vault; clients only pass it on. */
const ACCESS_BITS = 15_730_674;

/** What sealing a vault or an item needs of its account. */
type Sealing = Pick<Account, "userUuid" | "keysetsByName" | "files">;

/** A time as the wire spells it: RFC 3339, in seconds. */
export function toTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
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
  const now = toTime(nowMs);
  const files = new Map<string, Bytes>();
  const sealing = { userUuid: mintUpperId(), keysetsByName: keysets, files };
  const vaults = new Map<string, Vault>();
  for (const vault of describedVaults(description)) {
    const built = await buildVault(vault, sealing, now);
    vaults.set(built.uuid, built);
  }
  const groups = await buildGroups(
    description.groups ?? [],
    keysets.size,
    [...vaults.values()],
    now,
  );
  const listed = [...keysets.values()].filter((keyset) => keyset.description.unlisted !== true);
  return {
    accountUuid: mintUpperId(),
    credentials,
    keysets: listed.map((keyset) => keyset.wire),
    vaults,
    groups,
    sharing: buildSharing(description.sharing),
    ...sealing,
  };
}

/** All vaults of a description, Environments last. */
export function describedVaults({
  vaults,
  environments = [],
}: AccountDescription): VaultDescription[] {
  return [...vaults, ...environments.map(toVaultDescription)];
}

/** The described vaults of this id, or else of this name. */
export function vaultsNamed(
  vaults: readonly VaultDescription[],
  wanted: string,
): VaultDescription[] {
  const known = vaults.filter(({ id }) => id === wanted);
  return known.length > 0 ? known : vaults.filter(({ name, title }) => (name ?? title) === wanted);
}

async function buildGroups(
  descriptions: readonly GroupDescription[],
  keysets: number,
  vaults: readonly Vault[],
  now: string,
): Promise<Map<string, Group>> {
  const groups = new Map<string, Group>();
  const described = vaults.map(({ description }) => description);
  for (const description of descriptions) {
    const group = await buildGroup(description, keysets + groups.size, now);
    groups.set(group.uuid, group);
    for (const { vault: wanted, permissions } of description.access ?? []) {
      const [named] = vaultsNamed(described, wanted);
      const vault = vaults.find((it) => it.description === named) as Vault;
      setAccess(vault, new Map([[group.uuid, await sealAccess(group, vault, permissions)]]));
    }
  }
  return groups;
}

async function buildVault(
  description: VaultDescription,
  sealing: Sealing,
  now: string,
): Promise<Vault> {
  const { items: described = [], ...rest } = description;
  const vault = ownOf(rest);
  const uuid = vault.id ?? mintId();
  const { keyId, key, jwk, access } = await makeVaultKey(vault, uuid, sealing);
  const type = VAULT_TYPES[vault.type ?? "userCreated"] ?? vault.type ?? "";
  const name = vault.name ?? vault.title ?? "";
  const attributes = { uuid, type, name, desc: vault.description ?? "", avatar: "" };
  const encAttrs = await sealJson(keyId, key, attributes);
  const wire = {
    uuid,
    type,
    createdAt: now,
    updatedAt: now,
    attrVersion: 1,
    encAttrs: vault.unreadable === "attributes" ? spoil(encAttrs) : encAttrs,
    clientAccess: ACCESS_BITS,
    combinedAccess: access,
  };
  const items = new Map<string, WireItem>();
  const groups = new Map<string, VaultAccess>();
  const built: Vault = {
    uuid,
    description: vault,
    keyId,
    key,
    jwk,
    groups,
    contentVersion: 1,
    wire,
    items,
  };
  for (const item of described) {
    const sealed = await sealItem(built, item, sealing, now);
    items.set(sealed.uuid, sealed);
  }
  return built;
}

/** A new key for a vault, and how the account gets at it. */
export async function makeVaultKey(
  vault: VaultDescription,
  vaultUuid: string,
  { userUuid, keysetsByName }: Sealing,
  serialNumber = 1,
): Promise<{ keyId: string; key: CryptoKey; jwk: SymmetricJwk; access: JsonObject }> {
  const keyId = mintId();
  const jwk = generateSymmetricJwk(keyId);
  const first = keysetsByName.keys().next().value ?? "";
  const keyset = keysetsByName.get(vault.keyset ?? first) as Keyset;
  const sealed = await sealForKeyset(keyset, jwk, vault.keySealedWith);
  const access = {
    vaultUuid,
    accessorType: "user",
    accessorUuid: userUuid,
    acl: ACCESS_BITS,
    leaseTimeout: 0,
    accessVersion: serialNumber,
    vaultKeySN: serialNumber,
    encryptedBy: keyset.uuid,
    encVaultKey: vault.unreadable === "key" ? spoil(sealed) : sealed,
  };
  return { keyId, key: await importSymmetricJwk(jwk), jwk, access };
}

/** An item as its vault keeps it; its files are in the account from now on. */
export async function sealItem(
  vault: Vault,
  item: ItemDescription,
  { userUuid, files }: Sealing,
  now: string,
): Promise<WireItem> {
  const { keyId, key } = vault;
  const plain = await toPlainItem(item);
  const encOverview = await sealJson(keyId, key, plain.overview);
  const encDetails = await sealJson(keyId, key, plain.details);
  for (const [document, bytes] of plain.files) files.set(document, bytes);
  return {
    uuid: item.id ?? mintId(),
    templateUuid: plain.templateUuid,
    trashed: plain.trashed,
    createdAt: item.createdAt ?? now,
    updatedAt: item.updatedAt ?? now,
    changerUuid: userUuid,
    itemVersion: item.version ?? 1,
    encryptedBy: keyId,
    encOverview: item.unreadable === "overview" ? spoil(encOverview) : encOverview,
    encDetails: item.unreadable === "details" ? spoil(encDetails) : encDetails,
  };
}
