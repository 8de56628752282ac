import { check, isStringArray, listOf, membersOf } from "./check.js";
import { OnePasswordError } from "./errors.js";
import type { ItemShareAccountPolicy, ValidRecipient } from "./share_types.js";
import { protocolError } from "./steps.js";
import { quoted } from "./told.js";

/** A recipient on the wire. */
export type WireRecipient = { type: "E"; email: string } | { type: "D"; domain: string };

// As the vendor's client has them (observed): at least two labels, the last of letters alone.
const LABELS = "(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+";
const IS_DOMAIN = new RegExp(`^${LABELS}[a-z]{2,}$`);
const CHAR = "[\\p{L}\\p{M}\\p{Nd}\\p{Nl}_+'-]";
const IS_EMAIL = new RegExp(`^${CHAR}(?:[.]*${CHAR})*@${LABELS}[a-z]{2,20}$`, "u");
const MAX_EMAIL_BYTES = 255;
/** All from the first to the last that is no white space, which is Unicode's here. */
const TRIMMED = /\P{White_Space}(?:.*\P{White_Space})?/su;

/**
 * Somebody with whom an item may be shared: `ada@example.com`, `example.com` or `@example.com`.
 *
 * @throws {OnePasswordError} `recipientInvalid`
 */
function parseRecipient(text: string): ValidRecipient {
  const name = (TRIMMED.exec(text)?.[0] ?? "").toLowerCase().replace(/^@/, "");
  if (IS_DOMAIN.test(name)) return { type: "Domain", parameters: { domain: name } };
  const isShort = new TextEncoder().encode(name).length <= MAX_EMAIL_BYTES;
  if (isShort && IS_EMAIL.test(name)) return { type: "Email", parameters: { email: name } };
  throw invalid(
    text,
    "must be an e-mail address such as ada@example.com, or a domain such as example.com",
  );
}

/**
 * Each once, in the order in which they come first. One that is malformed refuses the list.
 *
 * @throws {OnePasswordError} `recipientInvalid`, also for a kind that the policy does not allow
 */
export function parseRecipients(
  policy: ItemShareAccountPolicy,
  texts: readonly string[],
): ValidRecipient[] {
  const rule = "recipients must be an array of e-mail addresses and domains";
  const given = listOf(texts);
  check(isStringArray(given), rule);
  const all = new Map<string, ValidRecipient>();
  for (const text of given) {
    const recipient = parseRecipient(text);
    if (!policy.allowedRecipientTypes.some((type) => type === recipient.type)) {
      throw invalid(text, "is of a kind that the account's policy does not allow");
    }
    all.set(nameOf(recipient), recipient);
  }
  return [...all.values()];
}

/**
 * Recipients that a caller passes.
 *
 * @throws {OnePasswordError} `argumentInvalid` for what is no recipient, `recipientInvalid` for one that
 * is malformed
 */
export function checkRecipients(given: unknown): ValidRecipient[] {
  const rule = "recipients must be an array of what validateRecipients returns";
  const entries = listOf(given);
  check(entries !== undefined, rule);
  const all = entries.map((entry) => {
    const { type, parameters } = membersOf(entry);
    const name = membersOf(parameters)[type === "Domain" ? "domain" : "email"];
    check(typeof name === "string", rule);
    const recipient = parseRecipient(name as string);
    check(recipient.type === type, rule);
    return [nameOf(recipient), recipient] as const;
  });
  return [...new Map(all).values()];
}

/** As they travel. */
export function toWire(recipient: ValidRecipient): WireRecipient {
  return recipient.type === "Email"
    ? { type: "E", email: recipient.parameters.email }
    : { type: "D", domain: recipient.parameters.domain };
}

/** @throws {OnePasswordError} `recipientsRejected` naming those with whom the account does not share */
export function checkRejected(answer: unknown): void {
  const { rejectedRecipients: rejected } = membersOf(answer);
  if (!Array.isArray(rejected)) {
    throw protocolError("the recipients came back without those that are rejected");
  }
  if (rejected.length === 0) return;
  const names = rejected
    .map(membersOf)
    .flatMap(({ email, domain }) => [email ?? domain].filter((name) => typeof name === "string"))
    .map(quoted);
  const told = names.length > 0 ? names.slice(0, 20).join(", ") : "some of the recipients";
  throw new OnePasswordError({
    code: "recipientsRejected",
    message: `the account's policy does not allow sharing with ${told}; leave them out, or ask an administrator`,
  });
}

export function nameOf(recipient: ValidRecipient): string {
  return recipient.type === "Email"
    ? recipient.parameters.email
    : `@${recipient.parameters.domain}`;
}

function invalid(text: string, reason: string): OnePasswordError {
  return new OnePasswordError({
    code: "recipientInvalid",
    message: `the recipient ${quoted(text)} ${reason}`,
  });
}
