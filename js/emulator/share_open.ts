import { openJson } from "./crypto.js";
import type { Bytes } from "./encoding.js";
import { openFile } from "./files.js";
import { fileAttributes } from "./items.js";
import type { JsonObject } from "./json.js";
import { deriveShareKeys } from "./share_keys.js";
import { domainOf, type ShareRecipient, type Sharing } from "./share_policy.js";

/** A share as it was uploaded. Everything in it but the ids and the conditions is sealed. */
export interface StoredShare {
  readonly uuid: string;
  readonly token: string;
  readonly vaultUuid: string;
  readonly itemUuid: string;
  readonly itemVersion: number;
  readonly encOverview: JsonObject;
  readonly encDetails: JsonObject;
  /** Sealed with the vault's key. */
  readonly encShareSecret: JsonObject;
  /** Null where the policy allows no files, or empty. */
  readonly fileReferences: readonly { readonly fileUuid: string }[] | null;
  /** `A` for recipients who authenticate themselves, `P` for everybody who has the link. */
  readonly type: "A" | "P";
  readonly recipients?: readonly ShareRecipient[];
  /** How long it can be opened, in seconds. */
  readonly expiry: number;
  readonly maxViews?: 1;
}

/** A share as the service keeps it. */
export interface KeptShare {
  readonly body: StoredShare;
  /** The sealed bytes of its files, by document id: a share is a copy. */
  readonly files: ReadonlyMap<string, Bytes>;
  readonly endMs: number;
  readonly maxViews: number;
  /** How often it was viewed, by recipient; by `""` if it is public. */
  readonly views: Map<string, number>;
}

/** What a recipient sees. */
export interface OpenedShare {
  readonly overview: JsonObject;
  readonly details: JsonObject;
  readonly files: readonly SharedFile[];
  readonly itemId: string;
  readonly vaultId: string;
}

/** A file of a share. */
export interface SharedFile {
  readonly name: string;
  readonly content: Uint8Array;
}

const MESSAGES = {
  unknown: "no share has this link",
  expired: "the share has expired",
  viewed: "the share was viewed as often as it may be",
  recipient: "the share is for others",
} as const;

/** A share that cannot be opened. */
export class ShareRefusal extends Error {
  override readonly name = "ShareRefusal";

  constructor(
    /** Why, in a word. */
    readonly reason: keyof typeof MESSAGES,
  ) {
    super(MESSAGES[reason]);
  }
}

/** What opening a share needs of the service. */
interface Sharer {
  readonly account: { readonly sharing: Sharing };
  readonly shares: ReadonlyMap<string, KeptShare>;
  readonly now: () => number;
}

/**
 * Opens a share as a recipient would, with nothing but the link. How a recipient's page asks for it
 * is not known, so there is no endpoint for it.
 *
 * Each recipient may view it as often as it may be viewed (documented).
 */
export async function openShare(
  { account, shares, now }: Sharer,
  link: string,
  recipient = "",
): Promise<OpenedShare> {
  const prefix = `${account.sharing.url}#`;
  const keys = link.startsWith(prefix)
    ? await deriveShareKeys(link.slice(prefix.length))
    : undefined;
  const share = keys && shares.get(keys.uuid);
  if (share === undefined || share.body.token !== keys?.token) throw new ShareRefusal("unknown");
  if (now() >= share.endMs) throw new ShareRefusal("expired");
  if (!isFor(share.body, recipient)) throw new ShareRefusal("recipient");
  const viewer = share.body.type === "A" ? recipient.toLowerCase() : "";
  const views = share.views.get(viewer) ?? 0;
  if (views >= share.maxViews) throw new ShareRefusal("viewed");
  share.views.set(viewer, views + 1);
  const open = (sealed: JsonObject) => openJson(keys.uuid, keys.key, sealed) as Promise<JsonObject>;
  const details = await open(share.body.encDetails);
  const files: SharedFile[] = [];
  for (const attributes of fileAttributes(details)) {
    const sealed = share.files.get(attributes["documentId"] as string) as Bytes;
    files.push(await openFile(attributes, sealed));
  }
  const { itemUuid: itemId, vaultUuid: vaultId } = share.body;
  return { overview: await open(share.body.encOverview), details, files, itemId, vaultId };
}

function isFor({ type, recipients = [] }: StoredShare, recipient: string): boolean {
  const email = recipient.toLowerCase();
  const fits = (one: ShareRecipient) =>
    one.type === "E" ? one.email === email : email.includes("@") && one.domain === domainOf(email);
  return type === "P" || recipients.some(fits);
}
