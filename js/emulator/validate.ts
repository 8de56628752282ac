import {
  also,
  anything,
  type Check,
  callable,
  count,
  either,
  fault,
  flag,
  list,
  mapping,
  oneOf,
  positive,
  rawObject,
  requireMember,
  satisfies,
  shape,
  text,
} from "./checks.js";
import { type AccountDescription, type KeysetDescription, TEMPLATES } from "./description.js";
import { isObjectId } from "./ids.js";
import { TRASHED } from "./items.js";

const id = satisfies(
  (value) => typeof value === "string" && isObjectId(value),
  "an object id: 26 characters of a-z2-7, the last one of aeimquy4",
);
const time = satisfies(
  (value) => typeof value === "string" && !Number.isNaN(Date.parse(value)),
  "an RFC 3339 time",
);

const field = also(
  shape({
    title: text,
    id: text,
    value: anything,
    kind: text,
    attributes: rawObject,
    section: text,
  }),
  requireMember("title"),
);
const sectionField = also(field, (value, path) => {
  if (value["section"] !== undefined) throw fault(`${path}.section`, "stands in a section already");
});
const section = also(
  shape({
    title: text,
    id: text,
    fields: either(Array.isArray, list(sectionField), mapping(text)),
  }),
  requireMember("title"),
);

const content = satisfies(
  (value) => typeof value === "string" || value instanceof Uint8Array,
  "a string or a Uint8Array",
);
const fileMembers = { name: text, id, content, base64: text };
const file = fileOf(shape({ ...fileMembers, title: text, fieldId: text, section: text }));
const document = fileOf(shape(fileMembers));

function fileOf(members: Check): Check {
  return also(also(members, requireMember("name")), (value, path) => {
    requireMember("content", "base64")(value, path);
    if (value["content"] !== undefined && value["base64"] !== undefined) {
      throw fault(path, "content and base64 exclude each other");
    }
  });
}

const url = also(shape({ url: text, label: text, autofill: text }), requireMember("url"));

/** Which plain members each raw one stands instead of. */
const RAW_INSTEAD_OF: Readonly<Record<string, readonly string[]>> = {
  overview: ["title", "tags", "urls"],
  details: ["username", "password", "notes", "fields", "sections", "files", "document"],
  templateUuid: ["category"],
  trashed: ["state"],
};

const itemMembers = shape({
  title: text,
  id,
  category: oneOf(...Object.keys(TEMPLATES)),
  state: oneOf(...Object.keys(TRASHED)),
  tags: list(text),
  urls: list(either((value) => typeof value === "string", text, url)),
  username: text,
  password: text,
  notes: text,
  fields: either(Array.isArray, list(field), mapping(text)),
  sections: list(section),
  files: list(file),
  document,
  version: count,
  createdAt: time,
  updatedAt: time,
  unreadable: oneOf("overview", "details"),
  templateUuid: text,
  trashed: text,
  overview: rawObject,
  details: rawObject,
});

const item = also(also(itemMembers, requireMember("title", "overview")), (value, path) => {
  for (const [raw, plain] of Object.entries(RAW_INSTEAD_OF)) {
    const clash = plain.find((name) => value[raw] !== undefined && value[name] !== undefined);
    if (clash !== undefined) throw fault(path, `${raw} and ${clash} exclude each other`);
  }
  for (const name of ["username", "password"]) {
    const fields = value["fields"] as Record<string, unknown> | unknown[] | undefined;
    const twice = fields !== undefined && !Array.isArray(fields) && fields[name] !== undefined;
    if (twice && value[name] !== undefined) throw fault(`${path}.fields.${name}`, "given twice");
  }
});

const change = shape({
  title: text,
  state: oneOf(...Object.keys(TRASHED)),
  username: text,
  password: text,
  notes: text,
  fields: mapping(text),
});

const vaultMembers = shape({
  name: text,
  title: text,
  id,
  description: text,
  type: text,
  items: list(item),
  keyset: text,
  keySealedWith: oneOf("publicKey", "symmetricKey"),
  unreadable: oneOf("key", "attributes"),
});
const vault = also(also(vaultMembers, requireMember("name", "title")), (value, path) => {
  if (value["name"] !== undefined && value["title"] !== undefined) {
    throw fault(path, "name and title are the same thing");
  }
});

const keyset = also(
  shape({
    name: text,
    id,
    sealedBy: text,
    algorithm: oneOf("RSA-OAEP", "RSA-OAEP-256"),
    serialNumber: count,
    encryptedByEmpty: flag,
    unreadable: flag,
    unlisted: flag,
  }),
  requireMember("name"),
);

const account = also(
  shape({ email: text, vaults: list(vault), keysets: list(keyset) }),
  requireMember("vaults"),
);

const quota = shape({
  readsPerHour: positive,
  writesPerHour: positive,
  requestsPerDay: positive,
  retryAfter: flag,
});

const options = shape({
  account: rawObject,
  address: text,
  now: callable,
  device: oneOf("registered", "not-registered", "deleted"),
  userB: oneOf("padded", "stripped"),
  onAnswer: callable,
  faults: callable,
  quota,
});

/** Checks the options of an emulator, but for the account in them. */
export function validateOptions(value: unknown): void {
  options(value, "options");
}

const serveOptions = shape({
  port: satisfies(
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536,
    "a port: a whole number from 0 to 65535",
  ),
  cors: flag,
});

/** Checks how an emulator is to listen. */
export function validateServeOptions(value: unknown): void {
  serveOptions(value, "options");
}

/** Checks the description of an item that is added to an account. */
export function validateItem(value: unknown): void {
  item(value, "item");
}

/** Checks what is to be different about an item. */
export function validateChange(value: unknown): void {
  change(value, "change");
}

/** Checks the new name of a vault. */
export function validateName(value: unknown): void {
  text(value, "name");
}

/** Checks a description: each of its parts, and then what they say about each other. */
export function validateAccount(description: AccountDescription): void {
  account(description, "account");
  requireDistinctIds(description);
  if (description.keysets !== undefined) requireKnownKeysets(description.keysets);
  const names = (description.keysets ?? []).map(({ name }) => name);
  for (const [index, { keyset }] of description.vaults.entries()) {
    if (keyset !== undefined && !names.includes(keyset)) {
      throw fault(`account.vaults[${index}].keyset`, "no keyset of this name");
    }
  }
}

function requireDistinctIds({ vaults, keysets = [] }: AccountDescription): void {
  const seen = new Map<string, string>();
  const note = (id: string | undefined, path: string): void => {
    if (id === undefined) return;
    const first = seen.get(id);
    if (first !== undefined) throw fault(path, `the same as ${first}`);
    seen.set(id, path);
  };
  for (const [index, { id }] of keysets.entries()) note(id, `account.keysets[${index}].id`);
  for (const [v, vault] of vaults.entries()) {
    note(vault.id, `account.vaults[${v}].id`);
    for (const [i, item] of (vault.items ?? []).entries()) {
      const path = `account.vaults[${v}].items[${i}]`;
      note(item.id, `${path}.id`);
      note(item.document?.id, `${path}.document.id`);
      for (const [f, { id }] of (item.files ?? []).entries()) note(id, `${path}.files[${f}].id`);
    }
  }
}

function requireKnownKeysets(keysets: readonly KeysetDescription[]): void {
  if (keysets.length === 0) throw fault("account.keysets", "must hold a keyset");
  const byName = new Map(keysets.map((keyset) => [keyset.name, keyset]));
  if (byName.size < keysets.length) throw fault("account.keysets", "two of the same name");
  for (const [index, keyset] of keysets.entries()) {
    const path = `account.keysets[${index}].sealedBy`;
    // A chain longer than the list comes back to where it was.
    let parent: KeysetDescription | undefined = keyset;
    for (let depth = 0; parent?.sealedBy !== undefined; depth += 1) {
      parent = byName.get(parent.sealedBy);
      if (parent === undefined) throw fault(path, "no keyset of this name");
      if (depth >= keysets.length) throw fault(path, "the chain never ends");
    }
  }
}
