// As a whole, because what Node 18 lacks of it must not keep `doctor` from saying that it is too old.
import { isUtf8 } from "node:buffer";
import util from "node:util";
import { hasCode, isOnePasswordError, OnePasswordError } from "../client/errors.js";
import { visible, withoutKeys } from "../client/told.js";
import { reasonOf } from "../node/reason.js";
import { written } from "../node/written.js";
import { type Failure, failuresOf, usageError } from "./exit.js";
import { Progress } from "./progress.js";

/** How the output of a command looks. */
export interface OutputOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  /** `--no-color` */
  readonly isPlain: boolean;
}

type Style = Parameters<typeof util.styleText>[0];
/** What is unsafe on a terminal, and allowed in JSON text as it is. A line break there is layout. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const MS_PER_SECOND = 1000;

/** What was asked for goes to stdout, everything else to stderr. */
export class Output {
  readonly isJson: boolean;
  readonly progress: Progress;
  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.isJson = options.isJson;
    const isDumb = options.env["TERM"] === "dumb";
    this.progress = new Progress(process.stderr, process.stderr.isTTY && !isDumb && !this.isJson);
    for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreEvent);
  }

  /** Whether a person reads stdout. */
  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  /**
   * Writes to stdout exactly this.
   *
   * @throws {OnePasswordError} `fileUnwritable`, or the system's own error if nobody reads: see
   * {@link isBrokenPipe}
   */
  async write(data: string | Uint8Array): Promise<void> {
    this.progress.stop();
    await written(process.stdout, data).catch((error: unknown) => {
      if (isBrokenPipe(error)) throw error;
      throw notWritten("stdout", error);
    });
  }

  /** Writes a line of JSON to stdout. */
  async json(value: unknown): Promise<void> {
    await this.write(`${jsonOf(value)}\n`);
  }

  /** Says something beside the result: a line on stderr. */
  async note(text: string): Promise<void> {
    if (this.isJson) return;
    await this.#tell(text);
  }

  /** Says what the user may want to change. */
  async warn(message: string): Promise<void> {
    const text = `${this.styled(process.stderr, "yellow", "warning:")} ${visible(message)}`;
    await this.#tell(this.isJson ? jsonOf({ warning: { message } }) : text);
  }

  /** Says why the command failed. */
  async fail(error: unknown): Promise<void> {
    if (this.isJson) return await this.#tell(jsonOf({ error: shownOf(error) }));
    const label = this.styled(process.stderr, "red", "error:");
    await this.#tell(`${label} ${linesOf(error).join("\n")}`);
  }

  /** The text in this style, where the stream is to have any. */
  styled(stream: NodeJS.WriteStream, style: Style, text: string): string {
    return hasColors(stream, this.#options)
      ? (util.styleText?.(style, text, NOT_CHECKED) ?? text)
      : text;
  }

  async #tell(text: string): Promise<void> {
    this.progress.stop();
    // Nobody is left to be told that nobody reads what is told.
    await written(process.stderr, `${text}\n`).catch(ignoreEvent);
  }
}

// Whether the stream wants colours is decided here: Node would look at other variables.
const NOT_CHECKED = { validateStream: false };
/** Errors come to whoever writes. */
const ignoreEvent = (): void => {};

function hasColors(stream: NodeJS.WriteStream, { env, isPlain }: OutputOptions): boolean {
  if (isPlain) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return !["0", "false"].includes(forced);
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

const CONTROL = /[^\P{Cc}\t\n\r]/u;

/**
 * Refuses to show on a terminal what may do something to it.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function checkHarmless(data: string | Uint8Array): void {
  const isText = typeof data === "string" || isUtf8(data);
  if (isText && !CONTROL.test(typeof data === "string" ? data : Buffer.from(data).toString())) {
    return;
  }
  throw usageError(
    "this is not plain text, and may do something to your terminal: write it to a file with --out-file, pass it on in a pipe, or add --force",
  );
}

/** What a write failed of. */
export function notWritten(what: string, error: unknown): OnePasswordError {
  const message = `${what} was not written: ${reasonOf(error)}`;
  return new OnePasswordError({ code: "fileUnwritable", message });
}

/** Whether what was written to has nobody who reads it. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

/** As JSON in which nothing acts on a terminal; a program reads the same. */
export function jsonOf(value: unknown, indent = 0): string {
  return JSON.stringify(value, undefined, indent).replace(UNSEEN, (char) =>
    Array.from({ length: char.length }, (_, at) => escaped(char.charCodeAt(at))).join(""),
  );
}

const escaped = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;

/** What of an error a program is shown. */
function shownOf(error: unknown): Failure & { failures?: readonly Failure[] } {
  const failures = failuresOf(error);
  if (!isOnePasswordError(error)) return { code: "unexpected", message: messageOf(error) };
  const { code, message } = error;
  const { reference, retryAfterMs } = { __proto__: null, ...error } as Partial<typeof error>;
  const told = { code, message, reference, retryAfterMs };
  return failures.length > 0 ? { ...told, failures } : told;
}

/** What of an error a person is shown. */
function linesOf(error: unknown): string[] {
  // The message of this one lists its failures itself.
  const failures = hasCode(error, "envUnresolved") ? [] : failuresOf(error);
  const lines = messageOf(error).split("\n").map(visible);
  lines.push(...failures.map((failure) => `  ${lineOf(failure)}`));
  const { retryAfterMs, candidates } = isOnePasswordError(error)
    ? ({ __proto__: null, ...error } as Partial<typeof error>)
    : {};
  for (const { reference, id } of candidates ?? []) lines.push(`  one is ${reference ?? id}`);
  if (retryAfterMs !== undefined) lines.push(`try again in ${waitOf(retryAfterMs)}`);
  return lines;
}

function lineOf({ name, reference, message, code, file, line }: Failure): string {
  const place = file === undefined ? "" : `${file}:${line ?? 1}: `;
  const what = [name, reference].filter((part) => part !== undefined).join("=");
  return visible(`${place}${what === "" ? "" : `${what}: `}${message ?? code}`);
}

/** A pause, in words. */
export function waitOf(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / MS_PER_SECOND));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

/** An error that is not this package's is a defect, and may quote anything. */
function messageOf(error: unknown): string {
  if (isOnePasswordError(error)) return error.message;
  return `unexpected: ${error instanceof Error ? withoutKeys(error.message, 300) : "no error"}`;
}
