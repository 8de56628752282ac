import { isUtf8 } from "node:buffer";
import { type ErrorDetails, isOnePasswordError, OnePasswordError } from "../client/errors.js";
import { isTold } from "../client/told.js";
import type { Client } from "../slim.js";
import { isFileRequest, withClient } from "./account.js";
import type { Command, Context } from "./command.js";
import { EXIT, type Failure, severalErrors, usageError } from "./exit.js";
import { FILE_OPTIONS, type Target, targetOf } from "./files.js";
import { checkHarmless, jsonOf } from "./output.js";

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
      help: "overwrite without asking; print binary or control characters to a terminal",
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
  if (toTerminal && values["force"] !== true) checkHarmless(secret);
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

async function readAll(context: Context, target: Target | undefined): Promise<void> {
  const secrets = await withClient(context, (client) => resolveAll(client, context.args));
  if (target === undefined) await context.output.json(secrets);
  else target.write(`${jsonOf(secrets)}\n`);
}

/** All of them, or an error that says of each what stands in its way. */
async function resolveAll(client: Client, references: readonly string[]) {
  const all = [...new Set(references)];
  // Calls made in one go are read together, and each tells its error in full.
  const results = await Promise.allSettled(all.map((one) => client.secrets.resolve(one)));
  const secrets: Record<string, string> = Object.create(null);
  const failures: FailedReference[] = [];
  for (const [at, reference] of all.entries()) {
    const result = results[at];
    if (result?.status === "fulfilled") secrets[reference] = result.value;
    else failures.push(failureOf(reference, result?.reason));
  }
  const [first, ...more] = failures;
  if (first === undefined) return secrets;
  if (more.length === 0) throw new OnePasswordError(first);
  if (failures.length === all.length && isOne(failures)) {
    throw new OnePasswordError({ ...first, reference: undefined });
  }
  throw severalErrors(
    `${failures.length} of ${all.length} references cannot be resolved`,
    failures,
  );
}

type FailedReference = Failure & ErrorDetails;

/** What a program may be told of it: what the error class would not repeat, this does not either. */
function failureOf(reference: string, error: unknown): FailedReference {
  if (!isOnePasswordError(error)) throw error;
  const { code, message, retryable } = error;
  const { retryAfterMs, candidates } = { __proto__: null, ...error } as Partial<typeof error>;
  const told = isTold(reference) ? { reference } : {};
  return { ...told, code, message, retryable, retryAfterMs, candidates };
}

/** Whether all of them failed for one reason, such as a token that is not accepted. */
function isOne(failures: readonly FailedReference[]): boolean {
  const [first] = failures;
  return first?.code !== "parsing" && failures.every(({ message }) => message === first?.message);
}
