import type { RsaAlgorithm } from "./crypto.js";
import type { JsonObject } from "./json.js";

/** What the service account's device is to the service when a client first signs in. */
export type DeviceState = "registered" | "not-registered" | "deleted";

/**
 * What an emulated account holds.
 *
 * Every id is optional and minted when absent; names need not be unique, because the service does
 * not ask for it either.
 *
 * @example
 * const account = {
 *   vaults: [
 *     { name: "app", items: [{ title: "database", fields: { username: "app", password: "s3cret" } }] },
 *   ],
 * };
 */
export interface AccountDescription {
  /** The service account's user name. */
  email?: string;
  vaults: VaultDescription[];
  /** The account's keysets in the order of its answer; one that seals every vault if absent. */
  keysets?: KeysetDescription[];
  /** Sets of variables. Each is also a vault: it is listed after the others (assumed). */
  environments?: EnvironmentDescription[];
  groups?: GroupDescription[];
  /** How items may be shared; anything goes if absent, for up to 30 days. */
  sharing?: SharingDescription;
}

/** A key pair of the account, and what it is sealed by. */
export interface KeysetDescription {
  /** How vaults and other keysets of the description refer to it. */
  name: string;
  id?: string;
  /** The name of the keyset that seals this one; without it the account unlock key does. */
  sealedBy?: string;
  /** How this keyset seals; `RSA-OAEP` (with SHA-1) if absent. */
  algorithm?: RsaAlgorithm;
  /** `sn`: keysets are renewed with a higher one. 1 if absent. */
  serialNumber?: number;
  /** Leaves `encryptedBy` empty, as accounts of 2016 have it. */
  encryptedByEmpty?: boolean;
  /** Cannot be opened: its key was tampered with. */
  unreadable?: boolean;
  /** Is missing from the answer, though vaults may be sealed with it. */
  unlisted?: boolean;
}

/** A vault's kind; any other string goes onto the wire unchanged. */
export type VaultType =
  | "personal"
  | "everyone"
  | "userCreated"
  | "transfer"
  | "environment"
  | (string & {});

/** A vault. One of `name` and `title` is required; they are the same thing. */
export interface VaultDescription {
  name?: string;
  title?: string;
  id?: string;
  description?: string;
  /** `userCreated` if absent. */
  type?: VaultType;
  items?: ItemDescription[];
  /** The name of the keyset that seals the vault's key; the first one listed if absent. */
  keyset?: string;
  /** Which of the keyset's keys seals the vault's key; its public one if absent. */
  keySealedWith?: "publicKey" | "symmetricKey";
  /** Cannot be opened: its key, or only its name, was tampered with. */
  unreadable?: "key" | "attributes";
}

/**
 * An Environment: a vault of the type `environment` with one item that holds the variables. Whatever
 * else a vault can say, such as two items, is said by describing that vault.
 */
export interface EnvironmentDescription {
  /** Also the title of its item. */
  name: string;
  id?: string;
  itemId?: string;
  /** Values by name, all of them masked, or described one by one. Without it there is no item. */
  variables?: Record<string, string> | VariableDescription[];
  /** The item's template; `112` if absent (assumed). */
  templateUuid?: string;
}

/** A variable of an Environment. */
export interface VariableDescription {
  name: string;
  value: string;
  /** Whether its field is of the kind `concealed`, or else `string`; `true` if absent. */
  masked?: boolean;
  /** The field's kind, instead of `masked`. */
  kind?: FieldKind;
  /** The field's id. */
  id?: string;
}

/** What a group is for; any other letter goes onto the wire unchanged. */
export type GroupType =
  | "owners"
  | "administrators"
  | "recovery"
  | "externalAccountManagers"
  | "teamMembers"
  | "userDefined"
  | (string & {});

/** A group's state; any other letter goes onto the wire unchanged. */
export type GroupState = "active" | "deleted" | (string & {});

/** A group of the account's people, who may have access to vaults. */
export interface GroupDescription {
  name: string;
  id?: string;
  description?: string;
  /** `userDefined` if absent. */
  type?: GroupType;
  /** `active` if absent. */
  state?: GroupState;
  /** What its members may do in the account; clients only pass it on. 0 if absent. */
  permissions?: number;
  /** How its key seals; `RSA-OAEP` (with SHA-1) if absent. */
  algorithm?: RsaAlgorithm;
  /** Has no public key, so that nobody can give it access to a vault. */
  keyless?: boolean;
  access?: GroupAccessDescription[];
}

/** What a group may do with a vault. */
export interface GroupAccessDescription {
  /** The vault's id, or a name that no other has. */
  vault: string;
  /** `acl`: a sum of bits. */
  permissions: number;
}

/** How items may be shared. */
export interface SharingDescription {
  /**
   * The account's policy as the wire has it, laid over the default one member by member, in `files`
   * too. A member that is not of its type limits nothing.
   */
  policy?: JsonObject;
  /** Addresses, and domains with all addresses in them, that may not receive anything. */
  rejectedRecipients?: string[];
  /** What links begin with, before `#`; `https://share.1password.com/s` if absent. */
  url?: string;
}

/**
 * An item's state. On the wire, `trashed` is `N` for `active`, `Y` for `archived` and `D` for
 * `deleted`. `trashed` is another word for `archived`; `alsoActive` is the wire's `A`, which clients
 * treat as active.
 */
export type ItemState = "active" | "alsoActive" | "archived" | "trashed" | "deleted";

/**
 * An item, in plain words or as the wire has it.
 *
 * The raw members are sealed as they are: `overview` instead of `title`, `tags` and `urls`;
 * `details` instead of `username`, `password`, `notes`, `fields`, `sections`, `files` and
 * `document`; `templateUuid` instead of `category`; `trashed` instead of `state`.
 */
export interface ItemDescription {
  title?: string;
  id?: string;
  /** `Login` if absent, or `Document` with a document. */
  category?: ItemCategory;
  state?: ItemState;
  tags?: string[];
  urls?: (string | UrlDescription)[];
  /** The built-in user name of a login. */
  username?: string;
  /** The built-in password of a login. */
  password?: string;
  notes?: string;
  /**
   * Fields outside the titled sections. In the short form the labels `username` and `password` mean
   * the built-in fields, and all others are text.
   */
  fields?: Fields;
  sections?: SectionDescription[];
  /** Attached files. */
  files?: FileDescription[];
  /** The one file of a Document item. */
  document?: FileContent;
  /** `itemVersion`; 1 if absent. */
  version?: number;
  /** RFC 3339; when the emulator was made, if absent. */
  createdAt?: string;
  /** RFC 3339; when the emulator was made, if absent. */
  updatedAt?: string;
  /** Cannot be opened: this part was tampered with. */
  unreadable?: "overview" | "details";
  templateUuid?: string;
  trashed?: string;
  overview?: JsonObject;
  details?: JsonObject;
}

/** Fields by title (`{ host: "db.example" }`), or described one by one. */
export type Fields = Record<string, string> | FieldDescription[];

/**
 * A field's kind: `text`, `otp`, or one that the wire has (`string`, `concealed`, `URL`, `email`,
 * `phone`, `date`, `monthYear`, `menu`, `address`, `sshKey`, `reference`, …), unchanged.
 */
export type FieldKind = "text" | "concealed" | "otp" | (string & {});

/** A field of a section, or outside the titled ones. */
export interface FieldDescription {
  title: string;
  id?: string;
  /** As the wire has it for the kind: mostly text. */
  value?: unknown;
  /** `text` if absent. */
  kind?: FieldKind;
  /** `a`: what some kinds keep beside the value. */
  attributes?: JsonObject;
  /** The title of the section it stands in, made if there is none. Only in an item's `fields`. */
  section?: string;
}

/** A section with its fields. */
export interface SectionDescription {
  title: string;
  id?: string;
  fields?: Fields;
}

/** A web address of an item. */
export interface UrlDescription {
  url: string;
  label?: string;
  /** `m`: how it is autofilled. */
  autofill?: string;
}

/** A file's name and bytes. One of `content` and `base64` is required. */
export interface FileContent {
  name: string;
  id?: string;
  /** The bytes, or text for UTF-8. */
  content?: string | Uint8Array;
  /** The bytes in standard base64, for descriptions that are JSON. */
  base64?: string;
}

/** A file attached to an item, as a field. */
export interface FileDescription extends FileContent {
  /** The field's title; the file's name if absent. */
  title?: string;
  fieldId?: string;
  /** The title of the section it stands in, made if there is none. */
  section?: string;
}

/** An item's category in the words of the vendor's SDK, with the template that stands for it. */
export const TEMPLATES = {
  Login: "001",
  CreditCard: "002",
  SecureNote: "003",
  Identity: "004",
  Password: "005",
  Document: "006",
  SoftwareLicense: "100",
  BankAccount: "101",
  Database: "102",
  DriverLicense: "103",
  OutdoorLicense: "104",
  Membership: "105",
  Passport: "106",
  Rewards: "107",
  SocialSecurityNumber: "108",
  Router: "109",
  Server: "110",
  Email: "111",
  ApiCredentials: "112",
  MedicalRecord: "113",
  SshKey: "114",
  CryptoWallet: "115",
} as const;

/** An item's category. */
export type ItemCategory = keyof typeof TEMPLATES;
