import type { CallOptions } from "./config.js";
import { OnePasswordError } from "./errors.js";
import { checkRejected, parseRecipients, toWire } from "./recipients.js";
import type { Item } from "./shapes.js";
import { checkAllowed, checkPolicy, checkTerms, policyOf } from "./share_policy.js";
import type { ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "./share_types.js";
import { ACTS, protocolError, type Steps } from "./steps.js";
import { checkItem, encodeItem, type GivenItem, invalid, type StoredFile } from "./stored_item.js";
import { quoted } from "./told.js";

/** Shares items by links. */
export interface ItemShares {
  /**
   * The account's rules for sharing an item.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  getAccountPolicy(
    vault: string,
    item: string,
    options?: CallOptions,
  ): Promise<ItemShareAccountPolicy>;
  /**
   * E-mail addresses and domains as recipients: in lower case, each once.
   *
   * @throws {OnePasswordError} `recipientInvalid` for what is none, `recipientsRejected` naming those
   * with whom the account does not share
   */
  validateRecipients(
    policy: ItemShareAccountPolicy,
    recipients: readonly string[],
    options?: CallOptions,
  ): Promise<ValidRecipient[]>;
  /**
   * Shares an item as it was read, or as it was changed since, and gives the link, which is a secret:
   * the key is in it. The service has no key for what is shared. Earlier passwords and fields that refer to other items are not
   * shared. It changes nothing about the item.
   *
   * @throws {OnePasswordError} `sharingNotAllowed` naming the rule that is broken, before anything is
   * sent; `itemInvalid` naming the field that cannot be shared
   */
  create(
    item: Item,
    policy: ItemShareAccountPolicy,
    params: ItemShareParams,
    options?: CallOptions,
  ): Promise<string>;
}

/**
 * Shares items.
 *
 * @internal
 */
export function sharesOf(begin: (options: CallOptions | undefined) => Steps): ItemShares {
  return {
    getAccountPolicy: async (vault, item, options) => {
      const steps = begin(options);
      const vaultId = await steps.vaultId(vault);
      const itemId = await steps.itemId(vaultId, item);
      const target = `/api/v4/itemshare/preflight/${vaultId}/${itemId}`;
      return policyOf(await steps.request(ACTS.policy, target));
    },
    validateRecipients: async (policy, texts, options) => {
      const recipients = parseRecipients(checkPolicy(policy), texts);
      const target = "/api/v4/itemshare/validate-recipients";
      const body = { recipients: recipients.map(toWire) };
      checkRejected(await begin(options).request(ACTS.recipients, target, body));
      return recipients;
    },
    create: async (item, policy, params, options) => {
      const given = checkItem(item);
      const rules = checkPolicy(policy);
      const terms = checkTerms(params);
      const expiry = checkAllowed(rules, terms, given.fileIds.length > 0);
      // What cannot be written is told before anything is asked for.
      encodeItem(given, []);
      const steps = begin(options);
      if (!(await steps.hasKey(given.vaultId))) await steps.openVault(given.vaultId);
      const files = await storedFiles(steps, given, rules.files.maxSize);
      const { overview, details } = encodeItem(given, files);
      const sealed = await steps.act(ACTS.sealShare, given.vaultId, overview, details);
      const { secret, ...share } = JSON.parse(sealed) as { secret: string };
      const { recipients, oneTimeOnly } = terms;
      const answer = await steps.request(ACTS.share, "/api/v4/itemshare", {
        ...share,
        vaultUuid: given.vaultId,
        itemUuid: given.id,
        itemVersion: given.version,
        fileReferences: given.fileIds.map((fileUuid) => ({ fileUuid })),
        type: recipients.length > 0 ? "A" : "P",
        ...(recipients.length > 0 ? { recipients: recipients.map(toWire) } : {}),
        expiry,
        ...(oneTimeOnly ? { maxViews: 1 } : {}),
      });
      return linkOf(answer, secret);
    },
  };
}

/**
 * What is stored of an item's files, as a share has it: without the keys that sign them.
 *
 * @throws {OnePasswordError} `itemInvalid` for one that cannot be shared, `fileTooLarge`
 */
async function storedFiles(
  steps: Steps,
  { vaultId, id, fileIds }: GivenItem,
  maxSize: number,
): Promise<StoredFile[]> {
  if (fileIds.length === 0) return [];
  type Kept = (StoredFile & { isSigned: boolean }) | null;
  const kept = JSON.parse(await steps.act(ACTS.files, vaultId, id, ...fileIds)) as Kept[];
  return kept.map((file, at) => {
    const of = `the file with the id ${quoted(fileIds[at])}`;
    if (file === null) throw invalid(of, "is not, or no longer, a file of the item: read it again");
    const { isSigned, ...stored } = file;
    if (!isSigned) {
      throw invalid(of, "was stored without a signing key, and cannot be shared: store it again");
    }
    if (stored.encryptedSize <= maxSize) return stored;
    throw new OnePasswordError({
      code: "fileTooLarge",
      message: `the file ${quoted(stored.fileName)} has ${stored.encryptedSize} bytes as it is stored; at most ${maxSize} may be shared`,
    });
  });
}

/** @throws {OnePasswordError} `protocol` if the secret would go astray, or the page over the wire in the clear */
function linkOf(answer: unknown, secret: string): string {
  const { url } = (answer ?? {}) as { url?: unknown };
  if (typeof url === "string" && /^https:\/\/[^\s#]+$/.test(url)) return `${url}#${secret}`;
  throw protocolError("a share came without a secure address");
}
