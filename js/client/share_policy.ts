import { check, checkNames, listOf, membersOf } from "./check.js";
import { OnePasswordError } from "./errors.js";
import { ownOf } from "./own.js";
import { checkRecipients, nameOf } from "./recipients.js";
import type {
  ItemShareAccountPolicy,
  ItemShareFiles,
  ItemShareParams,
  ValidRecipient,
} from "./share_types.js";
import { protocolError } from "./steps.js";
import { quoted } from "./told.js";

const SECONDS: Readonly<Record<string, number>> = {
  OneHour: 3_600,
  OneDay: 86_400,
  SevenDays: 604_800,
  FourteenDays: 1_209_600,
  ThirtyDays: 2_592_000,
};
const TYPES: Readonly<Record<string, string>> = { A: "Authenticated", P: "Public" };
const RECIPIENT_TYPES: Readonly<Record<string, string>> = { E: "Email", D: "Domain" };

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isTime = (value: unknown): boolean =>
  isCount(value) || (typeof value === "string" && Object.hasOwn(SECONDS, value));
const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");
const may = (is: (value: unknown) => boolean) => (value: unknown) => value == null || is(value);

/** What each has to be; the vendor's client refuses a policy that lacks one (observed). */
const MEMBERS = {
  maxExpiry: isTime,
  defaultExpiry: isTime,
  maxViews: may(isCount),
  allowedTypes: isList,
  allowedRecipientTypes: isList,
};
const FILE_MEMBERS = {
  allowed: (value: unknown) => typeof value === "boolean",
  maxSize: isCount,
  allowedTypes: may(isList),
  allowedRecipientTypes: may(isList),
  maxExpiry: may(isTime),
  defaultExpiry: may(isTime),
  maxViews: may(isCount),
};

type Members = Record<string, unknown>;

function fits(members: Members, wanted: Record<string, (value: unknown) => boolean>): boolean {
  return Object.entries(wanted).every(([name, is]) => is(members[name]));
}

/**
 * A policy as callers see it. Times and letters that have no name are passed on as they came.
 *
 * @throws {OnePasswordError} `protocol` if it lacks a member
 */
export function policyOf(answer: unknown): ItemShareAccountPolicy {
  const policy = membersOf(answer);
  const files = membersOf(policy["files"]);
  if (!fits(policy, MEMBERS) || !fits(files, FILE_MEMBERS)) {
    throw protocolError("a sharing policy came without one of its members");
  }
  const { maxExpiry, defaultExpiry, maxViews, allowedTypes, allowedRecipientTypes } = policy;
  const named = {
    maxExpiry: timeOf(maxExpiry),
    defaultExpiry: timeOf(defaultExpiry),
    maxViews: maxViews ?? null,
    allowedTypes: namesOf(allowedTypes, TYPES),
    allowedRecipientTypes: namesOf(allowedRecipientTypes, RECIPIENT_TYPES),
    files: {
      allowed: files["allowed"],
      maxSize: files["maxSize"],
      allowedTypes: namesOf(files["allowedTypes"], TYPES),
      allowedRecipientTypes: namesOf(files["allowedRecipientTypes"], RECIPIENT_TYPES),
      maxExpiry: timeOf(files["maxExpiry"]),
      defaultExpiry: timeOf(files["defaultExpiry"]),
      maxViews: files["maxViews"] ?? null,
    },
  };
  return named as unknown as ItemShareAccountPolicy;
}

function timeOf(seconds: unknown): unknown {
  const named = Object.entries(SECONDS).find(([, known]) => known === seconds);
  return named?.[0] ?? seconds ?? null;
}

function namesOf(letters: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!isList(letters)) return null;
  return letters.map((letter) => (Object.hasOwn(names, letter) ? names[letter] : letter));
}

/** @throws {OnePasswordError} `argumentInvalid` if it is none */
export function checkPolicy(given: unknown): ItemShareAccountPolicy {
  const policy = membersOf(given);
  const files = membersOf(policy["files"]);
  // Copies: they are looked at again later.
  for (const members of [policy, files]) {
    for (const name of ["allowedTypes", "allowedRecipientTypes"]) {
      members[name] = listOf(members[name]) ?? members[name];
    }
  }
  const isOne = fits(policy, MEMBERS) && fits(files, FILE_MEMBERS);
  check(isOne, "policy must be what getAccountPolicy returns");
  return ownOf({ ...policy, files }) as unknown as ItemShareAccountPolicy;
}

/** How an item is to be shared. */
export interface Terms {
  readonly recipients: readonly ValidRecipient[];
  /** In seconds; absent for as long as the policy says. */
  readonly expireAfter: number | undefined;
  readonly oneTimeOnly: boolean;
}

/** @throws {OnePasswordError} `argumentInvalid`, `recipientInvalid` */
export function checkTerms(given: ItemShareParams): Terms {
  check(typeof given === "object" && given !== null, "params must be an object");
  const params = membersOf(given) as Partial<ItemShareParams>;
  checkNames(params, ["recipients", "expireAfter", "oneTimeOnly"], "items.shares.create");
  const { recipients, expireAfter, oneTimeOnly } = params;
  check(typeof oneTimeOnly === "boolean", "oneTimeOnly must be true or false");
  check(
    expireAfter == null || (isTime(expireAfter) && expireAfter !== 0),
    `expireAfter must be ${Object.keys(SECONDS).join(", ")}, or a whole number of seconds above 0`,
  );
  return {
    recipients: recipients == null ? [] : checkRecipients(recipients),
    expireAfter: expireAfter == null ? undefined : secondsOf(expireAfter),
    oneTimeOnly,
  };
}

function secondsOf(time: string | number): number {
  return typeof time === "number" ? time : (SECONDS[time] ?? 0);
}

/** For how many seconds a share lasts, and how often it may be looked at. */
export interface Limits {
  readonly expiry: number;
  /** Absent for any number. */
  readonly maxViews?: number;
}

/**
 * For how long and how often an item is shared, if it may be shared so at all. The vendor's client leaves most
 * of a policy's rules to the service, and shortens a time that is too long without a word (observed).
 *
 * @throws {OnePasswordError} `sharingNotAllowed` naming the first rule that is broken
 */
export function checkAllowed(
  policy: ItemShareAccountPolicy,
  { recipients, expireAfter, oneTimeOnly }: Terms,
  hasFiles: boolean,
): Limits {
  const files: Partial<ItemShareFiles> = hasFiles ? ownOf(policy.files) : ownOf({});
  const rule = (isKept: boolean, broken: string) => {
    if (isKept) return;
    throw new OnePasswordError({
      code: "sharingNotAllowed",
      message: `the account's policy for this item ${broken}`,
    });
  };
  rule(!hasFiles || files.allowed === true, "does not allow sharing items with files");
  // For an item with files both lists count.
  const allows = (name: "allowedTypes" | "allowedRecipientTypes", type: string) =>
    [policy[name], files[name]].every(
      (types) => types == null || types.some((one) => one === type),
    );
  rule(
    recipients.length > 0 || allows("allowedTypes", "Public"),
    "does not allow links for everybody: name recipients",
  );
  rule(
    recipients.length === 0 || allows("allowedTypes", "Authenticated"),
    "does not allow recipients: links are for whoever has them",
  );
  for (const recipient of recipients) {
    const isKept = allows("allowedRecipientTypes", recipient.type);
    rule(isKept, `does not allow the recipient ${quoted(nameOf(recipient))}`);
  }
  const times = [policy.maxExpiry, files.maxExpiry ?? policy.maxExpiry];
  const most = Math.min(...times.map(secondsOf));
  // One that nobody asked for is shortened.
  const byDefault = Math.min(secondsOf(files.defaultExpiry ?? policy.defaultExpiry), most);
  const expiry = expireAfter ?? byDefault;
  rule(expiry <= most, `allows sharing for ${most} seconds at most, not for ${expiry}`);
  rule(expiry > 0, "does not let shares last");
  const views = files.maxViews ?? policy.maxViews;
  rule(views !== 0, "allows no views of a share");
  const maxViews = oneTimeOnly ? 1 : views;
  return maxViews == null ? { expiry } : { expiry, maxViews };
}
