import { check, checkNames, listOf, membersOf } from "./check.js";
import type { CallOptions } from "./config.js";
import { hasCode, OnePasswordError } from "./errors.js";
import { bitsOf, type Permissions } from "./permissions.js";
import type { VaultAccess } from "./shapes.js";
import { ACTS, isId, protocolError, type Steps } from "./steps.js";
import { quoted } from "./told.js";

/** What groups are for. */
export enum GroupType {
  Owners = "owners",
  Administrators = "administrators",
  Recovery = "recovery",
  ExternalAccountManagers = "externalAccountManagers",
  TeamMembers = "teamMembers",
  UserDefined = "userDefined",
  /** One that is not known here. */
  Unsupported = "unsupported",
}

/** Whether a group is there. */
export enum GroupState {
  Active = "active",
  Deleted = "deleted",
  /** One that is not known here. */
  Unsupported = "unsupported",
}

/** A group of members of an account. */
export interface Group {
  id: string;
  title: string;
  description: string;
  groupType: GroupType;
  state: GroupState;
  /** Null unless it was asked for. */
  vaultAccess?: VaultAccess[];
}

/** What is asked for of a group. */
export interface GroupGetParams {
  /** Whether to say which vaults it reaches. */
  vaultPermissions?: boolean;
}

/** What a group is to do with a vault that is named elsewhere. */
export interface GroupAccess {
  readonly groupId: string;
  /** Bits such as `READ_ITEMS`, or their names. Not 0. */
  readonly permissions: Permissions;
}

/** What a group is to do with a vault. */
export interface GroupVaultAccess extends GroupAccess {
  /** The vault's id or name. */
  readonly vaultId: string;
}

/** Reads groups. */
export interface Groups {
  /**
   * A group.
   *
   * @throws {OnePasswordError} saying what stands in the way: `groupNotFound` if there is none
   */
  get(groupId: string, params?: GroupGetParams, options?: CallOptions): Promise<Group>;
}

const TYPES: Readonly<Record<string, GroupType>> = {
  O: GroupType.Owners,
  A: GroupType.Administrators,
  R: GroupType.Recovery,
  E: GroupType.ExternalAccountManagers,
  M: GroupType.TeamMembers,
  U: GroupType.UserDefined,
};
const STATES: Readonly<Record<string, GroupState>> = {
  A: GroupState.Active,
  D: GroupState.Deleted,
};
// The vendor's client refuses an answer that lacks one of these (observed).
const TEXTS = "uuid type state name desc createdAt updatedAt activeKeysetUuid".split(" ");
const NUMBERS = ["attrVersion", "permissions"];
const ACCESS_TEXTS = ["vaultUuid", "accessorType", "accessorUuid", "encryptedBy"];
const ACCESS_NUMBERS = ["acl", "leaseTimeout", "vaultKeySN"];

/**
 * Reads groups.
 *
 * @internal
 */
export function groupsOf(begin: (options: CallOptions | undefined) => Steps): Groups {
  return {
    get: async (groupId, params = {}, options) => {
      checkGroup(groupId);
      check(typeof params === "object" && params !== null, "params must be an object");
      const wanted = membersOf(params);
      checkNames(wanted, ["vaultPermissions"], "groups.get");
      const { vaultPermissions = false } = wanted;
      check(typeof vaultPermissions === "boolean", "vaultPermissions must be true or false");
      const query = vaultPermissions ? "?attrs=vault-access" : "";
      const steps = begin(options);
      const answer = steps.request(ACTS.group, `/api/v2/group/${groupId}${query}`);
      return groupOf(await answer.catch((error) => missing(error, groupId)), groupId);
    },
  };
}

/** @throws {OnePasswordError} */
function missing(error: unknown, groupId: string): never {
  throw hasCode(error, "notFound") ? groupNotFound(groupId) : error;
}

function groupOf(answer: unknown, groupId: string): Group {
  const group = membersOf(answer);
  const { uuid, type, state, name, desc, vaultAccess } = group;
  if (!has(group, TEXTS, NUMBERS)) {
    throw protocolError("a group came without one of its members");
  }
  if (vaultAccess != null && !Array.isArray(vaultAccess)) {
    throw protocolError("the list of who has access to a vault is none");
  }
  if (uuid !== groupId) throw protocolError("the server answered with another group");
  const known = <T>(names: Readonly<Record<string, T>>, letter: unknown, other: T): T =>
    (Object.hasOwn(names, letter as string) ? names[letter as string] : undefined) ?? other;
  return {
    id: groupId,
    title: name as string,
    description: desc as string,
    groupType: known(TYPES, type, GroupType.Unsupported),
    state: known(STATES, state, GroupState.Unsupported),
    vaultAccess: (Array.isArray(vaultAccess) ? vaultAccess.map(accessOf) : null) as VaultAccess[],
  };
}

/** Kinds of accessors that are not known, and bits beyond 32, are shown as they came. */
function accessOf(entry: unknown): VaultAccess {
  const access = membersOf(entry);
  const { vaultUuid, accessorType, accessorUuid, acl, encVaultKey } = access;
  const isWhole = has(access, ACCESS_TEXTS, ACCESS_NUMBERS) && typeof encVaultKey === "object";
  if (!isWhole || Number(acl) < 0) {
    throw protocolError("the list of who has access to a vault lacks something");
  }
  return { vaultUuid, accessorType, accessorUuid, permissions: acl } as VaultAccess;
}

function has(of: Record<string, unknown>, texts: string[], numbers: string[]): boolean {
  return (
    texts.every((name) => typeof of[name] === "string") &&
    numbers.every((name) => Number.isInteger(of[name]))
  );
}

/**
 * A group's id: it has no other name here.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function checkGroup(groupId: unknown): string {
  check(isId(groupId), "groupId must be a group's id: 26 letters and digits, in lower case");
  return groupId as string;
}

/** No group has this id. */
export function groupNotFound(groupId: string): OnePasswordError {
  return new OnePasswordError({
    code: "groupNotFound",
    message: `no group has the id ${quoted(groupId)}; check it, and whether the group was deleted`,
  });
}

/** A group, and bits. */
export interface CheckedAccess {
  readonly groupId: string;
  readonly permissions: number;
}

/**
 * What groups are to do with vaults, each entry with what else it has.
 *
 * @throws {OnePasswordError} `argumentInvalid` naming what is wrong with the first entry that is wrong
 */
export function checkAccesses<T extends object>(
  list: readonly GroupAccess[],
  more: (entry: Record<string, unknown>) => T,
): (CheckedAccess & T)[] {
  const rule = "groupPermissionsList must be an array of objects with groupId and permissions";
  const entries = listOf(list);
  check(entries !== undefined, rule);
  return entries.map((entry) => {
    check(typeof entry === "object" && entry !== null, rule);
    const { groupId, permissions, ...others } = membersOf(entry);
    const bits = bitsOf(permissions);
    check(
      Number.isSafeInteger(bits) && (bits as number) > 0,
      "permissions must be names such as READ_ITEMS, or a whole number of bits above 0; to take all access away, use revokeGroupPermissions",
    );
    return { groupId: checkGroup(groupId), permissions: bits as number, ...more(others) };
  });
}
