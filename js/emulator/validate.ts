import { describedVaults, vaultsNamed } from "./account.js";
import {
  also,
  anything,
  type Check,
  callable,
  count,
  either,
  exactly,
  fault,
  flag,
  list,
  mapping,
  objectId,
  oneOf,
  positive,
  rawObject,
  requireMember,
  satisfies,
  shape,
  text,
} from "./checks.js";
import {
  type AccountDescription,
  type GroupAccessDescription,
  type KeysetDescription,
  TEMPLATES,
  type VaultDescription,
} from "./description.js";
import { GROUP_STATES, GROUP_TYPES } from "./groups.js";
import { TRASHED } from "./items.js";

const rsaAlgorithm = oneOf("RSA-OAEP", "RSA-OAEP-256");
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
const fileMembers = { name: text, id: objectId, content, base64: text };
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
  id: objectId,
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
  id: objectId,
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

const variable = also(
  shape({ name: text, value: text, masked: flag, kind: text, id: text }),
  (value, path) => {
    for (const name of ["name", "value"]) requireMember(name)(value, path);
    if (value["masked"] !== undefined && value["kind"] !== undefined) {
      throw fault(path, "masked and kind exclude each other");
    }
  },
);
const environment = also(
  shape({
    name: text,
    id: objectId,
    itemId: objectId,
    variables: either(Array.isArray, list(variable), mapping(text)),
    templateUuid: text,
  }),
  (value, path) => {
    requireMember("name")(value, path);
    for (const name of ["itemId", "templateUuid"]) {
      const hasNoItem = value["variables"] === undefined && value[name] !== undefined;
      if (hasNoItem) throw fault(`${path}.${name}`, "without variables there is no item");
    }
  },
);

const access = exactly({ vault: text, permissions: count });
const group = also(
  shape({
    name: text,
    id: objectId,
    description: text,
    type: wordOrLetter(GROUP_TYPES),
    state: wordOrLetter(GROUP_STATES),
    permissions: count,
    algorithm: rsaAlgorithm,
    keyless: flag,
    access: list(access),
  }),
  (value, path) => {
    requireMember("name")(value, path);
    if (value["keyless"] === true && ((value["access"] ?? []) as unknown[]).length > 0) {
      throw fault(`${path}.access`, "a group without a key can have none");
    }
  },
);

function wordOrLetter(words: Readonly<Record<string, string>>): Check {
  const known = Object.keys(words);
  return satisfies(
    (value) => typeof value === "string" && (known.includes(value) || value.length === 1),
    `one of ${known.join(", ")}, or a letter`,
  );
}

const sharing = shape({ policy: rawObject, rejectedRecipients: list(text), url: text });

const keyset = also(
  shape({
    name: text,
    id: objectId,
    sealedBy: text,
    algorithm: rsaAlgorithm,
    serialNumber: count,
    encryptedByEmpty: flag,
    unreadable: flag,
    unlisted: flag,
  }),
  requireMember("name"),
);

const account = also(
  shape({
    email: text,
    vaults: list(vault),
    keysets: list(keyset),
    environments: list(environment),
    groups: list(group),
    sharing,
  }),
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
  for (const [index, { access = [] }] of (description.groups ?? []).entries()) {
    requireKnownVaults(access, describedVaults(description), `account.groups[${index}].access`);
  }
}

function requireKnownVaults(
  access: readonly GroupAccessDescription[],
  vaults: readonly VaultDescription[],
  path: string,
): void {
  const seen = new Set<VaultDescription>();
  for (const [index, { vault: wanted }] of access.entries()) {
    const here = `${path}[${index}].vault`;
    const [vault, ...others] = vaultsNamed(vaults, wanted);
    if (vault === undefined) throw fault(here, "no vault has this id or name");
    if (others.length > 0) throw fault(here, "several have this name: use the id");
    if (seen.has(vault)) throw fault(here, "given twice");
    seen.add(vault);
  }
}

function requireDistinctIds(description: AccountDescription): void {
  const { vaults, keysets = [], environments = [], groups = [] } = description;
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
  for (const [index, { id, itemId }] of environments.entries()) {
    note(id, `account.environments[${index}].id`);
    note(itemId, `account.environments[${index}].itemId`);
  }
  for (const [index, { id }] of groups.entries()) note(id, `account.groups[${index}].id`);
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
