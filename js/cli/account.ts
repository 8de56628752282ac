import type { ClientConfig } from "../client/config.js";
import { hasCode, OnePasswordError } from "../client/errors.js";
import type { ClientEvent } from "../client/events.js";
import { quoted } from "../client/told.js";
import type { Client } from "../slim.js";
import type { Store } from "../stores/store.js";
import { type Context, textOf } from "./command.js";
import { readTime } from "./options.js";
import { reasonOf } from "./reason.js";
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
  if (!hasCode(error, "hostNotAllowed")) return error;
  const message = `the token names the host ${quoted(accountOf(token).host)}, which is none of 1Password's: it was not asked`;
  return new OnePasswordError({ code: "hostNotAllowed", message });
}

/** The options of a client that the command line has. */
function configOf({ values }: Context): { timeoutMs?: number } {
  const timeout = textOf(values, "timeout");
  return timeout === undefined ? {} : { timeoutMs: readTime(timeout, "--timeout") };
}

/** Whether an event is the request for a file's content. */
export function isFileRequest(event: ClientEvent): boolean {
  return event.type === "request" && FILE.test(event.path);
}
const FILE = /^\/api\/v\d+\/file\//;
