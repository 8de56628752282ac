import type { Candidate, ErrorCode } from "./errors.js";

/** What `client.secrets.resolveAll` answers: for each reference its value, or what stands in the way. */
export interface ResolveAllResponse {
  readonly individualResponses: Readonly<Record<string, ResolveResponse>>;
}

/** One of the two is there. */
export interface ResolveResponse {
  readonly content?: ResolvedReference;
  readonly error?: ResolveError;
}

/** A value, and where it was found. */
export interface ResolvedReference {
  readonly secret: string;
  readonly itemId: string;
  readonly vaultId: string;
}

/** What stands in the way of one reference. */
export interface ResolveError {
  readonly type: ErrorCode;
  readonly message: string;
  /** What an ambiguous reference may have meant. */
  readonly candidates?: readonly Candidate[];
  /** When to try again, in milliseconds, if the service said so, or after a 429. */
  readonly retryAfterMs?: number;
}
