import type { Candidate, ErrorCode } from "./errors.js";
import { withoutInherited } from "./own.js";

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
  /** After a 429, which limit was reached, if the service said so. */
  readonly limit?: "token" | "account";
}

/** What may be absent of an error in a batch. */
const DETAILS = ["candidates", "retryAfterMs", "limit"];

/** Sees to it that what the responses of a batch lack is not found on `Object.prototype`. */
export function ownResponses<T extends { individualResponses: object }>(answer: T): T {
  const responses: { error?: object | null }[] = Object.values(answer.individualResponses);
  for (const response of responses) {
    withoutInherited(response, ["content", "error"]);
    if (response.error) withoutInherited(response.error, DETAILS);
  }
  return answer;
}
