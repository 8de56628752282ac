import { check } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import type { CommandFile } from "../github/runner.js";

/** A variable of the step, or of the job, with the token. */
export const TOKEN = "OP_SERVICE_ACCOUNT_TOKEN";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the step is told. */
export interface Inputs {
  readonly token: string;
  /** Whether later steps get the values as variables. */
  readonly exported: boolean;
  /** The variables to look at; absent: all of them. */
  readonly only: readonly string[] | undefined;
  /** The variables whose item or field may be missing. */
  readonly optional: readonly string[];
  /** The variables among which the references are. */
  readonly variables: Environment;
}

const NAMES = ["token", "export-env", "optional", "variables"] as const;

/** The runner's name for an input: spaces become `_`, and nothing else changes. */
const variableOf = (input: (typeof NAMES)[number]): string => `INPUT_${input.toUpperCase()}`;

/** @throws {OnePasswordError} `argumentInvalid` */
export function readInputs(env: Environment): Inputs {
  const [token = "", exported = "", optional = "", only = ""] = NAMES.map((name) =>
    env[variableOf(name)]?.trim(),
  );
  const switched = exported.toLowerCase();
  check(["true", "false", ""].includes(switched), "export-env must be true or false");
  // The token is for this step alone, whatever it is called.
  const own = [TOKEN, ...NAMES.map(variableOf)];
  const variables = Object.entries(env).filter(([name]) => !own.includes(name.toUpperCase()));
  return {
    token: token || env[TOKEN]?.trim() || "",
    exported: switched !== "false",
    only: only === "" ? undefined : namesIn(only),
    optional: namesIn(optional),
    variables: Object.fromEntries(variables),
  };
}

const namesIn = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/**
 * Where the runner wants what.
 *
 * @throws {OnePasswordError} `unsupported`, from a runner that has no such file
 */
export function pathOf(file: CommandFile, env: Environment): string {
  const path = env[file];
  if (!path) throw new OnePasswordError({ code: "unsupported", message: tooOld(file) });
  return path;
}

const tooOld = (file: CommandFile) =>
  `this runner names no file ${file}: update it, no secret was read`;
