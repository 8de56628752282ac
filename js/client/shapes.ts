/**
 * Items and vaults in the shapes of the vendor's SDK. Members stand in its order; one with a
 * question mark is null where there is nothing, and not absent.
 */

/** What an item is. */
export enum ItemCategory {
  Login = "Login",
  SecureNote = "SecureNote",
  CreditCard = "CreditCard",
  CryptoWallet = "CryptoWallet",
  Identity = "Identity",
  Password = "Password",
  Document = "Document",
  ApiCredentials = "ApiCredentials",
  BankAccount = "BankAccount",
  Database = "Database",
  DriverLicense = "DriverLicense",
  Email = "Email",
  MedicalRecord = "MedicalRecord",
  Membership = "Membership",
  OutdoorLicense = "OutdoorLicense",
  Passport = "Passport",
  Rewards = "Rewards",
  Router = "Router",
  Server = "Server",
  SshKey = "SshKey",
  SocialSecurityNumber = "SocialSecurityNumber",
  SoftwareLicense = "SoftwareLicense",
  Person = "Person",
  /** One that is not known here. */
  Unsupported = "Unsupported",
}

/** What a field holds. */
export enum ItemFieldType {
  Text = "Text",
  Concealed = "Concealed",
  CreditCardType = "CreditCardType",
  CreditCardNumber = "CreditCardNumber",
  Phone = "Phone",
  Url = "Url",
  Totp = "Totp",
  Email = "Email",
  Reference = "Reference",
  SshKey = "SshKey",
  Menu = "Menu",
  MonthYear = "MonthYear",
  Address = "Address",
  Date = "Date",
  /** One that is not known here: without a value. */
  Unsupported = "Unsupported",
}

/** Where a browser fills a login in. */
export enum AutofillBehavior {
  /** On the whole site, its subdomains too. */
  AnywhereOnWebsite = "AnywhereOnWebsite",
  /** Where host and port are the same. */
  ExactDomain = "ExactDomain",
  Never = "Never",
}

/** Whether an item is in use. */
export enum ItemState {
  Active = "active",
  Archived = "archived",
}

/** Who a vault is for. */
export enum VaultType {
  Personal = "personal",
  /** All members of the account. */
  Everyone = "everyone",
  /** For moving items between accounts. */
  Transfer = "transfer",
  UserCreated = "userCreated",
  /** One that is not known here. */
  Unsupported = "unsupported",
}

/** Who may have access to a vault. */
export enum VaultAccessorType {
  User = "user",
  Group = "group",
  Broker = "broker",
}

/** An item with all its values. */
export interface Item {
  id: string;
  title: string;
  category: ItemCategory;
  vaultId: string;
  /** First those that a login has outside sections, then those of sections, in their order. */
  fields: ItemField[];
  sections: ItemSection[];
  /** Empty if there are none. */
  notes: string;
  tags: string[];
  /** Of logins and passwords alone. */
  websites: Website[];
  /** Counts changes, from 1. */
  version: number;
  /** Files in sections. */
  files: ItemFile[];
  /** The one file of a Document. */
  document?: FileAttributes;
  /** An invalid `Date` if the service has none. */
  createdAt: Date;
  updatedAt: Date;
}

/** An item in a list, without its values. */
export interface ItemOverview {
  id: string;
  title: string;
  category: ItemCategory;
  vaultId: string;
  websites: Website[];
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  state: ItemState;
}

/** A field of an item. */
export interface ItemField {
  id: string;
  title: string;
  /** Of a field outside sections, and of an unsupported one, null. */
  sectionId?: string;
  fieldType: ItemFieldType;
  /** As text: a date as `YYYY-MM-DD`, a month as `MM/YYYY`, a one-time password as its secret. */
  value: string;
  /** Of one-time passwords, SSH keys and addresses. */
  details?: ItemFieldDetails;
}

/** What some kinds of fields have beside their value. */
export type ItemFieldDetails =
  | { type: "Otp"; content: OtpFieldDetails }
  | { type: "SshKey"; content?: SshKeyAttributes }
  | { type: "Address"; content?: AddressFieldDetails };

/** A one-time password of the moment in which the item was read. One of the two is there. */
export interface OtpFieldDetails {
  code?: string;
  /** Why there is none. */
  errorMessage?: string;
}

/** The public part of an SSH key. */
export interface SshKeyAttributes {
  /** As in `authorized_keys`, without a comment. */
  publicKey: string;
  /** `SHA256:` and base64 without padding. */
  fingerprint: string;
  /** `Ed25519`, or `RSA, 4096-bit`. */
  keyType: string;
}

/** The parts of an address. */
export interface AddressFieldDetails {
  street: string;
  city: string;
  country: string;
  zip: string;
  state: string;
}

/** A section of an item. */
export interface ItemSection {
  id: string;
  title: string;
}

/** A website that an item is for. */
export interface Website {
  url: string;
  label: string;
  autofillBehavior: AutofillBehavior;
}

/** A file in a section of an item. */
export interface ItemFile {
  attributes: FileAttributes;
  sectionId: string;
  fieldId: string;
}

/** What is known of a file without its content. */
export interface FileAttributes {
  name: string;
  id: string;
  /** In bytes. */
  size: number;
}

/** Leaves out what does not match. */
export type ItemListFilter = {
  type: "ByState";
  content: { active: boolean; archived: boolean };
};

/** A vault in a list. */
export interface VaultOverview {
  id: string;
  title: string;
  description: string;
  vaultType: VaultType;
  activeItemCount: number;
  /** Counts changes of its items. */
  contentVersion: number;
  /** Counts changes of its name, description and picture. */
  attributeVersion: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A vault, and who has access to it. */
export interface Vault {
  id: string;
  title: string;
  description: string;
  vaultType: VaultType;
  activeItemCount: number;
  /** Counts changes of its items. */
  contentVersion: number;
  /** Counts changes of its name, description and picture. */
  attributeVersion: number;
  /** Null unless it was asked for. */
  access?: VaultAccess[];
}

/** What someone may do with a vault. */
export interface VaultAccess {
  vaultUuid: string;
  accessorType: VaultAccessorType;
  accessorUuid: string;
  /** Bits, such as `READ_ITEMS`. */
  permissions: number;
}

/** What is asked for of a vault. */
export interface VaultGetParams {
  /** Whether to say who has access to it. */
  accessors?: boolean;
}

/** What is asked for of vaults. */
export interface VaultListParams {
  /** Whether titles and descriptions are opened; `[Encrypted]` stands in their place if not. */
  decryptDetails?: boolean;
}

/** An answer, or why there is none: the other one is null. */
export interface Response<T, E> {
  content?: T;
  error?: E;
}
