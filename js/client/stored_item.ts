import { isStringArray, listOf, membersOf } from "./check.js";
import { OnePasswordError } from "./errors.js";
import { isId } from "./steps.js";
import { quoted } from "./told.js";

/** An item as a caller passes it, with all that it has to have. */
export interface GivenItem {
  readonly id: string;
  readonly vaultId: string;
  readonly title: string;
  readonly category: string;
  readonly notes: string;
  readonly version: number;
  readonly fields: readonly Members[];
  readonly sections: readonly Members[];
  readonly tags: readonly string[];
  readonly websites: readonly Members[];
  /** Of sections, and then the document. */
  readonly fileIds: readonly string[];
  readonly files: readonly Members[];
  readonly hasDocument: boolean;
}

/** What is stored of an item's file. */
export interface StoredFile {
  readonly fileName: string;
  readonly encryptedSize: number;
  readonly unencryptedSize: number;
}

type Members = Record<string, unknown>;

const MISSING = "is missing, or not of its type: pass an item as items.get gives it";
/** The field whose value is the subtitle of an item. */
const SUBTITLES: Readonly<Record<string, string>> = {
  SoftwareLicense: "product_version",
  BankAccount: "bankName",
  Database: "hostname",
  DriverLicense: "number",
  OutdoorLicense: "name",
  Membership: "member_name",
  Passport: "number",
  Rewards: "company_name",
  SocialSecurityNumber: "name",
  Router: "network_name",
  Server: "username",
  Email: "pop_username",
  ApiCredentials: "type",
};
/** Types of fields, and their kinds on the wire. */
const KINDS: Readonly<Record<string, string>> = {
  Text: "string",
  Concealed: "concealed",
  CreditCardType: "cctype",
  CreditCardNumber: "string",
  Phone: "phone",
  Url: "URL",
  Totp: "concealed",
  Email: "email",
  Menu: "menu",
  MonthYear: "monthYear",
  Address: "address",
  Date: "date",
  SshKey: "sshKey",
};
const MODES: Readonly<Record<string, string>> = { ExactDomain: "host", Never: "never" };
const HALF_PAIR = /\p{Surrogate}/u;
const DATE = /^([12]\d{3})-(\d\d)-(\d\d)$/;
const MONTH = /^(0[1-9]|1[0-2])\/([12]\d{3}|00\d\d)$/;
/** Dates are stored as the middle of the day, and a minute. */
const NOON_SECONDS = 12 * 3_600 + 60;

/**
 * Checks an item that a caller passes.
 *
 * @throws {OnePasswordError} `itemInvalid` naming the member that is missing or of another type
 */
export function checkItem(given: unknown): GivenItem {
  const item = membersOf(given);
  const need = (name: string, is: (value: unknown) => boolean) => {
    if (!is(item[name])) throw invalid(`item.${name}`, MISSING);
    return item[name];
  };
  const text = (name: string) => need(name, (value) => typeof value === "string") as string;
  // Copies: what the caller changes meanwhile is not shared.
  const list = (name: string) => {
    const entries = listOf(item[name]);
    if (entries === undefined) throw invalid(`item.${name}`, MISSING);
    return entries;
  };
  const members = (name: string) => list(name).map(membersOf);
  const { document } = item;
  const files = members("files");
  const attributes = files.map((file) => membersOf(file["attributes"]));
  if (document != null) attributes.push(membersOf(document));
  const fileIds = attributes.map(({ id }) => {
    if (!isId(id)) throw invalid("the id of a file", MISSING);
    return id;
  });
  if (item["category"] === "Unsupported") {
    throw invalid(
      "item.category",
      "is unknown here, so that parts of the item may be unknown, too, and would be left out",
    );
  }
  const tags = list("tags");
  if (!isStringArray(tags)) throw invalid("item.tags", MISSING);
  return {
    id: need("id", isId) as string,
    vaultId: need("vaultId", isId) as string,
    title: text("title"),
    category: text("category"),
    notes: text("notes"),
    version: need("version", Number.isSafeInteger) as number,
    fields: members("fields").map(copyOfField),
    sections: members("sections"),
    tags,
    websites: members("websites"),
    fileIds,
    files,
    hasDocument: document != null,
  };
}

function copyOfField(field: Members): Members {
  return { ...field, details: { content: membersOf(membersOf(field["details"])["content"]) } };
}

/**
 * What may be shared of an item, as the wire has it once opened: no field that refers to another item, no
 * attributes of fields, no earlier passwords (observed).
 *
 * @throws {OnePasswordError} `itemInvalid` naming the field that cannot be written
 */
export function encodeItem(
  item: GivenItem,
  files: readonly StoredFile[],
): { overview: string; details: string } {
  const json = (value: unknown) =>
    JSON.stringify(value, (_, part) => {
      if (typeof part !== "string" || !HALF_PAIR.test(part)) return part;
      throw invalid(
        "the item",
        "has half of a surrogate pair in it (of an emoji that was cut, for one), which is no text",
      );
    });
  return { overview: json(overviewOf(item, files)), details: json(detailsOf(item, files)) };
}

/** Not there if it is empty. */
function unlessEmpty<T extends string | readonly unknown[]>(value: T): T | undefined {
  return value.length === 0 ? undefined : value;
}

function overviewOf(item: GivenItem, files: readonly StoredFile[]): unknown {
  const urls = item.websites.map(({ url, label, autofillBehavior }) => {
    if (typeof url !== "string") throw invalid("the url of a website", MISSING);
    return { u: url, l: textOf(label), m: modeOf(textOf(autofillBehavior)) };
  });
  const hasPassword = item.fields.some((field) => isBuiltIn(item, field, "password"));
  return {
    title: item.title,
    ainfo: subtitleOf(item, files),
    URLs: unlessEmpty(urls),
    tags: unlessEmpty(item.tags.map((tag) => tag.replaceAll("\\", "/"))),
    // No estimate of the password's strength (`ps`): the vendor's is not known, and nothing needs one.
    ...(hasPassword ? { pbe: 0, pgrng: false } : {}),
  };
}

function modeOf(behavior: string): string | undefined {
  return Object.hasOwn(MODES, behavior) ? MODES[behavior] : "default";
}

function detailsOf(item: GivenItem, files: readonly StoredFile[]): unknown {
  const sections = item.sections.map(({ id, title }) => {
    if (typeof id !== "string" || typeof title !== "string") {
      throw invalid("the id or the title of a section", MISSING);
    }
    return { name: id, title, fields: [] as unknown[] };
  });
  if (new Set(sections.map(({ name }) => name)).size < sections.length) {
    throw invalid(
      "the item",
      "has two sections with one id, between which fields cannot be told apart",
    );
  }
  const put = (sectionId: unknown, field: unknown) => {
    const name = textOf(sectionId);
    let section = sections.find((known) => known.name === name);
    if (section === undefined && name !== "") {
      throw invalid(`the section id ${quoted(name)} of a field`, "is none that the item has");
    }
    if (section === undefined) {
      // For what stands in none.
      section = { name, title: "", fields: [] };
      sections.push(section);
    }
    section.fields.push(field);
  };
  const builtIn: unknown[] = [];
  let password: string | undefined;
  for (const field of item.fields) {
    const { id, value, sectionId } = field;
    if (typeof id !== "string" || typeof value !== "string") throw ofField(field, MISSING);
    if (isBuiltIn(item, field, "username") || isBuiltIn(item, field, "password")) {
      if (item.category === "Password") password = value;
      else {
        const type = id === "password" ? "P" : "T";
        builtIn.push({ value, id, name: id, type, designation: id });
      }
    } else if (field["fieldType"] !== "Reference") put(sectionId, fieldOf(field, id, value));
  }
  for (const [at, { sectionId, fieldId }] of item.files.entries()) {
    if (files[at]) put(sectionId, { t: "", n: textOf(fieldId), k: "file", v: files[at] });
  }
  const shown = sections.map(({ fields, ...names }) => {
    return { ...names, fields: unlessEmpty(fields) };
  });
  return {
    notesPlain: unlessEmpty(item.notes),
    password,
    fields: unlessEmpty(builtIn),
    sections: unlessEmpty(shown),
    documentAttributes: item.hasDocument ? files.at(-1) : undefined,
  };
}

/** Whether a field stands outside sections on the wire. */
function isBuiltIn(item: GivenItem, { id, sectionId }: Members, name: string): boolean {
  const has = name === "password" ? ["Login", "Password"] : ["Login"];
  return sectionId == null && id === name && has.includes(item.category);
}

function fieldOf(field: Members, id: string, value: string): unknown {
  const type = textOf(field["fieldType"]);
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (typeof field["title"] !== "string") throw ofField(field, MISSING);
  if (kind === undefined)
    throw ofField(field, `is of a type that cannot be shared: ${quoted(type)}`);
  const stored = {
    t: field["title"],
    n: idOf(type, id),
    k: kind,
    v: wireValue(field, type, value),
  };
  return type === "SshKey" ? { ...stored, a: keyAttributes(field, value) } : stored;
}

function idOf(type: string, id: string): string {
  if (type === "Totp" && !id.startsWith("TOTP")) return `TOTP_${id}`;
  if (type === "CreditCardNumber" && !id.startsWith("ccnum")) return `ccnum_${id}`;
  return id;
}

function wireValue(field: Members, type: string, value: string): unknown {
  if (value === "" && type !== "SshKey") return undefined;
  const content = membersOf(membersOf(field["details"])["content"]);
  switch (type) {
    case "Date":
      return secondsOf(field, value);
    case "MonthYear":
      return monthOf(field, value);
    case "Address": {
      const { street, city, state, country, zip } = content;
      const address = { street, city, state, country, zip };
      if (Object.values(address).every((part) => typeof part === "string")) {
        return Object.fromEntries(Object.entries(address).filter(([, part]) => part !== ""));
      }
      throw ofField(
        field,
        "must have its address in details, with street, city, country, zip and state",
      );
    }
    case "SshKey":
      // What the key was read as: nothing if it is none.
      if (typeof content["fingerprint"] === "string") return value;
      throw ofField(field, "must be an Ed25519 or RSA private key without a passphrase");
    default:
      return value;
  }
}

/** What an SSH key has beside: made of what it was read as. */
function keyAttributes(field: Members, privateKey: string): unknown {
  const { publicKey, fingerprint, keyType } = membersOf(membersOf(field["details"])["content"]);
  const [, bits] = /^RSA, (\d+)-bit$/.exec(textOf(keyType)) ?? [];
  const type = bits === undefined ? { t: "ed25519" } : { t: "rsa", c: Number(bits) };
  return {
    guarded: "yes",
    sshKeyAttributes: { privateKey, publicKey, fingerprint, keyType: type },
  };
}

function secondsOf(field: Members, value: string): number {
  const ms = Date.parse(DATE.test(value) ? `${value}T00:00:00Z` : "");
  // Some hosts take 31 February for a day in March.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value) && value < "3000") {
    return ms / 1000 + NOON_SECONDS;
  }
  throw ofField(field, "must be a date of the years 1000 to 2999 such as 2026-12-31");
}

function monthOf(field: Members, value: string): number {
  const [, month, year] = MONTH.exec(value) ?? [];
  if (month === undefined || year === undefined) {
    throw ofField(field, "must be a month of the years 1000 to 2999 such as 12/2026");
  }
  return (Number(year) < 100 ? 2000 + Number(year) : Number(year)) * 100 + Number(month);
}

/** What lists show below the title (observed). */
function subtitleOf(item: GivenItem, files: readonly StoredFile[]): string {
  const { category, notes } = item;
  const fields = item.fields.filter(({ fieldType }) => fieldType !== "Reference");
  const valueWith = (is: (field: Members) => boolean) => textOf(fields.find(is)?.["value"]);
  const ofType = (type: string) => valueWith(({ fieldType }) => fieldType === type);
  const withId = (id: string) => {
    const field = fields.find((one) => one["id"] === id);
    if (field?.["fieldType"] === "Text") return textOf(field["value"]);
    if (field === undefined || category !== "ApiCredentials") return "";
    const stored = wireValue(field, textOf(field["fieldType"]), textOf(field["value"]));
    return typeof stored === "number" ? String(stored) : textOf(stored);
  };
  switch (category) {
    case "Login":
      return valueWith((field) => isBuiltIn(item, field, "username")) || "—";
    case "CreditCard":
      return cardNumber(ofType("CreditCardNumber"));
    case "SecureNote":
      return [...(notes.split(/[\r\n]/)[0] ?? "")].slice(0, 80).join("");
    case "Identity":
      return `${withId("firstname")} ${withId("lastname")}`.trim();
    // Elsewhere these are the time at which the item was made, which a share has not (observed).
    case "Password":
      return "1970-01-01 12:00 AM";
    case "Document":
      return sizeOf(files.at(-1)?.unencryptedSize ?? 0);
    case "MedicalRecord":
      return "1970-01-01";
    case "SshKey": {
      const key = fields.find(({ fieldType }) => fieldType === "SshKey");
      return textOf(membersOf(membersOf(key?.["details"])["content"])["fingerprint"]);
    }
    default: {
      const id = Object.hasOwn(SUBTITLES, category) ? SUBTITLES[category] : undefined;
      return id === undefined ? "" : withId(id);
    }
  }
}

function cardNumber(value: string): string {
  const digits = [...value.replace(/\s/gu, "")];
  if (digits.length < 8) return "";
  return `${digits.slice(0, 4).join("")} **** ${digits.slice(-4).join("")}`;
}

function sizeOf(bytes: number): string {
  const [kb, mb] = [1_024, 1_048_576];
  if (bytes < kb) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return bytes < mb
    ? `${Math.floor(bytes / kb)} KB`
    : `${(Math.floor((bytes * 10) / mb) / 10).toFixed(1)} MB`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** An item that cannot be written. */
export function invalid(of: string, reason: string): OnePasswordError {
  return new OnePasswordError({ code: "itemInvalid", message: `${of} ${reason}` });
}

function ofField({ title, id }: Members, reason: string): OnePasswordError {
  return invalid(`the field ${quoted(title)} (id ${quoted(id)})`, reason);
}
