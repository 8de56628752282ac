import type { Vault, WireItem } from "./account.js";
import { openJson } from "./crypto.js";
import { isObjectId } from "./ids.js";
import { TRASHED } from "./items.js";
import { isObject, type Json } from "./json.js";
import { badRequest, conflict } from "./refusal.js";
import { type Call, param, type Reply, vaultOf } from "./service.js";

const STATES = Object.values(TRASHED);

/**
 * `PATCH /api/v3/vault/<vault>/<contentVersion>/items`: all items of the body, or none.
 *
 * Assumed: that an item's own stale version is a conflict too.
 */
export async function writeItems(call: Call): Promise<Reply> {
  const vault = vaultOf(call);
  if (!Array.isArray(call.body)) throw badRequest("body: must be a list of items");
  const written: WireItem[] = [];
  for (const item of call.body as unknown[]) {
    written.push(await checkItem(vault, item, call.service.account.userUuid));
  }
  if (new Set(written.map((item) => item.uuid)).size < written.length) {
    throw badRequest("body: must name each item once");
  }
  // The versions last, and with no await after them: overlapping writes must not both succeed.
  if (param(call, "version") !== String(vault.contentVersion)) throw conflict("vault has changed");
  for (const { uuid, itemVersion } of written) {
    if (itemVersion !== (vault.items.get(uuid)?.itemVersion ?? 0))
      throw conflict("item has changed");
  }
  const updatedItems: Record<string, Json> = {};
  for (const item of written) {
    item.itemVersion += 1;
    updatedItems[item.uuid] = item.itemVersion;
    vault.items.set(item.uuid, item);
  }
  vault.contentVersion += 1;
  return { json: { contentVersion: vault.contentVersion, updatedItems, failedItems: {} } };
}

async function checkItem(vault: Vault, item: unknown, changerUuid: string): Promise<WireItem> {
  if (!isObject(item)) throw badRequest("body: must be a list of items");
  const text = (name: string): string => {
    const value = item[name];
    if (typeof value !== "string") throw badRequest(`body: ${name} must be text`);
    return value;
  };
  if (!isObjectId(text("uuid"))) throw badRequest("body: uuid must be an object id");
  if (!STATES.includes(text("trashed"))) throw badRequest("body: trashed must be a state");
  if (text("encryptedBy") !== vault.keyId) throw badRequest("body: encryptedBy another key");
  if (!Number.isSafeInteger(item["itemVersion"])) throw badRequest("body: itemVersion");
  for (const part of ["encOverview", "encDetails"]) {
    if ((await openJson(vault.keyId, vault.key, item[part])) === undefined) {
      throw badRequest(`body: ${part} is not sealed with the vault key`);
    }
  }
  return {
    uuid: text("uuid"),
    templateUuid: text("templateUuid"),
    trashed: text("trashed"),
    createdAt: text("createdAt"),
    updatedAt: text("updatedAt"),
    changerUuid,
    itemVersion: item["itemVersion"] as number,
    encryptedBy: vault.keyId,
    encOverview: item["encOverview"] as Json,
    encDetails: item["encDetails"] as Json,
  };
}
