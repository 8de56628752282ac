import type { ChildProcess, StdioOptions } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { quoted } from "../client/told.js";
import { createMasker } from "../env/masker.js";
import { written } from "../node/written.js";
import type { Command, Context } from "./command.js";
import { EXIT, NotStarted, usageError } from "./exit.js";
import { isBrokenPipe, notWritten } from "./output.js";
import { type Platform, platformOf } from "./platform.js";
import { BY_SIGNAL } from "./signals.js";
import { readVariables, VARIABLE_OPTIONS, type Variables } from "./variables.js";

/** Shorter secrets stand everywhere. */
const SHORTEST_BYTES = 4;
/** For how long a command prints nothing before what may be a secret's beginning is shown. */
const IDLE_MS = 50;
/** What `op` and this command read. Windows knows no case. */
const OWN_VARIABLES = /^(OP_SERVICE_ACCOUNT_TOKEN|OP_CONNECT_\w+|OP_SESSION\w*)$/i;

export const run: Command = {
  name: "run",
  summary: "run a command with secrets in its environment",
  usage: "run [options] [--] <command> [arguments]",
  details:
    "Secret references in env files and in the environment become secrets; then the command is started.\nIf one fails, it is not. What the command prints is searched for these secrets, which are masked,\nand therefore goes through a pipe: with --no-masking the command has the terminal for itself. The\nexit code is the command's.",
  examples: [
    ["run --env-file .env.op -- node server.js", "start a server with its secrets"],
    ["run --no-masking -- psql", "start a program that needs a terminal"],
    ["run -- sh -c 'echo \"$TOKEN\"'", "let the command's shell expand a variable, not yours"],
  ],
  options: {
    ...VARIABLE_OPTIONS,
    "no-masking": {
      type: "boolean",
      help: "mask nothing, and keep the terminal (OP_RUN_NO_MASKING=true)",
    },
    "mask-short": { type: "boolean", help: "mask secrets of less than four bytes, too" },
    "drop-token": {
      type: "boolean",
      help: "give the command no OP_SERVICE_ACCOUNT_TOKEN, OP_CONNECT_*, OP_SESSION*",
    },
  },
  endsAtFirst: true,
  run: runCommand,
};

async function runCommand(context: Context): Promise<number> {
  const { args } = context;
  const [command] = args;
  if (command === undefined || command === "") {
    throw usageError("which command? Name it after the options: run [options] -- command");
  }
  const variables = await readVariables(context);
  const found = await secretsToMask(context, variables);
  const secrets = found.length > 0 ? [...found, ...ownSecrets(context)] : found;
  const platform = platformOf(process.platform);
  const env = await environmentOf(context, { platform, variables, isMasked: secrets.length > 0 });
  return await started(context, { platform, secrets, env });
}

const isShort = (secret: string) =>
  Buffer.byteLength(secret.replace(/\r?\n$/, "")) < SHORTEST_BYTES;

/** None if nothing is to be masked. */
async function secretsToMask(
  { values, env, output }: Context,
  { secrets }: Variables,
): Promise<string[]> {
  const isOff = /^(true|1|yes)$/i.test(env["OP_RUN_NO_MASKING"] ?? "");
  if (values["no-masking"] === true || isOff) return [];
  const visible = secrets.filter(({ secret }) => secret.trim() !== "");
  if (values["mask-short"] === true) return visible.map(({ secret }) => secret);
  const short = visible.filter(({ secret }) => isShort(secret)).map(({ name }) => name);
  if (short.length > 0) {
    const names = [...new Set(short)].join(", ");
    await output.warn(`too short to be masked: ${names} (--mask-short masks them all the same)`);
  }
  return visible.map(({ secret }) => secret).filter((secret) => !isShort(secret));
}

/** What the command may print with all its variables. */
function ownSecrets({ env }: Context): string[] {
  const names = Object.keys(env).filter((name) => OWN_VARIABLES.test(name));
  const secret = names.filter((name) => !name.toUpperCase().endsWith("_HOST"));
  return secret.flatMap((name) => env[name]?.trim() || []).filter((text) => !isShort(text));
}

interface Start {
  readonly platform: Platform;
  readonly variables: Variables;
  readonly isMasked: boolean;
}

async function environmentOf(
  { env, values, output }: Context,
  { platform, variables, isMasked }: Start,
): Promise<NodeJS.ProcessEnv> {
  const all = platform.merged(env, variables.values);
  if (values["drop-token"] === true) {
    for (const name of Object.keys(all)) if (OWN_VARIABLES.test(name)) delete all[name];
  }
  if (!isMasked || !output.isTerminal) return all;
  await output.note(
    "Output is masked, so the command writes to a pipe; with --no-masking it has the terminal.",
  );
  const { columns, rows } = process.stdout;
  // A terminal may not know its size.
  const size = {
    ...(columns > 0 && { COLUMNS: `${columns}` }),
    ...(rows > 0 && { LINES: `${rows}` }),
  };
  const isPlain = all["NO_COLOR"] || values["no-color"] === true;
  const colors = isPlain ? {} : { FORCE_COLOR: "1", CLICOLOR_FORCE: "1" };
  return { ...size, ...colors, ...all };
}

interface Ready {
  readonly platform: Platform;
  readonly secrets: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The command's exit code; a signal that ended it ends this process, too. */
async function started(context: Context, ready: Ready): Promise<number> {
  const { code, signal } = await runToEnd(context, ready);
  return signal === null ? (code ?? EXIT.failed) : await endBy(signal);
}

async function runToEnd({ args, signals }: Context, ready: Ready): Promise<End> {
  const { platform, secrets, env } = ready;
  const [command = "", ...rest] = args;
  const stdio: StdioOptions = secrets.length > 0 ? ["inherit", "pipe", "pipe"] : "inherit";
  const spawn = await platform.loadSpawn();
  // Before there is a command, and before nobody else listens.
  const forwarding = forward(platform);
  signals.release();
  try {
    const child = spawn(command, rest, { env, stdio });
    forwarding.to(child);
    const ended = endOf(child, command);
    // It is not outlived, whatever fails.
    const outcomes = await Promise.allSettled([
      ended,
      pump(child, { from: child.stdout, to: process.stdout, secrets }),
      pump(child, { from: child.stderr, to: process.stderr, secrets }),
    ]);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return await ended;
  } finally {
    forwarding.stop();
  }
}

/** Passes on every signal, not the first alone, and outlives the command. */
function forward({ signals }: Platform): { to(child: ChildProcess): void; stop(): void } {
  const waiting: NodeJS.Signals[] = [];
  let pass = (signal: NodeJS.Signals): void => void waiting.push(signal);
  const listeners = signals.map((signal) => {
    const listener = () => {
      // From a terminal it comes to the command, too.
      if (signal !== "SIGINT" || !isOnTerminal()) pass(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    to(child) {
      pass = (signal) => void child.kill(signal);
      waiting.forEach(pass);
    },
    stop() {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

const isOnTerminal = () =>
  [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** After its output has ended, too. */
function endOf(child: ChildProcess, command: string): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(command, error)));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

function notStarted(command: string, error: Error): NotStarted {
  const { code = "" } = error as NodeJS.ErrnoException;
  const told = quoted(command);
  if (code === "ENOENT") return new NotStarted(`there is no command ${told}`, NOT_FOUND);
  const reason =
    { EACCES: "it is not executable", E2BIG: "its arguments and variables are too long" }[code] ??
    `the system says ${/^E\w+$/.test(code) ? code : "nothing more"}`;
  return new NotStarted(`the command ${told} was not started: ${reason}`, NOT_EXECUTABLE);
}

interface Pump {
  readonly from: Readable | null;
  readonly to: NodeJS.WriteStream;
  readonly secrets: readonly string[];
}

/** Copies what a command prints, without secrets. */
async function pump(child: ChildProcess, { from, to, secrets }: Pump): Promise<void> {
  if (from === null) return;
  const masker = createMasker(secrets);
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of from) {
      clearTimeout(timer);
      await written(to, masker.write(chunk as Buffer)).catch((error: unknown) => {
        // What the command writes is lost. It would not learn it as usual, because what it writes to is
        // no pipe of the system.
        child.kill(isBrokenPipe(error) ? "SIGPIPE" : "SIGTERM");
        throw error;
      });
      timer = setTimeout(() => to.write(masker.idle()), IDLE_MS);
    }
    clearTimeout(timer);
    await written(to, masker.end());
  } catch (error) {
    clearTimeout(timer);
    if (!isBrokenPipe(error)) throw notWritten("the command's output", error);
  }
}

/**
 * With these the system writes the memory of a process to a file, and there are secrets in this one's;
 * the default action of the last is Node's debugger.
 */
const NOT_RAISED = /^SIG(QUIT|ILL|TRAP|ABRT|BUS|FPE|SEGV|SYS|XCPU|XFSZ|USR1)$/;
/** A signal comes at once, if it comes: the first process of a container ignores it. */
const SIGNAL_MS = 100;

async function endBy(signal: NodeJS.Signals): Promise<number> {
  if (!NOT_RAISED.test(signal)) {
    process.kill(process.pid, signal);
    await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
  }
  return BY_SIGNAL + constants.signals[signal];
}
