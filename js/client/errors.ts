import { isTold } from "./told.js";

/** Every code an error of this package may have: the vendor's names for references, then our own. */
export const ERROR_CODES = [
  "parsing",
  "vaultNotFound",
  "tooManyVaults",
  "itemNotFound",
  "tooManyItems",
  "itemNotActive",
  "noMatchingSections",
  "fieldNotFound",
  "tooManyMatchingFields",
  "unreadableField",
  "incompatibleTOTPQueryParameterField",
  "incompatibleSshKeyQueryParameterField",
  "incompatibleAttribute",
  "unableToGenerateTotpCode",
  "sSHKeyMetadataNotFound",
  "unableToParsePrivateKey",
  "unableToFormatPrivateKeyToOpenSsh",
  "unsupportedFileFormat",
  "fileTooLarge",
  "environmentNotFound",
  "tooManyEnvironments",
  "notAnEnvironment",
  "notAVault",
  "environmentDamaged",
  "tokenInvalid",
  "argumentInvalid",
  "hostNotAllowed",
  "authenticationFailed",
  "serverNotTrusted",
  "permissionDenied",
  "notFound",
  "conflict",
  "rateLimited",
  "serverError",
  "network",
  "timeout",
  "aborted",
  "protocol",
  "decryption",
  "closed",
  "unsupported",
  // Of Environments as objects, of groups and shares, and of files that the command line names, which
  // the core knows nothing of.
  "duplicateVariables",
  "groupNotFound",
  "groupKeyInvalid",
  "recipientInvalid",
  "recipientsRejected",
  "sharingNotAllowed",
  "itemInvalid",
  "fileUnreadable",
  "fileUnwritable",
] as const;

/** The stable name of a kind of error. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The details of an {@link OnePasswordError}. */
export interface ErrorDetails {
  readonly code: ErrorCode;
  readonly message: string;
  readonly status?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly limit?: "token" | "account" | undefined;
  readonly reference?: string | undefined;
  readonly candidates?: readonly Candidate[] | undefined;
  readonly cause?: unknown;
}

/** Something that an ambiguous reference may have meant. */
export interface Candidate {
  /** Its id; of a field in a section, the section's id and a slash stand before it. */
  readonly id: string;
  /** Its name or title, with invisible characters written as `\u{202e}`. */
  readonly title: string;
  /** Of a field in a section: the section's title, or its id. */
  readonly section?: string;
  /** Of a vault or an item: when it was last changed, as RFC 3339 text. */
  readonly updatedAt?: string;
  /**
   * The secret reference that names nothing but this: the one that was asked for with another part.
   * Absent where no reference can tell it from the others, and where none was asked for.
   */
  readonly reference?: string;
  /** Whether it is an Environment, of which a vault has the name; absent if not. */
  readonly environment?: true;
}

/** The same in every copy of this package that a program may hold. */
const BRAND = Symbol.for("onepassword-edge.error");
// Without a prototype, here and below: nothing that somebody put on `Object.prototype` counts.
const BRANDED = { __proto__: null, value: true };

/**
 * The one error class of this package. Its message says what happened, to what, and what to
 * do about it. No token, key or secret is ever in it, nor in its cause.
 */
export class OnePasswordError extends Error {
  override readonly name = "OnePasswordError";
  /** Which kind of error it is. */
  readonly code: ErrorCode;
  // Declared, not defined: an absent member is not there at all.
  /** The HTTP status behind it, if one was. */
  declare readonly status?: number;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** When to try again, in milliseconds, if the service said so. */
  declare readonly retryAfterMs?: number;
  /** Which limit was reached, if the service said so: the service account's, of an hour, or the whole account's, of a day. */
  declare readonly limit?: "token" | "account";
  /** The secret reference that was asked for, unless an invisible character is in it or it looks as if a token was pasted into it. */
  declare readonly reference?: string;
  /** What an ambiguous reference may have meant. */
  declare readonly candidates?: readonly Candidate[];

  constructor(given: ErrorDetails) {
    const details: ErrorDetails = { __proto__: null, ...given } as ErrorDetails;
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.retryable = details.retryable ?? false;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.limit !== undefined) this.limit = details.limit;
    if (isTold(details.reference)) this.reference = details.reference;
    if (details.candidates !== undefined) this.candidates = details.candidates;
    Object.defineProperty(this, BRAND, BRANDED);
  }

  /**
   * An error of another copy of this package is one too: a program may have required one and imported
   * another.
   *
   * @internal
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class derived from this one inherits it
    return this === OnePasswordError ? isOnePasswordError(value) : super[Symbol.hasInstance](value);
  }

  /** What `JSON.stringify` shows: everything but the stack and the cause. */
  toJSON(): Omit<ErrorDetails, "cause"> & { readonly name: string } {
    const { name, code, message, retryable } = this;
    const own = { __proto__: null, ...this } as Partial<this>;
    const { status, retryAfterMs, limit, reference, candidates } = own;
    return { name, code, message, status, retryable, retryAfterMs, limit, reference, candidates };
  }
}

/** Whether a value is an error of this package, also of another copy of it or of another realm. */
export function isOnePasswordError(value: unknown): value is OnePasswordError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** Gives an error of the wasm module its class. Here, so that its stack shows who asked. */
export function withClass(thrown: unknown): unknown {
  const isModules =
    thrown instanceof Error && thrown.name === "OnePasswordError" && !isOnePasswordError(thrown);
  if (!isModules) return thrown;
  const { message, ...details } = thrown as Error & ErrorDetails;
  return new OnePasswordError({ ...details, message });
}

/**
 * Whether this is an error of this copy of the package with this code.
 *
 * @internal
 */
export function hasCode(thrown: unknown, code: ErrorCode): boolean {
  return thrown instanceof OnePasswordError && thrown.code === code;
}
