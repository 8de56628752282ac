import { membersOf } from "./check.js";
import type { CallOptions } from "./config.js";
import { hasCode, OnePasswordError } from "./errors.js";
import { checkRejected, parseRecipients, toWire } from "./recipients.js";
import type { Item } from "./shapes.js";
import { checkAllowed, checkPolicy, checkTerms, type Limits, policyOf } from "./share_policy.js";
import type { ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "./share_types.js";
import { ACTS, protocolError, type Steps } from "./steps.js";
import { checkItem, encodeItem, type GivenItem, invalid, type StoredFile } from "./stored_item.js";
import { quoted } from "./told.js";

/** The service's domains, as the core has them: src/auth/address.rs. */
const PAGE = /^https:\/\/(?:[a-z0-9-]+\.)+1password\.(?:com|ca|eu)\/[\w./~%-]*(?:\?[\w.~%=&-]*)?$/;

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
      const { vaultId, id } = await steps.place(vault, item);
      const target = `/api/v4/itemshare/preflight/${vaultId}/${id}`;
      return policyOf(await steps.request(ACTS.policy, target));
    },
    validateRecipients: async (policy, texts, options) => {
      const recipients = parseRecipients(checkPolicy(policy), texts);
      const target = "/api/v4/itemshare/validate-recipients";
      const body = { recipients: recipients.map(toWire) };
      checkRejected(await begin(options).request(ACTS.recipients, target, body));
      return recipients;
    },
    create: (item, policy, params, options) =>
      createShare(() => begin(options), item, policy, params),
  };
}

async function createShare(
  begin: () => Steps,
  item: Item,
  policy: ItemShareAccountPolicy,
  params: ItemShareParams,
): Promise<string> {
  const given = checkItem(item);
  const rules = checkPolicy(policy);
  const terms = checkTerms(params);
  const limits = checkAllowed(rules, terms, given.fileIds.length > 0);
  // What cannot be written is told before anything is asked for.
  encodeItem(given, []);
  const steps = begin();
  const seal = () => sealShare(steps, given, rules.files.maxSize);
  const send = (sealed: SealedShare) => sendShare(steps, given, terms.recipients, limits, sealed);
  const isKnown = !steps.isFresh && (await steps.hasKey(given.vaultId));
  if (!isKnown) await steps.openForItems(given.vaultId);
  // The vault's key may have been replaced since it was remembered.
  const sealAnew = async (thrown: unknown) => {
    if (!isKnown) throw thrown;
    try {
      await steps.openForItems(given.vaultId);
      return await seal();
    } catch (other) {
      throw isEnded(other) ? other : thrown;
    }
  };
  const sealed = await seal().catch((thrown) => {
    if (!hasCode(thrown, "decryption")) throw thrown;
    return sealAnew(thrown);
  });
  try {
    return await send(sealed);
  } catch (thrown) {
    // With any other answer the item may have been shared.
    if (!(thrown instanceof OnePasswordError && thrown.status === 400)) throw thrown;
    const again = await sealAnew(thrown);
    if (again.encShareSecret.kid === sealed.encShareSecret.kid) throw thrown;
    return await send(again);
  }
}

/** What the module makes of an item, with the secret that is for the link alone. */
interface SealedShare {
  readonly secret: string;
  readonly encShareSecret: { readonly kid: string };
}

async function sealShare(steps: Steps, item: GivenItem, maxSize: number): Promise<SealedShare> {
  const files = await storedFiles(steps, item, maxSize);
  const { overview, details } = encodeItem(item, files);
  return JSON.parse(await steps.act(ACTS.sealShare, item.vaultId, overview, details));
}

async function sendShare(
  steps: Steps,
  item: GivenItem,
  recipients: readonly ValidRecipient[],
  limits: Limits,
  { secret, ...share }: SealedShare,
): Promise<string> {
  const answer = await steps.request(ACTS.share, "/api/v4/itemshare", {
    ...share,
    vaultUuid: item.vaultId,
    itemUuid: item.id,
    itemVersion: item.version,
    fileReferences: item.fileIds.map((fileUuid) => ({ fileUuid })),
    type: recipients.length > 0 ? "A" : "P",
    ...(recipients.length > 0 ? { recipients: recipients.map(toWire) } : {}),
    ...limits,
  });
  return linkOf(answer, secret);
}

/** Whether it is the caller that has ended the call. */
function isEnded(thrown: unknown): boolean {
  const isOurs = thrown instanceof OnePasswordError;
  return !isOurs || hasCode(thrown, "aborted") || hasCode(thrown, "closed");
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

/**
 * The page that opens a share, at the service and nowhere else: the secret is for whoever serves it.
 *
 * @throws {OnePasswordError} `protocol`
 */
function linkOf(answer: unknown, secret: string): string {
  const { url } = membersOf(answer);
  if (typeof url === "string" && PAGE.test(url)) return `${url}#${secret}`;
  throw protocolError("a share was made, but came without an address at 1Password to open it at");
}
