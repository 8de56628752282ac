import type { Output } from "./output.js";
import type { Signals } from "./signals.js";

/** An option of a command, as it is parsed, explained and completed. */
export interface OptionSpec {
  readonly type: "boolean" | "string";
  /** One letter. */
  readonly short?: string;
  /** May be given several times: its value is an array then. */
  readonly multiple?: true;
  /** What stands for its value in the help: `path`. */
  readonly value?: string;
  /** What a shell completes its value with. */
  readonly complete?: "file" | readonly string[];
  readonly help: string;
}

/** By their long names. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was given for the options, by their long names; nothing of what was not given. */
export type Values = Readonly<Record<string, string | boolean | string[] | undefined>>;

/** What a command is run with. */
export interface Context {
  readonly values: Values;
  /** What was given beside options. */
  readonly args: readonly string[];
  /** Every command that there is. */
  readonly commands: readonly Command[];
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  readonly signals: Signals;
}

/** One command. It stands in a file of its own, and in the table of commands.ts. */
export interface Command {
  readonly name: string;
  /** What it does, in half a line. */
  readonly summary: string;
  /** Without the command itself: `read [options] <reference>`. */
  readonly usage: string;
  /** What the help says beside its options: paragraphs. */
  readonly details?: string;
  /** Command lines without the command itself, each with what it does. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  readonly options: OptionSpecs;
  /** What a shell completes its first argument with. */
  readonly complete?: readonly string[];
  /** Whether everything from the first argument on is another program's: nothing of it is parsed. */
  readonly endsAtFirst?: true;
  /** Does it; the exit code, or an error that says why not. */
  run(context: Context): Promise<number>;
}

/** A text option that was given. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** All that was given for an option that may be repeated, in its order. */
export function textsOf(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}
