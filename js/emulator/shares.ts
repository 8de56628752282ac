import type { Vault, WireItem } from "./account.js";
import {
  also,
  anything,
  type Check,
  count,
  either,
  exactly,
  fault,
  list,
  objectId,
  oneOf,
  positive,
  satisfies,
  text,
} from "./checks.js";
import { openJson, openText } from "./crypto.js";
import type { Bytes } from "./encoding.js";
import { documentIds } from "./items.js";
import { isObject, type JsonObject } from "./json.js";
import { badRequest, conflict, notFound } from "./refusal.js";
import { type Call, checkedBody, param, type Reply, vaultById, vaultOf } from "./service.js";
import { deriveShareKeys } from "./share_keys.js";
import type { StoredShare } from "./share_open.js";
import { isRejected, requireAllowed, type ShareRecipient } from "./share_policy.js";

/** Two labels at least, the last one of letters. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
const LOCAL_PART = /^[\p{L}\p{M}\p{Nd}\p{Nl}_+'-](?:[.]*[\p{L}\p{M}\p{Nd}\p{Nl}_+'-])*$/u;

const domain = satisfies(
  (value) => typeof value === "string" && DOMAIN.test(value),
  "a domain in lower case",
);
const email = satisfies((value) => {
  if (typeof value !== "string" || value !== value.toLowerCase()) return false;
  const [local = "", domain = "", ...more] = value.split("@");
  return more.length === 0 && LOCAL_PART.test(local) && DOMAIN.test(domain);
}, "an address in lower case");
const byEmail = exactly({ type: oneOf("E"), email });
const byDomain = exactly({ type: oneOf("D"), domain });
const recipients: Check = list((value, path) => {
  const isDomain = isObject(value) && value["type"] === "D";
  (isDomain ? byDomain : byEmail)(value, path);
});
const validating = exactly({ recipients });

/** The vendor's client sends null where the policy allows no files. */
const fileReferences = either(
  (value) => value === null,
  anything,
  list(exactly({ fileUuid: objectId })),
);
const envelope = exactly({ cty: text, kid: text, enc: oneOf("A256GCM"), iv: text, data: text });
const creating = also(
  exactly(
    {
      uuid: objectId,
      token: objectId,
      vaultUuid: objectId,
      itemUuid: objectId,
      itemVersion: count,
      encOverview: envelope,
      encDetails: envelope,
      encShareSecret: envelope,
      fileReferences,
      type: oneOf("A", "P"),
      expiry: positive,
    },
    { recipients, maxViews: positive },
  ),
  ({ type, recipients }, path) => {
    const given = recipients !== undefined;
    if (type === "P" && given) throw fault(`${path}.recipients`, "only with type A");
    if (type === "A" && (!given || (recipients as unknown[]).length === 0)) {
      throw fault(`${path}.recipients`, "must not be empty with type A");
    }
  },
);

/** `GET /api/v4/itemshare/preflight/<vault>/<item>`: the policy, the same for each. */
export function getSharePolicy(call: Call): Reply {
  itemOf(vaultOf(call), param(call, "item"));
  return { json: call.service.account.sharing.policy };
}

/** `POST /api/v4/itemshare/validate-recipients` */
export function validateRecipients(call: Call): Reply {
  const body = checkedBody<{ recipients: ShareRecipient[] }>(call, validating);
  const { sharing } = call.service.account;
  return {
    json: { rejectedRecipients: body.recipients.filter((it) => isRejected(sharing, it)) },
  };
}

/**
 * `POST /api/v4/itemshare`. What is sealed is opened here, though only a test double can.
 *
 * Assumed: that an item of another version is a conflict, and a file of another item a bad request.
 */
export async function createShare(call: Call): Promise<Reply> {
  const { account, shares, now } = call.service;
  const body = checkedBody<StoredShare>(call, creating);
  const vault = vaultById(call, body.vaultUuid);
  const item = itemOf(vault, body.itemUuid);
  const details = await openDetails(vault, body);
  const files = await filesOf(call, vault, item, body);
  if (!documentIds(details).every((id) => files.has(id))) {
    throw badRequest("body.fileReferences: lacks a file that encDetails names");
  }
  const sizes = [...files.values()].map((bytes) => bytes.length);
  const viewsByPolicy = requireAllowed(account.sharing, body, sizes);
  // Last, and with no await after it: overlapping requests must not both succeed.
  const isCurrent = vault.items.get(item.uuid) === item && item.itemVersion === body.itemVersion;
  if (!isCurrent) throw conflict("the item has another version");
  if (shares.has(body.uuid)) throw conflict("a share has this uuid");
  const maxViews = body.maxViews ?? viewsByPolicy;
  const endMs = now() + body.expiry * 1000;
  shares.set(body.uuid, { body, files, endMs, maxViews, views: new Map() });
  return { json: { url: account.sharing.url } };
}

function itemOf({ items }: Vault, id: string): WireItem {
  const item = items.get(id);
  if (item === undefined) throw notFound("no such item");
  return item;
}

/** What is shared, once all that is sealed has turned out to be sealed as it has to be. */
async function openDetails({ keyId, key }: Vault, share: StoredShare): Promise<JsonObject> {
  const secret = await openText(keyId, key, share.encShareSecret);
  if (secret === undefined) {
    throw badRequest("body.encShareSecret: is not sealed with the vault's key");
  }
  const keys = await deriveShareKeys(secret);
  if (keys === undefined) throw badRequest("body.encShareSecret: is not 32 bytes in base64url");
  for (const name of ["uuid", "token"] as const) {
    if (share[name] !== keys[name]) throw badRequest(`body.${name}: is not that of the secret`);
  }
  const open = async (name: "encOverview" | "encDetails"): Promise<JsonObject> => {
    const opened = await openJson(keys.uuid, keys.key, share[name]);
    if (isObject(opened)) return opened as JsonObject;
    throw badRequest(`body.${name}: is not an object that is sealed with the share's key`);
  };
  await open("encOverview");
  return open("encDetails");
}

/** The sealed bytes of the files that are shared, by document id. */
async function filesOf(
  { service }: Call,
  { keyId, key }: Vault,
  item: WireItem,
  { fileReferences }: StoredShare,
): Promise<Map<string, Bytes>> {
  const details = (await openJson(keyId, key, item.encDetails)) as JsonObject | undefined;
  const known = documentIds(details);
  const files = new Map<string, Bytes>();
  for (const [index, { fileUuid }] of (fileReferences ?? []).entries()) {
    const bytes = service.account.files.get(fileUuid);
    if (!known.includes(fileUuid) || bytes === undefined) {
      throw badRequest(`body.fileReferences[${index}].fileUuid: is no file of the item`);
    }
    files.set(fileUuid, bytes);
  }
  return files;
}
