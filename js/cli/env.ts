import { type Command, type Context, textOf } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { FILE_OPTIONS, targetOf } from "./files.js";
import { FORMATS, isFormat } from "./formats.js";
import { writeGithub } from "./github.js";
import { checkHarmless } from "./output.js";
import { readVariables, VARIABLE_OPTIONS } from "./variables.js";

export const env: Command = {
  name: "env",
  summary: "print variables with their secrets",
  usage: "env [options]",
  details:
    "Prints what files and 1Password Environments set, and every variable of the environment that holds\na secret reference. The format github masks the values and adds them to $GITHUB_ENV; wrangler is\nwhat `wrangler secret bulk` reads.",
  examples: [
    ["env --env-file .env.op --format json", "print an env file's variables as JSON"],
    [
      "env --env-file .env.op --format shell -o vars.sh",
      "write what a shell reads with `. ./vars.sh`",
    ],
    ["env --env-file .env.op --format wrangler | wrangler secret bulk", "set a Worker's secrets"],
  ],
  options: {
    ...VARIABLE_OPTIONS,
    format: {
      type: "string",
      value: "format",
      complete: [...Object.keys(FORMATS), "github"],
      help: `${[...Object.keys(FORMATS), "github"].join(", ")} (default: dotenv; json with --json)`,
    },
    ...FILE_OPTIONS,
  },
  run: printVariables,
};

async function printVariables(context: Context): Promise<number> {
  const { args, output, values: given } = context;
  if (args.length > 0) throw usageError("env takes no argument: name files with --env-file");
  const format = textOf(given, "format") ?? (output.isJson ? "json" : "dotenv");
  if (format === "github") return await writeGithub(context);
  if (!isFormat(format)) {
    throw usageError(`--format must be ${Object.keys(FORMATS).join(", ")} or github`);
  }
  const target = await targetOf(context);
  const { values } = await readVariables(context);
  const text = FORMATS[format](values);
  if (target !== undefined) target.write(text);
  else {
    if (output.isTerminal && given["force"] !== true) checkHarmless(text);
    await output.write(text);
  }
  return EXIT.done;
}
