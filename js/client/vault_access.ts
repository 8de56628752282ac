import { check, membersOf } from "./check.js";
import type { CallOptions } from "./config.js";
import { hasCode, OnePasswordError } from "./errors.js";
import {
  type CheckedAccess,
  checkAccesses,
  checkGroup,
  type GroupAccess,
  type GroupVaultAccess,
  groupNotFound,
} from "./groups.js";
import { ACTS, protocolError, type Steps } from "./steps.js";
import { quoted } from "./told.js";

const ALGORITHMS = ["RSA-OAEP", "RSA-OAEP-256"];
/** Base64url of 2,048 bits: RSA-OAEP with SHA-256 has no room for a vault's key in 1,024. */
const MIN_MODULUS_CHARS = 342;
/** 65,537, which all keys of the service that were recorded have. */
const EXPONENT = "AQAB";

/** Says which groups reach vaults, which are named by their ids or by their names. */
export interface GroupPermissions {
  /**
   * Gives groups access to a vault. Its key is sealed for each group with the public key that the
   * service says is the group's.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  grantGroupPermissions(
    vault: string,
    groupPermissionsList: readonly GroupAccess[],
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Says anew what groups may do with vaults that they have access to.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  updateGroupPermissions(
    groupPermissionsList: readonly GroupVaultAccess[],
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Takes a group's access to a vault away.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  revokeGroupPermissions(vault: string, groupId: string, options?: CallOptions): Promise<void>;
}

/**
 * Says which groups reach vaults. An empty list asks for nothing.
 *
 * @internal
 */
export function accessOf(begin: (options: CallOptions | undefined) => Steps): GroupPermissions {
  return {
    grantGroupPermissions: async (vault, list, options) => {
      checkVault(vault, "vault");
      const accesses = eachOnce(checkAccesses(list, () => ({})));
      const steps = begin(options);
      if (accesses.length === 0) return;
      const ids = accesses.map(({ groupId }) => groupId).join(",");
      const keys = await steps.request(ACTS.groupKeys, `/api/v1/group/pubkeys?uuids=${ids}`);
      const vaultUuid = await steps.openVault(vault);
      const vaultaccess: unknown[] = [];
      for (const access of accesses) {
        vaultaccess.push(await grantOf(steps, vaultUuid, access, publicKey(keys, access.groupId)));
      }
      const target = `/api/v2/vault/${vaultUuid}/vaultaccess`;
      await steps.change(ACTS.grant, target, { vaultaccess });
    },
    updateGroupPermissions: async (list, options) => {
      const accesses = checkAccesses(list, ({ vaultId }) => {
        return { vaultId: checkVault(vaultId, "vaultId") };
      });
      const steps = begin(options);
      if (accesses.length === 0) return;
      const ids = new Map<string, string>();
      for (const { vaultId } of accesses) {
        if (!ids.has(vaultId)) ids.set(vaultId, await steps.vaultId(vaultId));
      }
      const body = accesses.map(({ vaultId, groupId, permissions }) => {
        return { groupUuid: groupId, vaultUuid: ids.get(vaultId), permission: permissions };
      });
      const places = new Set(body.map(({ groupUuid, vaultUuid }) => `${groupUuid}/${vaultUuid}`));
      check(places.size === body.length, "a group and a vault may be named together only once");
      await steps.change(ACTS.update, "/api/v2/acl/groups", body);
    },
    revokeGroupPermissions: async (vault, groupId, options) => {
      checkGroup(groupId);
      const steps = begin(options);
      const vaultId = await steps.vaultId(vault);
      await steps.change(ACTS.revoke, `/api/v1/vault/${vaultId}/group/${groupId}`);
    },
  };
}

function checkVault(vault: unknown, name: string): string {
  check(typeof vault === "string" && vault !== "", `${name} must be an id or a name`);
  return vault;
}

/** @throws {OnePasswordError} `argumentInvalid` if a group is to have two permissions */
function eachOnce(accesses: readonly CheckedAccess[]): CheckedAccess[] {
  const all = new Map<string, CheckedAccess>();
  for (const access of accesses) {
    const known = all.get(access.groupId) ?? access;
    const isOne = known.permissions === access.permissions;
    check(isOne, "groupPermissionsList must name each group once");
    all.set(access.groupId, access);
  }
  return [...all.values()];
}

/** @throws {OnePasswordError} `groupNotFound`, `protocol` */
function publicKey(keys: unknown, groupId: string): Record<string, unknown> {
  if (!Array.isArray(keys)) throw protocolError("public keys of groups came without their list");
  const found = keys.map(membersOf).find(({ uuid }) => uuid === groupId);
  if (found === undefined) throw groupNotFound(groupId);
  return membersOf(found["pubKey"]);
}

/**
 * Access to a vault with its key, sealed for a group (observed; the serial number is 1 whatever the
 * vault's is).
 *
 * @throws {OnePasswordError} `groupKeyInvalid`
 */
async function grantOf(
  steps: Steps,
  vaultUuid: string,
  { groupId, permissions }: CheckedAccess,
  { kty, kid, alg, n, e }: Record<string, unknown>,
): Promise<unknown> {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const need = (holds: boolean, reason: string) => {
    if (!holds) throw groupKeyInvalid(groupId, reason);
  };
  need(typeof n === "string", "it has no public key");
  need(
    kty === "RSA" && ALGORITHMS.includes(text(alg)),
    `its public key is not for ${ALGORITHMS.join(" or ")}`,
  );
  const isLong = text(n).replaceAll("=", "").length >= MIN_MODULUS_CHARS;
  need(text(kid) !== "" && isLong, "its public key has no id, or is shorter than 2048 bits");
  // With 1 for an exponent nothing would be sealed.
  need(e === EXPONENT, "its public key has another exponent than 65537");
  const sealing = steps.act(ACTS.sealVaultKey, vaultUuid, text(alg), text(n), EXPONENT);
  const data = await sealing.catch((error) => {
    throw hasCode(error, "decryption")
      ? groupKeyInvalid(groupId, "its public key is damaged")
      : error;
  });
  return {
    vaultUuid,
    accessorType: "group",
    accessorUuid: groupId,
    acl: permissions,
    leaseTimeout: 0,
    vaultKeySN: 1,
    encryptedBy: kid,
    encVaultKey: { cty: "b5+jwk+json", kid, enc: alg, data },
  };
}

function groupKeyInvalid(groupId: string, reason: string): OnePasswordError {
  return new OnePasswordError({
    code: "groupKeyInvalid",
    message: `no vault can be shared with the group ${quoted(groupId)}: ${reason}`,
  });
}
