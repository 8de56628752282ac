import {
  type Account,
  makeVaultKey,
  sealItem,
  toTime,
  type Vault,
  type WireItem,
} from "./account.js";
import { fault } from "./checks.js";
import { openJson, type SymmetricJwk, sealJson } from "./crypto.js";
import type { ItemDescription, ItemState } from "./description.js";
import { type Group, sealAccess, setAccess, type VaultAccess } from "./groups.js";
import { changeDetails, documentIds, TRASHED } from "./items.js";
import type { Json, JsonObject } from "./json.js";
import { ownOf } from "./own.js";
import { validateChange, validateItem, validateName } from "./validate.js";

/** What is to be different about an item; all else stays, ids included. */
export interface ItemChange {
  title?: string;
  state?: ItemState;
  username?: string;
  password?: string;
  notes?: string;
  /** New values of fields that the item has, by title. */
  fields?: Record<string, string>;
}

/**
 * Changes the account while it is being used, as somebody else would. A vault or an item is named
 * by its id, or by a name that no other has. A change happens at one moment: no request sees half
 * of it. Whatever cannot be done is a `TypeError`, and changes nothing.
 */
export interface AccountEditor {
  /** Adds an item; returns its id. */
  addItem(vault: string, item: ItemDescription): Promise<string>;
  /** Renames an item, gives it other values, archives or restores it. */
  setItem(vault: string, item: string, change: ItemChange): Promise<void>;
  /** Puts another item in the place of one, which is gone; returns the new one's id. */
  replaceItem(vault: string, item: string, by: ItemDescription): Promise<string>;
  /** Removes an item for good; with the state `archived` it would be in the archive. */
  removeItem(vault: string, item: string): Promise<void>;
  /** Gives a vault another name. */
  renameVault(vault: string, name: string): Promise<void>;
  /** Gives a vault a new key, seals all that is in it with that, and it for all who have access. */
  rotateVaultKey(vault: string): Promise<void>;
  /** What a group may do with a vault; `undefined` if it has no access. Both by id or by name. */
  groupAccess(vault: string, group: string): Promise<{ permissions: number } | undefined>;
}

/** What the editor needs of the service. */
interface Edited {
  readonly account: Account;
  readonly now: () => number;
}

/** The editor of a service's account. */
export class Editor implements AccountEditor {
  readonly #account: Account;
  readonly #now: () => string;

  constructor({ account, now }: Edited) {
    this.#account = account;
    this.#now = () => toTime(now());
  }

  // Arrow functions, so that each can be handed over on its own.
  readonly addItem = async (vaultName: string, given: ItemDescription): Promise<string> => {
    const item = ownOf(given);
    validateItem(item);
    const vault = await this.#findVault(vaultName);
    return commit(vault, async () => {
      const added = await this.#sealNew(vault, item);
      return () => keep(vault, added);
    });
  };

  readonly setItem = async (
    vaultName: string,
    itemName: string,
    given: ItemChange,
  ): Promise<void> => {
    const change = ownOf(given);
    validateChange(change);
    const vault = await this.#findVault(vaultName);
    // The name may be the very thing that changes: it is looked up once.
    const { uuid } = await findItem(vault, itemName);
    await commit(vault, async () => {
      const changed = await this.#alter(vault, await findItem(vault, uuid), change);
      return () => keep(vault, changed);
    });
  };

  readonly replaceItem = async (
    vaultName: string,
    itemName: string,
    given: ItemDescription,
  ): Promise<string> => {
    const by = ownOf(given);
    validateItem(by);
    const vault = await this.#findVault(vaultName);
    const { uuid } = await findItem(vault, itemName);
    return commit(vault, async () => {
      const gone = await this.#remover(vault, await findItem(vault, uuid));
      const added = await this.#sealNew(vault, by);
      return () => {
        gone();
        return keep(vault, added);
      };
    });
  };

  readonly removeItem = async (vaultName: string, itemName: string): Promise<void> => {
    const vault = await this.#findVault(vaultName);
    const { uuid } = await findItem(vault, itemName);
    await commit(vault, async () => this.#remover(vault, await findItem(vault, uuid)));
  };

  readonly renameVault = async (vaultName: string, name: string): Promise<void> => {
    validateName(name);
    const vault = await this.#findVault(vaultName);
    await commit(vault, async () => {
      const attributes = await open(vault, vault.wire["encAttrs"]);
      if (attributes === undefined) throw fault("vault", "its attributes cannot be opened");
      const encAttrs = await sealJson(vault.keyId, vault.key, { ...attributes, name });
      return () => {
        vault.wire = { ...vault.wire, ...this.#nextVersion(vault), encAttrs };
      };
    });
  };

  readonly rotateVaultKey = async (vaultName: string): Promise<void> => {
    const vault = await this.#findVault(vaultName);
    await commit(vault, async () => {
      const { combinedAccess } = vault.wire as { combinedAccess: { vaultKeySN: number } };
      const serial = combinedAccess.vaultKeySN + 1;
      const made = await makeVaultKey(vault.description, vault.uuid, this.#account, serial);
      const reseal = (sealed: unknown) => resealed(vault, sealed as Json, made);
      const encAttrs = await reseal(vault.wire["encAttrs"]);
      const items: WireItem[] = [];
      for (const item of vault.items.values()) {
        const encOverview = await reseal(item.encOverview);
        const encDetails = await reseal(item.encDetails);
        items.push({ ...item, encryptedBy: made.keyId, encOverview, encDetails });
      }
      const access = await this.#resealedAccess(vault, made.jwk, serial);
      return () => {
        vault.wire = {
          ...vault.wire,
          ...this.#nextVersion(vault),
          encAttrs,
          combinedAccess: made.access,
        };
        vault.keyId = made.keyId;
        vault.key = made.key;
        vault.jwk = made.jwk;
        setAccess(vault, access);
        for (const item of items) keep(vault, item);
      };
    });
  };

  readonly groupAccess = async (
    vaultName: string,
    groupName: string,
  ): Promise<{ permissions: number } | undefined> => {
    const vault = await this.#findVault(vaultName);
    const access = vault.groups.get(this.#findGroup(groupName).uuid);
    return access && { permissions: access.acl };
  };

  /** The access of all groups to a vault that is to have this key. */
  async #resealedAccess(
    { uuid, groups }: Vault,
    jwk: SymmetricJwk,
    serial: number,
  ): Promise<Map<string, VaultAccess>> {
    const resealed = new Map<string, VaultAccess>();
    for (const [id, { acl }] of groups) {
      const group = this.#account.groups.get(id) as Group;
      resealed.set(id, await sealAccess(group, { uuid, jwk }, acl, serial));
    }
    return resealed;
  }

  #findGroup(wanted: string): Group {
    const { groups } = this.#account;
    const named = [...groups.values()].filter(({ name }) => name === wanted);
    return groups.get(wanted) ?? theOnly(named, "group");
  }

  async #findVault(wanted: string): Promise<Vault> {
    const vaults = this.#account.vaults;
    const known = vaults.get(wanted);
    if (known !== undefined) return known;
    const named = await matching(vaults.values(), async (vault) => {
      return (await open(vault, vault.wire["encAttrs"]))?.["name"] === wanted;
    });
    return theOnly(named, "vault");
  }

  async #sealNew(vault: Vault, item: ItemDescription): Promise<WireItem> {
    for (const { uuid, items } of this.#account.vaults.values()) {
      const taken = item.id !== undefined && (item.id === uuid || items.has(item.id));
      if (taken) throw fault("item.id", "is taken already");
    }
    return sealItem(vault, item, this.#account, this.#now());
  }

  async #alter(vault: Vault, item: WireItem, change: ItemChange): Promise<WireItem> {
    const { title, state, ...rest } = change;
    const values = ownOf(rest);
    const { keyId, key } = vault;
    const overview = await open(vault, item.encOverview);
    const details = await open(vault, item.encDetails);
    if (overview === undefined || details === undefined) throw fault("item", "cannot be opened");
    if (title !== undefined) overview["title"] = title;
    if (values.username !== undefined) overview["ainfo"] = values.username;
    changeDetails(details, values);
    return {
      ...item,
      trashed: state === undefined ? item.trashed : TRASHED[state],
      updatedAt: this.#now(),
      itemVersion: item.itemVersion + 1,
      encOverview: await sealJson(keyId, key, overview),
      encDetails: await sealJson(keyId, key, details),
    };
  }

  /** Removes an item and its files once it is called. */
  async #remover(vault: Vault, item: WireItem): Promise<() => void> {
    const documents = documentIds(await open(vault, item.encDetails));
    return () => {
      vault.items.delete(item.uuid);
      vault.contentVersion += 1;
      for (const document of documents) this.#account.files.delete(document);
    };
  }

  #nextVersion({ wire }: Vault): JsonObject {
    return { attrVersion: (wire["attrVersion"] as number) + 1, updatedAt: this.#now() };
  }
}

/**
 * Prepares a change, and makes it without another await; prepares it anew if something else in the
 * vault has changed meanwhile.
 */
async function commit<T>(vault: Vault, prepare: () => Promise<() => T>): Promise<T> {
  for (;;) {
    const { contentVersion, wire, groups } = vault;
    const make = await prepare();
    const isSame = vault.contentVersion === contentVersion && vault.wire === wire;
    if (isSame && vault.groups === groups) return make();
  }
}

function keep(vault: Vault, item: WireItem): string {
  vault.items.set(item.uuid, item);
  vault.contentVersion += 1;
  return item.uuid;
}

async function findItem(vault: Vault, wanted: string): Promise<WireItem> {
  const known = vault.items.get(wanted);
  if (known !== undefined) return known;
  const named = await matching(vault.items.values(), async ({ encOverview }) => {
    return (await open(vault, encOverview))?.["title"] === wanted;
  });
  return theOnly(named, "item");
}

async function matching<T>(all: Iterable<T>, test: (one: T) => Promise<boolean>): Promise<T[]> {
  const found: T[] = [];
  for (const one of all) if (await test(one)) found.push(one);
  return found;
}

function theOnly<T>([first, ...others]: readonly T[], kind: string): T {
  if (first === undefined) throw fault(kind, `no ${kind} has this id or name`);
  if (others.length > 0) throw fault(kind, `several have this name: use the id`);
  return first;
}

async function open({ keyId, key }: Vault, sealed: unknown): Promise<JsonObject | undefined> {
  return (await openJson(keyId, key, sealed)) as JsonObject | undefined;
}

/** The same under another key; what cannot be opened stays as it is. */
async function resealed(
  vault: Vault,
  sealed: Json,
  { keyId, key }: { keyId: string; key: CryptoKey },
): Promise<Json> {
  const opened = await open(vault, sealed);
  return opened === undefined ? sealed : sealJson(keyId, key, opened);
}
