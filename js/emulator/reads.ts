import type { WireItem } from "./account.js";
import { isObjectId } from "./ids.js";
import { badRequest, notFound } from "./refusal.js";
import { type Call, members, param, type Reply, toWireVault, vaultOf } from "./service.js";

const BATCH_LIMIT = 50;

/** `GET /api/v2/account/keysets` */
export function listKeysets({ service }: Call): Reply {
  return { json: { version: 1, keysets: service.account.keysets } };
}

/** `GET /api/v1/vaults`: an array, in no envelope of its own. */
export function listVaults({ service }: Call): Reply {
  return { json: [...service.account.vaults.values()].map(toWireVault) };
}

/** `GET /api/v3/vault/<vault>` */
export function getVault(call: Call): Reply {
  return { json: toWireVault(vaultOf(call)) };
}

/** `GET /api/v3/vault/<vault>`, and who has access to it: the service account, and groups. */
export function getVaultAccess(call: Call): Reply {
  const vault = vaultOf(call);
  const access = [vault.wire["combinedAccess"] ?? null, ...vault.groups.values()];
  return { json: { ...toWireVault(vault), access } };
}

/** `GET /api/v3/vault/<vault>` without a query. Assumed: that it leaves the vault's key out. */
export function getBareVault(call: Call): Reply {
  const { combinedAccess: _, ...bare } = toWireVault(vaultOf(call));
  return { json: bare };
}

/** `GET /api/v1/vault/<vault>/items/overviews`: every item, whatever its state. */
export function listOverviews(call: Call): Reply {
  const { contentVersion, items } = vaultOf(call);
  const overviews = [...items.values()].map(({ encDetails: _, ...overview }) => overview);
  return { json: { contentVersion, items: overviews, batchComplete: true, deletedItemUuids: [] } };
}

/** `GET /api/v1/vault/<vault>/item/<item>` */
export function getItem(call: Call): Reply {
  const { contentVersion, items } = vaultOf(call);
  const item = items.get(param(call, "item"));
  if (item === undefined) throw notFound("no such item");
  return { json: { contentVersion, item } };
}

/**
 * `POST /api/v3/vault/<vault>/items/batch`: in the order of the question, once for every time that
 * an item is asked for, because the vendor's client repeats itself and pairs by position.
 *
 * Assumed: that unknown items are left out.
 */
export function getItems(call: Call): Reply {
  const { contentVersion, items } = vaultOf(call);
  const { itemUuids } = members(call);
  if (!Array.isArray(itemUuids)) throw badRequest("body: itemUuids must be a list");
  if (itemUuids.length === 0 || itemUuids.length > BATCH_LIMIT) {
    throw badRequest(`body: itemUuids must name 1 to ${BATCH_LIMIT} items`);
  }
  if (!itemUuids.every((id) => typeof id === "string" && isObjectId(id))) {
    throw badRequest("body: itemUuids must be object ids");
  }
  const found: (WireItem | undefined)[] = itemUuids.map((id: string) => items.get(id));
  return { json: { contentVersion, items: found.filter((item) => item !== undefined) } };
}

/** `GET /api/v3/file/<document>`, and the same below vault and item: sealed by its own key, so in no envelope. */
export function getFile(call: Call): Reply {
  const bytes = call.service.account.files.get(param(call, "document"));
  if (bytes === undefined) throw notFound("no such file");
  return { bytes };
}
