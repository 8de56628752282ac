import { isUtf8 } from "node:buffer";
import type { ResolveError } from "../client/answers.js";
import { type ErrorDetails, OnePasswordError } from "../client/errors.js";
import { isTold } from "../client/told.js";
import type { Client } from "../slim.js";
import { isFileRequest, withClient } from "./account.js";
import type { Command, Context } from "./command.js";
import { EXIT, type Failure, isRetryable, severalErrors, usageError } from "./exit.js";
import { FILE_OPTIONS, type Target, targetOf } from "./files.js";
import { jsonOf } from "./output.js";

export const read: Command = {
  name: "read",
  summary: "print the secret that a reference names",
  usage: "read [options] <reference>",
  details:
    "A reference is op://vault/item/field or op://vault/item/section/field, each part a name or an id.\nWith --json you can name several references, and get an object of their values. If one of them\nfails, nothing is printed.",
  examples: [
    ["read op://app/database/password", "print a password"],
    ["read -n op://app/database/password | wl-copy", "without a line break at its end"],
    ["read -o id_ed25519 'op://app/deploy/private key?ssh-format=openssh'", "write an SSH key"],
    ["read --json op://app/db/username op://app/db/password", "print two values as JSON"],
  ],
  options: {
    "no-newline": { type: "boolean", short: "n", help: "add no line break to the value" },
    ...FILE_OPTIONS,
    force: {
      type: "boolean",
      short: "f",
      help: "overwrite without a question; print what is no text to a terminal",
    },
  },
  run: readReferences,
};

async function readReferences(context: Context): Promise<number> {
  const { args, output } = context;
  if (args.length === 0) throw usageError("which secret? Name a reference: op://vault/item/field");
  if (args.length > 1 && !output.isJson) {
    throw usageError("several references need --json, which says which value is whose");
  }
  const target = await targetOf(context);
  if (output.isJson) await readAll(context, target);
  else await readOne(context, args[0] ?? "", target);
  return EXIT.done;
}

async function readOne(context: Context, reference: string, target: Target | undefined) {
  let isFile = false;
  const onEvent = (event: Parameters<typeof isFileRequest>[0]) => {
    isFile ||= isFileRequest(event);
  };
  const secret = await withClient(context, (client) => client.secrets.resolveBytes(reference), {
    onEvent,
  });
  const isText = isUtf8(secret);
  const { output, values } = context;
  const toTerminal = target === undefined && output.isTerminal;
  if (toTerminal && values["force"] !== true && !(isText && isHarmless(secret))) {
    throw usageError(
      "this is not plain text, and may do something to your terminal: write it to a file with --out-file, pass it on in a pipe, or add --force",
    );
  }
  // A file is as it was stored, to the last byte; at a prompt the next line begins on its own.
  const wantsBreak = toTerminal || (values["no-newline"] !== true && !isFile);
  const data = isText && wantsBreak ? withBreak(secret) : secret;
  if (target === undefined) await output.write(data);
  else target.write(data);
}

const LINE_BREAK = 0x0a;

function withBreak(text: Uint8Array): Uint8Array {
  return text.at(-1) === LINE_BREAK ? text : Buffer.concat([text, Buffer.of(LINE_BREAK)]);
}

const CONTROL = /[^\P{Cc}\t\n\r]/u;

/** Whether a terminal shows it and does nothing else. */
function isHarmless(text: Uint8Array): boolean {
  return !CONTROL.test(Buffer.from(text).toString("utf8"));
}

async function readAll(context: Context, target: Target | undefined): Promise<void> {
  const secrets = await withClient(context, (client) => resolveAll(client, context.args));
  if (target === undefined) await context.output.json(secrets);
  else target.write(`${jsonOf(secrets)}\n`);
}

/** All of them, or an error that says of each what stands in its way. */
async function resolveAll(client: Client, references: readonly string[]) {
  const { individualResponses } = await client.secrets.resolveAll(references);
  const secrets: Record<string, string> = Object.create(null);
  const failures: FailedReference[] = [];
  for (const reference of new Set(references)) {
    const { content, error } = individualResponses[reference] ?? {};
    if (content) secrets[reference] = content.secret;
    else failures.push(failureOf(reference, error ?? NOTHING_SAID));
  }
  const [first, ...more] = failures;
  if (first === undefined) return secrets;
  if (more.length === 0) throw new OnePasswordError(first);
  const all = new Set(references).size;
  throw severalErrors(`${failures.length} of ${all} references cannot be resolved`, failures);
}

type FailedReference = Failure & ErrorDetails;
const NOTHING_SAID: ResolveError = { type: "protocol", message: "nothing was said of it" };

function failureOf(reference: string, { type, message, ...more }: ResolveError): FailedReference {
  // What the error class would not repeat, a report of several does not either.
  const told = isTold(reference) ? { reference } : {};
  const retryable = isRetryable(type);
  return { code: type, message, ...told, ...(retryable ? { retryable } : {}), ...more };
}
