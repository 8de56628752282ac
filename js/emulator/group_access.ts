import type { Vault } from "./account.js";
import {
  type Check,
  exactly,
  list,
  objectId,
  oneOf,
  permissionBits,
  positive,
  satisfies,
  text,
} from "./checks.js";
import { openJsonForRsa, type SymmetricJwk } from "./crypto.js";
import { type Group, publicKeyOf, setAccess, type VaultAccess } from "./groups.js";
import { isObject } from "./json.js";
import { badRequest, conflict, notFound } from "./refusal.js";
import {
  type Call,
  checkedBody,
  DONE,
  groupById,
  param,
  type Reply,
  vaultById,
  vaultOf,
} from "./service.js";

const granting: Check = exactly({
  vaultaccess: list(
    exactly({
      vaultUuid: objectId,
      accessorType: oneOf("group"),
      accessorUuid: objectId,
      acl: permissionBits,
      leaseTimeout: satisfies((value) => value === 0, "0"),
      vaultKeySN: positive,
      encryptedBy: text,
      encVaultKey: exactly({ cty: text, kid: text, enc: text, data: text }),
    }),
  ),
});
const updating: Check = list(
  exactly({ groupUuid: objectId, vaultUuid: objectId, permission: permissionBits }),
);

/** `GET /api/v2/group/<group>` */
export function getGroup(call: Call): Reply {
  return { json: groupById(call, param(call, "group")).wire };
}

/** `GET /api/v2/group/<group>`, and which vaults it has access to. */
export function getGroupAccess(call: Call): Reply {
  const group = groupById(call, param(call, "group"));
  return { json: { ...group.wire, vaultAccess: accessesOf(call, group) } };
}

/** `GET /api/v2/group/<group>`, its vaults and its public key, which is absent if it has none. */
export function getGroupAccessAndKey(call: Call): Reply {
  const group = groupById(call, param(call, "group"));
  const pubKey = publicKeyOf(group);
  const key = pubKey === undefined ? {} : { pubKey };
  return { json: { ...group.wire, ...key, vaultAccess: accessesOf(call, group) } };
}

function accessesOf({ service }: Call, { uuid }: Group): VaultAccess[] {
  return [...service.account.vaults.values()].flatMap(({ groups }) => groups.get(uuid) ?? []);
}

/** `GET /api/v1/group/pubkeys`: an array of the keys that there are. */
export function listPublicKeys(call: Call): Reply {
  const { groups } = call.service.account;
  const asked = new Set(param(call, "uuids").split(","));
  const json = [...asked].flatMap((uuid) => {
    const group = groups.get(uuid);
    const pubKey = group && publicKeyOf(group);
    return pubKey === undefined ? [] : [{ uuid, pubKey }];
  });
  return { json };
}

/**
 * `PATCH /api/v2/vault/<vault>/vaultaccess`: gives access to all groups of the body, or to none.
 *
 * Assumed: that a group which has access already is a conflict, that each may be named once, and
 * that `vaultKeySN` may be the current one where that is not 1.
 */
export async function grantAccess(call: Call): Promise<Reply> {
  const vault = vaultOf(call);
  const { vaultaccess } = checkedBody<{ vaultaccess: VaultAccess[] }>(call, granting);
  const { jwk } = vault;
  const granted = new Map<string, VaultAccess>();
  for (const [index, access] of vaultaccess.entries()) {
    await checkGrant(call, vault, access, `body.vaultaccess[${index}]`);
    granted.set(access.accessorUuid, access);
  }
  if (granted.size < vaultaccess.length) throw badRequest("body.vaultaccess: names a group twice");
  // Last, and with no await after it: overlapping requests must not both succeed.
  if (vault.jwk !== jwk) throw conflict("the vault's key has changed");
  for (const group of granted.keys()) {
    if (vault.groups.has(group)) throw conflict("a group has access already");
  }
  setAccess(vault, granted);
  return DONE;
}

async function checkGrant(
  call: Call,
  vault: Vault,
  access: VaultAccess,
  path: string,
): Promise<void> {
  const { jwk } = vault;
  if (access.vaultUuid !== vault.uuid) throw badRequest(`${path}.vaultUuid: is another vault's`);
  const { rsaKey } = groupById(call, access.accessorUuid);
  if (rsaKey === undefined) throw badRequest(`${path}.accessorUuid: this group has no key`);
  const { vaultKeySN } = vault.wire["combinedAccess"] as { vaultKeySN: number };
  if (access.vaultKeySN !== 1 && access.vaultKeySN !== vaultKeySN) {
    throw badRequest(`${path}.vaultKeySN: must be 1`);
  }
  if (access.encryptedBy !== rsaKey.kid) throw badRequest(`${path}.encryptedBy: is another key's`);
  const opened = await openJsonForRsa(rsaKey, access.encVaultKey);
  if (opened === undefined) throw badRequest(`${path}.encVaultKey: is not sealed for the group`);
  if (!isSameKey(opened, jwk)) throw badRequest(`${path}.encVaultKey: is not the vault's key`);
}

function isSameKey(opened: unknown, jwk: SymmetricJwk): boolean {
  return isObject(opened) && toComparable(opened) === toComparable(jwk);
}

/** The members by name; what a key may be used for has no order. */
function toComparable(jwk: Record<string, unknown>): string {
  const sorted = Object.entries(jwk).map(([name, value]) => [
    name,
    Array.isArray(value) ? [...value].sort() : value,
  ]);
  return JSON.stringify(sorted.sort());
}

/**
 * `PATCH /api/v2/acl/groups`: other permissions for groups that have access; all of them, or none.
 *
 * Assumed: that there is no such object where a group has no access.
 */
export function updateAccess(call: Call): Reply {
  type Update = { groupUuid: string; vaultUuid: string; permission: number };
  const updates = checkedBody<Update[]>(call, updating);
  const changes = updates.map(({ groupUuid, vaultUuid, permission }) => {
    const vault = vaultById(call, vaultUuid);
    const access = { ...accessOf(vault, groupById(call, groupUuid)), acl: permission };
    return { vault, changed: new Map([[groupUuid, access]]) };
  });
  const named = new Set(updates.map(({ groupUuid, vaultUuid }) => groupUuid + vaultUuid));
  if (named.size < updates.length) throw badRequest("body: names a group and a vault twice");
  for (const { vault, changed } of changes) setAccess(vault, changed);
  return DONE;
}

/** `DELETE /api/v1/vault/<vault>/group/<group>`. Assumed: the same. */
export function revokeAccess(call: Call): Reply {
  const vault = vaultOf(call);
  const group = groupById(call, param(call, "group"));
  accessOf(vault, group);
  setAccess(vault, new Map([[group.uuid, undefined]]));
  return DONE;
}

function accessOf({ groups }: Vault, { uuid }: Group): VaultAccess {
  const access = groups.get(uuid);
  if (access === undefined) throw notFound("the group has no access to this vault");
  return access;
}
