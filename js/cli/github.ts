import { quoted } from "../client/told.js";
import { throwIfAny } from "../env/failures.js";
import { nameFailures } from "../github/names.js";
import { append, isMaskable, maskAll } from "../github/runner.js";
import type { Context } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { notWritten } from "./output.js";
import { readVariables } from "./variables.js";

/** Has the runner mask every secret, then sets the variables for the steps that follow. */
export async function writeGithub(context: Context): Promise<number> {
  const { env, output } = context;
  const given = ["out-file", "file-mode", "force"].find((name) => context.values[name]);
  if (given !== undefined) {
    throw usageError(`--${given} is not for --format github, which adds to the runner's own file`);
  }
  const file = env["GITHUB_ENV"];
  if (!file) {
    throw usageError("GITHUB_ENV is not set: --format github is for a step of a GitHub workflow");
  }
  const { values, secrets } = await readVariables(context);
  throwIfAny(nameFailures(values.keys(), true));
  const isShown = (secret: string) => secret.trim() !== "" && !isMaskable(secret);
  const short = secrets.filter(({ secret }) => isShown(secret)).map(({ name }) => name);
  if (short.length > 0) {
    await output.warn(`too short to be masked: ${[...new Set(short)].join(", ")}`);
  }
  // What is made of a secret and other text, too.
  await maskAll(secrets.flatMap(({ name, secret }) => [secret, values.get(name) ?? ""]));
  try {
    await append([file], values);
  } catch (error) {
    throw notWritten(`${quoted(file)}, which GITHUB_ENV names,`, error);
  }
  return EXIT.done;
}
