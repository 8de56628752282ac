import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ClientConfig } from "../client/config.js";
import { hasCode, OnePasswordError } from "../client/errors.js";
import type { ClientEvent } from "../client/events.js";
import { quoted } from "../client/told.js";
import { reasonOf } from "../node/reason.js";
import type { Client } from "../slim.js";
import type { Store } from "../stores/store.js";
import { type Context, textOf } from "./command.js";
import { usageError } from "./exit.js";
import { timeoutOf } from "./options.js";
import { accountOf, connectWarning, findToken } from "./token.js";

/** What a command wants of its client beside what the command line says. */
export interface ClientWishes extends Pick<ClientConfig, "retry" | "fetch" | "onEvent"> {
  /** Whether what the user may want to change goes without saying. */
  readonly isQuiet?: boolean;
  /** Whether the client has signed in before the work begins, and not only when it asks. */
  readonly isSignedIn?: boolean;
}

/**
 * Makes a client of what the command line and the environment say, does the work, and closes it.
 *
 * @throws {OnePasswordError} saying what stands in the way
 */
export async function withClient<T>(
  context: Context,
  work: (client: Client) => Promise<T>,
  { isQuiet = false, isSignedIn = false, ...wishes }: ClientWishes = {},
): Promise<T> {
  const { token } = findToken(context);
  const config = configOf(context);
  const { progress } = context.output;
  const warning = connectWarning(context.env);
  if (warning !== undefined && !isQuiet) await context.output.warn(warning);
  progress.start(`Asking ${accountOf(token).host.slice(0, 80)} …`);
  const { authenticate, fileStore } = await import("./service.js");
  const path = textOf(context.values, "session-file");
  if (path !== undefined) checkSessionFile(path);
  const session = path === undefined ? undefined : noting(fileStore(path));
  const store = session === undefined ? {} : { store: session };
  // Lazy, so that the sign-in and what is asked for have one time limit together.
  const options = { auth: token, lazy: !isSignedIn, ...config, ...store, ...wishes };
  let client: Client | undefined;
  try {
    client = await authenticate(options);
    return await work(client);
  } catch (error) {
    throw inOwnWords(error, token);
  } finally {
    client?.close();
    progress.stop();
    if (session?.problem !== undefined) {
      const told = `the session file ${quoted(path)} was not written: ${reasonOf(session.problem)}`;
      await context.output.warn(told);
    }
  }
}

/**
 * A file of somebody else's content would be gone: `--token-file` is easily mixed up with this option.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
function checkSessionFile(path: string): void {
  let text: string;
  try {
    // As the store goes: by text.
    const file = resolve(path);
    if (!statSync(file).isFile()) return;
    text = readFileSync(file, "utf8");
  } catch {
    return; // it is not there, or the store says what is wrong with it
  }
  if (text.trim() === "" || holdsRecords(text)) return;
  throw usageError(
    `${quoted(path)} is no session file, and would be overwritten: name one that does not exist yet`,
  );
}

function holdsRecords(text: string): boolean {
  try {
    const records: unknown = JSON.parse(text);
    const all = typeof records === "object" && records !== null ? Object.values(records) : [];
    return all.length > 0 && all.every((one) => typeof one?.value === "string");
  } catch {
    return false;
  }
}

/** A client does not say that its store fails; who named a file for it wants to know. */
function noting(store: Store): Store & { problem: unknown } {
  const noted = {
    problem: undefined as unknown,
    get: (key: string) => store.get(key),
    async set(key: string, value: string, ttlSeconds: number) {
      try {
        await store.set(key, value, ttlSeconds);
      } catch (error) {
        noted.problem = error;
        throw error;
      }
    },
  };
  return noted;
}

/** The library advises its users to allow the host, which the command does not let them do. */
export function inOwnWords(error: unknown, token: string): unknown {
  if (hasCode(error, "timeout")) {
    const { message, ...details } = error as OnePasswordError;
    const own = message.replaceAll("timeoutMs", "--timeout");
    return new OnePasswordError({ ...details, code: "timeout", message: own });
  }
  if (!hasCode(error, "hostNotAllowed")) return error;
  const message = `the token names the host ${quoted(accountOf(token).host)}, which is none of 1Password's, so nothing was sent to it: take the token from 1Password anew`;
  return new OnePasswordError({ code: "hostNotAllowed", message });
}

/** The options of a client that the command line has. */
function configOf({ values }: Context): { timeoutMs?: number } {
  const timeoutMs = timeoutOf(values);
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** Whether an event is the request for a file's content. */
export function isFileRequest(event: ClientEvent): boolean {
  return event.type === "request" && FILE.test(event.path);
}
const FILE = /^\/api\/v\d+\/file\//;
