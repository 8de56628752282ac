import type { SharingDescription } from "./description.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { ownOf } from "./own.js";
import { forbidden } from "./refusal.js";

const URL = "https://share.1password.com/s";

const POLICY: JsonObject = {
  maxExpiry: 2_592_000,
  defaultExpiry: 604_800,
  maxViews: null,
  allowedTypes: ["A", "P"],
  allowedRecipientTypes: ["E", "D"],
  files: { allowed: true, maxSize: 52_428_800 },
};

/** How the account's items may be shared. */
export interface Sharing {
  /** As the wire has it. */
  readonly policy: JsonObject;
  /** Addresses and domains, in lower case. */
  readonly rejected: ReadonlySet<string>;
  /** What links begin with, before `#`. */
  readonly url: string;
}

/** Someone who may open a share: an address, or everybody who has one in a domain. */
export type ShareRecipient = { type: "E"; email: string } | { type: "D"; domain: string };

/** What the policy has a say in. */
interface Asked {
  readonly type: string;
  readonly recipients?: readonly ShareRecipient[];
  readonly expiry: number;
  readonly maxViews?: number;
}

/** How a description lets items be shared. */
export function buildSharing(
  { policy = {}, rejectedRecipients = [], url = URL }: SharingDescription = ownOf({}),
): Sharing {
  const files = isObject(policy["files"])
    ? { files: { ...(POLICY["files"] as JsonObject), ...policy["files"] } }
    : {};
  const rejected = new Set(rejectedRecipients.map((recipient) => recipient.toLowerCase()));
  return { policy: ownOf({ ...POLICY, ...policy, ...files }), rejected, url };
}

/**
 * Whether the account lets this recipient have anything. Assumed: that an address is rejected with
 * its domain, and a kind of recipient that the policy does not allow.
 */
export function isRejected(
  { policy, rejected }: Sharing,
  recipient: ShareRecipient,
  allowedKinds: unknown = policy["allowedRecipientTypes"],
): boolean {
  const names =
    recipient.type === "D" ? [recipient.domain] : [recipient.email, domainOf(recipient.email)];
  return !allows(allowedKinds, recipient.type) || names.some((name) => rejected.has(name));
}

/** What follows the last `@` of an address. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}

/**
 * Refuses a share that the policy does not allow, with files of these encrypted sizes (documented);
 * returns how often it may be viewed by the policy.
 *
 * Assumed: that this is 403, that `files` limits a share with files where it has a say, and that
 * `maxViews` limits shares, which may bring a lower limit of their own.
 */
export function requireAllowed(sharing: Sharing, share: Asked, sizes: readonly number[]): number {
  const { policy } = sharing;
  const files = isObject(policy["files"]) ? policy["files"] : ownOf<JsonObject>({});
  const limit = (name: string) => (sizes.length > 0 ? files[name] : undefined) ?? policy[name];
  if (!allows(limit("allowedTypes"), share.type)) throw forbidden("the policy forbids this type");
  if (share.expiry > toNumber(limit("maxExpiry"))) {
    throw forbidden("the policy forbids an expiry that long");
  }
  const kinds = limit("allowedRecipientTypes");
  if (share.recipients?.some((it) => isRejected(sharing, it, kinds))) {
    throw forbidden("the policy forbids one of the recipients");
  }
  if (sizes.length > 0 && files["allowed"] === false) throw forbidden("the policy forbids files");
  if (sizes.some((size) => size > toNumber(files["maxSize"]))) {
    throw forbidden("the policy forbids a file that large");
  }
  const maxViews = toNumber(limit("maxViews"));
  if ((share.maxViews ?? 0) > maxViews) throw forbidden("the policy forbids that many views");
  return maxViews;
}

/** Whether a list of the policy names this; what is no list allows everything. */
function allows(list: unknown, wanted: Json): boolean {
  return !Array.isArray(list) || list.includes(wanted);
}

function toNumber(limit: unknown): number {
  return typeof limit === "number" ? limit : Number.POSITIVE_INFINITY;
}
