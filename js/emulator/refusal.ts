/**
 * The service's own error codes, as far as they are recorded (protocol.md); all other errors carry 0.
 */
export const ERROR_CODES = { authenticationRequired: 102, notFound: 117, other: 0 } as const;

/** A request that the service refuses: becomes an error answer. Its message names no secret. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The service's error code. */
    readonly errorCode: number,
    message: string,
    /** Headers of the answer, beside the usual ones. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** 400: the request itself is wrong. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, ERROR_CODES.other, message);
}

/** 401: no session, or a wrong proof of it. */
export function unauthorized(message: string): Refusal {
  return new Refusal(401, ERROR_CODES.authenticationRequired, message);
}

/** 403: the account's policy forbids it. */
export function forbidden(message: string): Refusal {
  return new Refusal(403, ERROR_CODES.other, message);
}

/** 404: no such object or path. */
export function notFound(message: string): Refusal {
  return new Refusal(404, ERROR_CODES.notFound, message);
}

/** 409: made from an old version. */
export function conflict(message: string): Refusal {
  return new Refusal(409, ERROR_CODES.other, message);
}

/** 429: a limit is reached. */
export function tooManyRequests(message: string, headers: Record<string, string>): Refusal {
  return new Refusal(429, ERROR_CODES.other, message, headers);
}
