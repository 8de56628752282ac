import { type ErrorCode, isOnePasswordError, OnePasswordError } from "../client/errors.js";

/** What the command's exit code says. */
export const EXIT = {
  done: 0,
  /** Something could not be read, resolved or written, and the same again would not help. */
  failed: 1,
  /** The command line, or a file that it names, is wrong. */
  usage: 2,
  /** The token is missing, wrong, or not allowed to do this. */
  denied: 3,
  /** The same may succeed later. */
  retry: 4,
  /** As a shell says it of a program that wrote to a pipe which nobody reads. */
  brokenPipe: 141,
} as const;

/** The codes of errors whose exit code is not {@link EXIT.failed}. */
const EXITS: Partial<Record<string, number>> = {
  argumentInvalid: EXIT.usage,
  fileUnreadable: EXIT.usage,
  keyInvalid: EXIT.usage,
  notKeyValue: EXIT.usage,
  unterminatedQuote: EXIT.usage,
  textAfterQuote: EXIT.usage,
  notUtf8: EXIT.usage,
  tokenInvalid: EXIT.denied,
  hostNotAllowed: EXIT.denied,
  authenticationFailed: EXIT.denied,
  serverNotTrusted: EXIT.denied,
  permissionDenied: EXIT.denied,
  rateLimited: EXIT.retry,
  serverError: EXIT.retry,
  timeout: EXIT.retry,
};

/** Of several failures the first of these decides: what has to be mended before the others. */
export const SEVERITY: readonly number[] = [EXIT.usage, EXIT.denied, EXIT.failed, EXIT.retry];

/** One of several failures, of a reference or of a variable. */
export interface Failure {
  readonly code: string;
  readonly message?: string | undefined;
  readonly reference?: string | undefined;
  /** The variable's name. */
  readonly name?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** A command that was to be run and cannot be; `exit` is what shells say of it. */
export class NotStarted extends OnePasswordError {
  readonly #exit: number;

  constructor(message: string, exit: number) {
    super({ code: "commandNotStarted", message });
    this.#exit = exit;
  }

  get exit(): number {
    return this.#exit;
  }
}

/** An error that stands for several failures: `failures` has each of them. */
export interface WithFailures {
  readonly failures: readonly Failure[];
}

/** What is wrong with a command line. */
export function usageError(message: string): OnePasswordError {
  return new OnePasswordError({ code: "argumentInvalid", message });
}

/** One error for several failures. Its code is that of the failure which decides the exit code. */
export function severalErrors(
  message: string,
  failures: readonly (Failure & { readonly code: ErrorCode })[],
): OnePasswordError & WithFailures {
  const rank = (failure: Failure) => SEVERITY.indexOf(exitOfCode(failure));
  const [worst] = [...failures].sort((one, other) => rank(one) - rank(other));
  const error = new OnePasswordError({
    code: worst?.code ?? "protocol",
    message,
    retryable: failures.every((failure) => exitOfCode(failure) === EXIT.retry),
    retryAfterMs: longest(failures),
  });
  return Object.assign(error, { failures });
}

/** The failures that an error stands for; none if it is one by itself. */
export function failuresOf(error: unknown): readonly Failure[] {
  const { failures } = (error ?? {}) as Partial<WithFailures>;
  return Array.isArray(failures) ? failures : [];
}

/** The exit code for what a command threw. */
export function exitOf(error: unknown): number {
  if (error instanceof NotStarted) return error.exit;
  if (!isOnePasswordError(error)) return EXIT.failed;
  // Of several failures as well it says whether all of them may pass.
  if (error.retryable) return EXIT.retry;
  const exits = failuresOf(error).map(exitOfCode);
  return SEVERITY.find((exit) => exits.includes(exit)) ?? exitOfCode(error);
}

function exitOfCode({ code, retryable }: Failure): number {
  return retryable === true ? EXIT.retry : (EXITS[code] ?? EXIT.failed);
}

function longest(failures: readonly Failure[]): number | undefined {
  const waits = failures.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}
