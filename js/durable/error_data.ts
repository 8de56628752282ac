import {
  type Candidate,
  ERROR_CODES,
  type ErrorCode,
  isOnePasswordError,
  OnePasswordError,
} from "../client/errors.js";
import { ownOf } from "../client/own.js";

/** An error of this package as plain data. */
export interface ErrorData {
  /** As the error has it, here and below. */
  readonly code: ErrorCode;
  /** Text for a person. */
  readonly message: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** The HTTP status. */
  readonly status?: number;
  /** When to try again. */
  readonly retryAfterMs?: number;
  /** Which limit was reached. */
  readonly limit?: "token" | "account";
  /** The secret reference. */
  readonly reference?: string;
  /** What an ambiguous reference may have meant. */
  readonly candidates?: readonly Candidate[];
  /** The message of the cause. */
  readonly cause?: string;
}

/** An error as data. A foreign error is withheld: it may hold a secret. */
export function toData(thrown: unknown): ErrorData {
  const error = isOnePasswordError(thrown) ? thrown : unknownFailure();
  const { cause, name: _name, ...data } = ownOf({ ...error.toJSON(), cause: error.cause });
  const told = cause instanceof Error ? { ...data, cause: cause.message } : data;
  return Object.fromEntries(
    Object.entries(told).filter(([, value]) => value !== undefined),
  ) as unknown as ErrorData;
}

/** The error of which this is the data, with its class and the caller's stack. */
export function fromData(given: unknown): OnePasswordError {
  const { cause, ...data } = ownOf(Object(given)) as Partial<ErrorData>;
  const { code, message } = data;
  if (!ERROR_CODES.includes(code as ErrorCode) || typeof message !== "string") return malformed();
  const details = { ...data, code: code as ErrorCode, message };
  return new OnePasswordError(
    cause === undefined ? details : { ...details, cause: new Error(String(cause)) },
  );
}

/** Not an answer of this package. */
export function malformed(): OnePasswordError {
  return new OnePasswordError({
    code: "protocol",
    message:
      "the Durable Object's answer is malformed: deploy the same version of onepassword-edge in every Worker",
  });
}

function unknownFailure(): OnePasswordError {
  return new OnePasswordError({
    code: "protocol",
    message: "the Durable Object failed unexpectedly; the reason is withheld",
  });
}
