import {
  pooledRsaJwk,
  publicRsaJwk,
  type RsaEnvelope,
  type RsaJwk,
  type SymmetricJwk,
  sealJsonForRsa,
} from "./crypto.js";
import type { GroupDescription } from "./description.js";
import { mintId } from "./ids.js";
import type { Json, JsonObject } from "./json.js";

/** A group of the account. */
export interface Group {
  readonly uuid: string;
  readonly name: string;
  /** Its key pair, of which a group of people would hold the private half; some have none. */
  readonly rsaKey: RsaJwk | undefined;
  /** As the service sends it, without its key and its vaults. */
  readonly wire: JsonObject;
}

/** What a group may do with a vault, and the vault's key sealed for the group. */
export type VaultAccess = {
  vaultUuid: string;
  accessorType: "group";
  accessorUuid: string;
  acl: number;
  leaseTimeout: number;
  vaultKeySN: number;
  encryptedBy: string;
  encVaultKey: RsaEnvelope;
};

/** A group's type in the words of the wire. */
export const GROUP_TYPES: Readonly<Record<string, string>> = {
  owners: "O",
  administrators: "A",
  recovery: "R",
  externalAccountManagers: "E",
  teamMembers: "M",
  userDefined: "U",
};

/** A group's state in the words of the wire. */
export const GROUP_STATES: Readonly<Record<string, string>> = { active: "A", deleted: "D" };

/** Makes a group; its key pair is the n-th of all that are shared. */
export async function buildGroup(group: GroupDescription, n: number, now: string): Promise<Group> {
  const { id: uuid = mintId(), name, type = "userDefined", state = "active" } = group;
  const keysetUuid = mintId();
  const rsaKey =
    group.keyless === true
      ? undefined
      : await pooledRsaJwk(n, keysetUuid, group.algorithm ?? "RSA-OAEP");
  const wire = {
    uuid,
    type: GROUP_TYPES[type] ?? type,
    state: GROUP_STATES[state] ?? state,
    name,
    desc: group.description ?? "",
    avatar: "",
    createdAt: now,
    updatedAt: now,
    activeKeysetUuid: keysetUuid,
    attrVersion: 1,
    permissions: group.permissions ?? 0,
  };
  return { uuid, name, rsaKey, wire };
}

/** A group's public key as the service sends it; `undefined` if it has none. */
export function publicKeyOf({ rsaKey }: Group): Json | undefined {
  return rsaKey && (publicRsaJwk(rsaKey) as unknown as Json);
}

/** Gives a group access to a vault: it is to hold the vault's key. */
export async function sealAccess(
  { uuid, rsaKey }: Group,
  vault: { readonly uuid: string; readonly jwk: SymmetricJwk },
  permissions: number,
  serialNumber = 1,
): Promise<VaultAccess> {
  // A description gives no access to a group without a key, and neither does the service.
  const recipient = rsaKey as RsaJwk;
  return {
    vaultUuid: vault.uuid,
    accessorType: "group",
    accessorUuid: uuid,
    acl: permissions,
    leaseTimeout: 0,
    vaultKeySN: serialNumber,
    encryptedBy: recipient.kid,
    encVaultKey: await sealJsonForRsa(recipient, vault.jwk),
  };
}

/** Changes what groups may do with a vault: all at once, so that a change under way notices. */
export function setAccess(
  vault: { groups: ReadonlyMap<string, VaultAccess> },
  changes: ReadonlyMap<string, VaultAccess | undefined>,
): void {
  const groups = new Map(vault.groups);
  for (const [group, access] of changes) {
    if (access === undefined) groups.delete(group);
    else groups.set(group, access);
  }
  vault.groups = groups;
}
