import { readFile } from "node:fs/promises";
import { OnePasswordError } from "../client/errors.js";
import { quoted } from "../client/told.js";
import { resolveParts } from "../env/resolve.js";
import { parseTemplate, type Unset } from "../env/template.js";
import { UTF8 } from "../node/env_files.js";
import { reasonOf } from "../node/reason.js";
import { type Command, type Context, textOf } from "./command.js";
import { EXIT, usageError } from "./exit.js";
import { FILE_OPTIONS, targetOf } from "./files.js";
import { checkHarmless } from "./output.js";
import { joined } from "./pieces.js";
import { resolverOf } from "./resolver.js";

const UNSET = ["keep", "error", "empty"] as const;

export const inject: Command = {
  name: "inject",
  summary: "put secrets into a template",
  usage: "inject [options]",
  details: [
    "Reads a template from stdin or a file, and writes it with secrets in place of its references,",
    "which stand as {{ op://vault/item/field }}, or alone as in: password: op://vault/item/field",
    `Variables of the environment are $NAME, \${NAME} and \${NAME:-default}; \\$NAME stays $NAME, and`,
    '{{ "text" }} is that text. Nothing else is changed or added. If one reference fails, nothing is',
    "written.",
  ].join("\n"),
  examples: [
    ["inject -i config.yml.tpl -o config.yml", "make a configuration file"],
    ["inject < nginx.tpl | nginx -c /dev/stdin", "pass it on without a file"],
  ],
  options: {
    "in-file": {
      type: "string",
      short: "i",
      value: "path",
      complete: "file",
      help: "read the template from this file instead of stdin",
    },
    ...FILE_OPTIONS,
    unset: {
      type: "string",
      value: "keep|error|empty",
      complete: UNSET,
      help: "what becomes of a variable that is not set (default: keep)",
    },
  },
  run: injectSecrets,
};

async function injectSecrets(context: Context): Promise<number> {
  const { args, env, output } = context;
  if (args.length > 0) {
    throw usageError("inject takes no argument: name the template with --in-file, or pipe it in");
  }
  const unset = unsetOf(context);
  const file = textOf(context.values, "in-file");
  // Before the template is read: whether it may be overwritten is asked on the terminal.
  const target = await targetOf(context);
  const text = await readTemplate(file);
  const parts = parseTemplate(text, { variables: env, unset, file });
  const pieces = await resolveParts(parts, { client: resolverOf(context), file });
  if (target !== undefined) target.write(joined(pieces));
  else {
    if (output.isTerminal && context.values["force"] !== true)
      for (const piece of pieces) checkHarmless(piece);
    for (const piece of joined(pieces)) await output.write(piece);
  }
  return EXIT.done;
}

function unsetOf({ values }: Context): Unset {
  const given = textOf(values, "unset") ?? "keep";
  const unset = UNSET.find((one) => one === given);
  if (unset !== undefined) return unset;
  throw usageError("--unset must be keep, error or empty");
}

/** @throws {OnePasswordError} `fileUnreadable`, `argumentInvalid` */
async function readTemplate(file: string | undefined): Promise<string> {
  if (file === undefined && process.stdin.isTTY) {
    throw usageError("there is no template: pipe it in, or name a file with --in-file");
  }
  const told = file === undefined ? "stdin" : `the template ${quoted(file)}`;
  const bytes = await bytesOf(file).catch((error: unknown) => {
    throw unreadable(told, reasonOf(error));
  });
  try {
    return UTF8.decode(bytes);
  } catch {
    throw unreadable(told, "it is not UTF-8 text");
  }
}

async function bytesOf(file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined) return await readFile(file);
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

function unreadable(what: string, reason: string): OnePasswordError {
  return new OnePasswordError({
    code: "fileUnreadable",
    message: `${what} cannot be read: ${reason}`,
  });
}
