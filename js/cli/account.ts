import type { ClientConfig } from "../client/config.js";
import type { ClientEvent } from "../client/events.js";
import type { Client } from "../slim.js";
import { type Context, textOf } from "./command.js";
import { readTime } from "./options.js";
import { accountOf, connectWarning, findToken } from "./token.js";

/** What a command wants of its client beside what the command line says. */
export type ClientWishes = Pick<ClientConfig, "retry" | "fetch" | "onEvent">;

/**
 * Signs in with what the command line and the environment say, does the work, and closes the client.
 *
 * @throws {OnePasswordError} saying what stands in the way
 */
export async function withClient<T>(
  context: Context,
  work: (client: Client) => Promise<T>,
  wishes: ClientWishes = {},
): Promise<T> {
  const { token } = findToken(context);
  const config = configOf(context);
  const warning = connectWarning(context.env);
  if (warning !== undefined) await context.output.warn(warning);
  const { progress } = context.output;
  progress.start(`Asking ${accountOf(token).host.slice(0, 80)} …`);
  const { authenticate, fileStore } = await import("./service.js");
  const path = textOf(context.values, "session-file");
  const store = path === undefined ? {} : { store: fileStore(path) };
  const client = await authenticate({ auth: token, ...config, ...store, ...wishes });
  try {
    return await work(client);
  } finally {
    client.close();
    progress.stop();
  }
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
