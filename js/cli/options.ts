import { parseArgs } from "node:util";
import { distance, isSimilar } from "../client/check.js";
import { quoted } from "../client/told.js";
import { type Command, type OptionSpec, type OptionSpecs, textOf, type Values } from "./command.js";
import { usageError } from "./exit.js";
import { NAME } from "./version.js";

/** What every command understands, before its name or after it. */
export const GLOBAL_OPTIONS: OptionSpecs = {
  "token-file": {
    type: "string",
    value: "path",
    complete: "file",
    help: "read the token from this file instead of OP_SERVICE_ACCOUNT_TOKEN",
  },
  "session-file": {
    type: "string",
    value: "path",
    complete: "file",
    help: "keep the session here, sealed, so that the next call need not sign in",
  },
  timeout: {
    type: "string",
    value: "time",
    help: "give up after this time, such as 10s or 500ms (default: 30s)",
  },
  json: { type: "boolean", help: "print JSON, and errors as JSON on stderr" },
  "no-color": { type: "boolean", help: "print no colors; NO_COLOR=1 does the same" },
  help: { type: "boolean", short: "h", help: "explain the command" },
  version: { type: "boolean", short: "v", help: "print the version" },
};

/** A command line, taken apart. */
export interface CommandLine {
  /** As it was written; nothing if there is none. */
  readonly name: string | undefined;
  readonly command: Command | undefined;
  readonly values: Values;
  readonly args: readonly string[];
}

/** Tokens are at least this long; parts of names are not. */
const TOKEN = /ops_[\w+/=%-]{40,}/;

/**
 * Takes a command line apart.
 *
 * @throws {OnePasswordError} `argumentInvalid`, which repeats nothing that may be a token
 */
export function readCommandLine(argv: readonly string[], commands: readonly Command[]) {
  refuseTokens(argv);
  const at = firstArgument(argv, GLOBAL_OPTIONS);
  const name = argv[at];
  const command = commands.find((one) => one.name === name);
  const options = { ...GLOBAL_OPTIONS, ...command?.options };
  const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
  const end = command?.endsAtFirst === true ? firstArgument(rest, options, at) : rest.length;
  const { values, args } = parse(rest.slice(0, end), options, name);
  // What is wrong with it is said before anything is done.
  timeoutOf(values);
  const others = rest.slice(end);
  if (others[0] === "--") others.shift();
  return { name, command, values, args: [...args, ...others] } satisfies CommandLine;
}

/** The process list shows arguments to everyone, and shells keep them in a history. */
function refuseTokens(argv: readonly string[]): void {
  if (!argv.some((argument) => TOKEN.test(argument))) return;
  throw usageError(
    "an argument holds a token, which other users of this machine can see: put it into OP_SERVICE_ACCOUNT_TOKEN or into a file for --token-file, and replace this token if others may have seen it",
  );
}

/** Where the first argument is that is no option and no value of one, or `--`; else the end. */
function firstArgument(argv: readonly string[], options: OptionSpecs, from = 0): number {
  for (let at = from; at < argv.length; at += 1) {
    const argument = argv[at] ?? "";
    if (argument === "--" || argument === "-" || !argument.startsWith("-")) return at;
    if (wantsNext(argument, options)) at += 1;
  }
  return argv.length;
}

/** Whether the value of this option is the next argument. */
function wantsNext(argument: string, options: OptionSpecs): boolean {
  if (argument.startsWith("--")) return options[argument.slice(2)]?.type === "string";
  const letters = [...argument.slice(1)];
  const at = letters.findIndex((letter) => shortOption(letter, options)?.type === "string");
  return at >= 0 && at === letters.length - 1;
}

function shortOption(letter: string, options: OptionSpecs): OptionSpec | undefined {
  return Object.values(options).find(({ short }) => short === letter);
}

/** Not strict: what is wrong is said here, in other words and without what was passed. */
function parse(argv: readonly string[], options: OptionSpecs, command: string | undefined) {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean | string[]> = Object.create(null);
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind === "option") note(values, token, options, command);
  }
  return { values, args };
}

type OptionToken = {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};

/** Checks an option that was given, and keeps its value. The last of several counts. */
function note(
  values: Record<string, string | boolean | string[]>,
  { name, rawName, value, inlineValue }: OptionToken,
  options: OptionSpecs,
  command: string | undefined,
): void {
  const spec = Object.hasOwn(options, name) ? options[name] : undefined;
  if (spec === undefined) throw unknownOption(rawName, options, command);
  if (spec.type === "boolean") {
    if (value !== undefined) throw usageError(`${rawName} takes no value`);
    values[name] = true;
    return;
  }
  const isMissing = value === undefined || (value.startsWith("-") && value !== "-" && !inlineValue);
  if (isMissing)
    throw usageError(`${rawName} needs a value: ${rawName} <${spec.value ?? "value"}>`);
  const before = values[name];
  values[name] = spec.multiple === true ? [...(Array.isArray(before) ? before : []), value] : value;
}

function unknownOption(rawName: string, options: OptionSpecs, command: string | undefined) {
  const told = quoted(rawName.slice(0, 40));
  if (/^--?token$/i.test(rawName)) {
    return usageError(
      "a token is never an argument: put it into OP_SERVICE_ACCOUNT_TOKEN, or into a file for --token-file",
    );
  }
  const near = nearest(rawName.replace(/^-+/, ""), Object.keys(options));
  const help = command === undefined ? "--help" : `help ${command}`;
  const hint = near === undefined ? `see ${NAME} ${help}` : `did you mean --${near}?`;
  return usageError(`there is no option ${told}; ${hint}`);
}

/** What was probably meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const similar = known.filter((one) => one.length > 1 && isSimilar(name, one));
  const far = (one: string) => distance(name.slice(0, 40), one);
  return similar.sort((one, other) => far(one) - far(other))[0];
}

const TIME = /^(\d{1,9})(ms|s|m)?$/;
const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };

/**
 * The milliseconds of `--timeout`: `10s`, `500ms`, `2m`, or `10`, which are seconds.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function timeoutOf(values: Values): number | undefined {
  const text = textOf(values, "timeout");
  if (text === undefined) return undefined;
  const [, count = "", unit = "s"] = TIME.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  if (count !== "" && ms > 0) return ms;
  throw usageError("--timeout must be a time such as 10s, 500ms or 2m");
}
