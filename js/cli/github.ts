import { nameFailures } from "../action/names.js";
import { append, mask } from "../action/runner.js";
import { OnePasswordError } from "../client/errors.js";
import { quoted } from "../client/told.js";
import { throwIfAny } from "../env/failures.js";
import type { Context } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { reasonOf } from "./reason.js";
import { readVariables } from "./variables.js";

/** Has the runner mask every secret, then sets the variables for the steps that follow. */
export async function writeGithub(context: Context): Promise<number> {
  const { env } = context;
  const file = env["GITHUB_ENV"];
  if (!file) {
    throw usageError("GITHUB_ENV is not set: --format github is for a step of a GitHub workflow");
  }
  const { values, secrets } = await readVariables(context);
  throwIfAny(nameFailures(values.keys(), true));
  for (const { name, secret } of secrets) {
    await mask(secret);
    // What is made of a secret and other text, too.
    await mask(values.get(name) ?? "");
  }
  try {
    await append(file, values);
  } catch (error) {
    const message = `${quoted(file)}, which GITHUB_ENV names, was not written: ${reasonOf(error)}`;
    throw new OnePasswordError({ code: "fileUnwritable", message });
  }
  return EXIT.done;
}
