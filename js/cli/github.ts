import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { OnePasswordError } from "../client/errors.js";
import { quoted } from "../client/told.js";
import type { Context } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { reasonOf } from "./reason.js";
import { readVariables } from "./variables.js";

/** Has the runner mask every secret, then sets the variables for the steps that follow. */
export async function writeGithub(context: Context): Promise<number> {
  const { env, output } = context;
  const file = env["GITHUB_ENV"];
  if (!file) {
    throw usageError("GITHUB_ENV is not set: --format github is for a step of a GitHub workflow");
  }
  const { values, secrets } = await readVariables(context);
  const masked = new Set(secrets.flatMap(({ secret }) => [secret, ...secret.split(/\r?\n/)]));
  for (const text of masked) {
    if (text.trim() !== "") await output.write(`::add-mask::${escaped(text)}\n`);
  }
  try {
    appendFileSync(file, [...values].map(([name, value]) => entryOf(name, value)).join(""));
  } catch (error) {
    const message = `${quoted(file)}, which GITHUB_ENV names, was not written: ${reasonOf(error)}`;
    throw new OnePasswordError({ code: "fileUnwritable", message });
  }
  return EXIT.done;
}

const ESCAPES: Readonly<Record<string, string>> = { "%": "%25", "\r": "%0D", "\n": "%0A" };

function escaped(text: string): string {
  return text.replace(/[%\r\n]/g, (char) => ESCAPES[char] ?? char);
}

/** With an end that no value can guess. */
function entryOf(name: string, value: string): string {
  const end = `end-${randomBytes(16).toString("hex")}`;
  return `${name}<<${end}\n${value}\n${end}\n`;
}
