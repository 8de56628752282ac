import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { OnePasswordError } from "../client/errors.js";
import { quoted } from "../client/told.js";
import { reasonOf } from "../node/reason.js";
import { type Context, textOf } from "./command.js";

/** The variable that holds the token, as for `op`. */
export const TOKEN_VARIABLE = "OP_SERVICE_ACCOUNT_TOKEN";
/** The variables of a Connect server, which `op` prefers where both are set. */
export const CONNECT_VARIABLES = ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN"] as const;
/** Ten times a token, and far less than what somebody names by mistake. */
const MAX_BYTES = 64 * 1024;

/** A token, and where it was found. */
export interface FoundToken {
  readonly token: string;
  readonly source: string;
}

/**
 * The token, from the file that was named or else from the environment.
 *
 * @throws {OnePasswordError} `tokenInvalid` if there is none, `fileUnreadable`
 */
export function findToken({ values, env }: Pick<Context, "values" | "env">): FoundToken {
  const path = textOf(values, "token-file");
  if (path !== undefined) return { token: readTokenFile(path), source: "--token-file" };
  const token = env[TOKEN_VARIABLE]?.trim();
  if (token) return { token, source: TOKEN_VARIABLE };
  throw new OnePasswordError({ code: "tokenInvalid", message: noToken(connectVariables(env)) });
}

/** Those of the Connect variables that are set. */
export function connectVariables(env: NodeJS.ProcessEnv): string[] {
  return CONNECT_VARIABLES.filter((name) => env[name]);
}

function noToken(connect: readonly string[]): string {
  const set = `set ${TOKEN_VARIABLE} to the token of a service account (ops_…), or name a file that holds it with --token-file`;
  if (connect.length === 0) return `there is no token: ${set}`;
  const both = connect.length === CONNECT_VARIABLES.length;
  const found = both ? "a Connect server is set" : `of a Connect server only ${connect[0]} is set`;
  return `${found}, but Connect is not supported yet: ${set}`;
}

/** What to know about the Connect variables if there is a token as well. */
export function connectWarning(env: NodeJS.ProcessEnv): string | undefined {
  const names = connectVariables(env);
  if (names.length === 0) return undefined;
  return `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} set, and not used: Connect is not supported yet, and the service account's token is used (op would use Connect if both were set)`;
}

function readTokenFile(path: string): string {
  const bytes = readSmall(path);
  if (bytes.length > MAX_BYTES) throw unreadable(path, "it is too long for a token");
  const token = bytes.toString("utf8").trim();
  if (token === "") throw unreadable(path, "it is empty");
  return token;
}

/** Piece by piece, because a shell's `<(…)` is a pipe. */
function readSmall(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    if (fstatSync(file).isDirectory()) throw unreadable(path, "it is a folder");
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } catch (error) {
    throw error instanceof OnePasswordError ? error : unreadable(path, reasonOf(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function unreadable(path: string, reason: string): OnePasswordError {
  return new OnePasswordError({
    code: "fileUnreadable",
    message: `the token file ${quoted(path)} cannot be used: ${reason}`,
  });
}

/** What a token says of its account: nothing of it is a secret. */
export interface Account {
  readonly host: string;
  readonly email: string;
}

/** Reads the account's host and e-mail address out of a token; what is not there is empty. */
export function accountOf(token: string): Account {
  const [address, email] = membersOf(token);
  const host = address.replace(/^https?:\/\//i, "").replace(/\/$/, "");
  return { host, email };
}

/** The origin that a token leads to, such as `https://my.1password.com`. */
export function originOf(token: string): string {
  const [address] = membersOf(token);
  const origin = address.includes("://") ? address : `https://${address}`;
  return origin.replace(/\/$/, "");
}

function membersOf(token: string): [address: string, email: string] {
  try {
    const text = Buffer.from(token.replace(/^ops_/, ""), "base64url").toString("utf8");
    const { signInAddress, email } = JSON.parse(text) as Record<string, unknown>;
    return [signInAddress, email].map((it) => (typeof it === "string" ? it : "")) as [
      string,
      string,
    ];
  } catch {
    return ["", ""];
  }
}
