/** For how long an item is shared. */
export enum ItemShareDuration {
  OneHour = "OneHour",
  OneDay = "OneDay",
  SevenDays = "SevenDays",
  FourteenDays = "FourteenDays",
  ThirtyDays = "ThirtyDays",
}

/** With whom items may be shared. */
export enum AllowedType {
  /** Those who are named, once they have proved that they read mail there. */
  Authenticated = "Authenticated",
  /** Whoever has the link. */
  Public = "Public",
}

/** How a recipient may be given. */
export enum AllowedRecipientType {
  Email = "Email",
  Domain = "Domain",
}

/** An account's rules for sharing an item. A time without a name is a number of seconds. */
export interface ItemShareAccountPolicy {
  maxExpiry: ItemShareDuration | number;
  defaultExpiry: ItemShareDuration | number;
  /** Null for any number. */
  maxViews?: number;
  allowedTypes: AllowedType[];
  allowedRecipientTypes: AllowedRecipientType[];
  files: ItemShareFiles;
}

/** An account's rules for sharing items with files; null where the general rule applies. */
export interface ItemShareFiles {
  allowed: boolean;
  /** Of the largest file as it is stored, in bytes: 16 more than its content has. */
  maxSize: number;
  allowedTypes?: AllowedType[];
  allowedRecipientTypes?: AllowedRecipientType[];
  maxExpiry?: ItemShareDuration | number;
  defaultExpiry?: ItemShareDuration | number;
  maxViews?: number;
}

/** With whom an item is shared. */
export type ValidRecipient =
  | { type: "Email"; parameters: { email: string } }
  | { type: "Domain"; parameters: { domain: string } };

/** How an item is to be shared. */
export interface ItemShareParams {
  /** With whom. With whoever has the link if it is absent or empty. */
  readonly recipients?: readonly ValidRecipient[] | null | undefined;
  /** For how long, by name or in seconds; by default as long as the policy says. */
  readonly expireAfter?: ItemShareDuration | number | null | undefined;
  /** Whether it can be looked at only once. */
  readonly oneTimeOnly: boolean;
}
