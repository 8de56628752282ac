import { check, checkNames } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { withoutKeys } from "../client/told.js";
import { checkPrefix, type PrefixOptions } from "./options.js";
import type { Store } from "./store.js";

/** A database at Upstash, and how it is reached. */
export interface UpstashStoreOptions extends PrefixOptions {
  /** Its REST URL, such as `https://….upstash.io`. */
  readonly url: string;
  /** Its REST token. One for reading alone does not do. */
  readonly token: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: ((input: string, init: RequestInit) => Promise<Response>) | undefined;
}

const OPTIONS = ["url", "token", "fetch", "prefix"];
/** What a header may hold. A `fetch` that refuses another token may repeat it in its error. */
const TOKEN = /^[\x21-\x7e]+$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const TIMEOUT_MS = 5_000;
/** Longer than any answer with a record. */
const MAX_BYTES = 1024 * 1024;
const MAX_MESSAGE = 300;

/**
 * Keeps records in Upstash's Redis, over its REST API.
 *
 * ```ts
 * const store = upstashStore({
 *   url: process.env.UPSTASH_REDIS_REST_URL ?? "",
 *   token: process.env.UPSTASH_REDIS_REST_TOKEN ?? "",
 * });
 * ```
 *
 * If the database has read regions, say how long they may lag behind:
 * `{ ...upstashStore(options), propagationMs: 1_000 }`.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function upstashStore(options: UpstashStoreOptions): Store {
  const own = ownOf(options);
  checkNames(own, OPTIONS, "upstashStore");
  const { url, token, fetch } = own;
  check(
    isAddress(url),
    "url must be the https URL of a database, without user, query and fragment; http only on this machine",
  );
  check(typeof token === "string" && TOKEN.test(token), "token must be the database's REST token");
  check(fetch === undefined || typeof fetch === "function", "fetch must be a function");
  const prefix = checkPrefix(own.prefix);
  const ask = (...command: readonly (string | number)[]) => send({ url, token, fetch }, command);
  return {
    async get(key) {
      const result = await ask("GET", prefix + key);
      return typeof result === "string" ? result : undefined;
    },
    set: (key, value, ttlSeconds) => ask("SET", prefix + key, value, "EX", ttlSeconds),
  };
}

function isAddress(url: unknown): url is string {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  // The token travels in the clear over http.
  const isPrivate = protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
  return isPrivate && [username, password, search, hash].join("") === "";
}

/** One command's result; its error, or why there is none, is thrown without the token. */
async function send(
  { url, token, fetch = globalThis.fetch }: UpstashStoreOptions,
  command: readonly (string | number)[],
): Promise<unknown> {
  const tell = (text: unknown) => withoutKeys(String(text).replaceAll(token, "…"), MAX_MESSAGE);
  const init: RequestInit = ownOf({
    method: "POST",
    headers: ownOf({ Authorization: `Bearer ${token}`, "Content-Type": "application/json" }),
    body: JSON.stringify(command),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { ok, status, text } = await exchange(() => fetch(url, init)).catch((error) => {
    throw new Error(`Upstash could not be reached: ${tell(error?.message)}`);
  });
  const { result, error } = parse(text);
  if (ok && result !== undefined) return result;
  throw new Error(`Upstash answered with ${status}: ${tell(error ?? "no result")}`);
}

async function exchange(ask: () => Promise<Response>) {
  const answer = await ask();
  const { ok, status, body } = answer;
  // Other bodies are those of a `fetch` of the program's own.
  const isStream = typeof body?.getReader === "function";
  return { ok, status, text: isStream ? await textOf(body) : await answer.text() };
}

/** Piece by piece: whatever answers in the place of a database may go on without end. */
async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let read = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    read += value.byteLength;
    if (read > MAX_BYTES) {
      await reader.cancel();
      throw new Error("its answer is too long");
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parse(text: string): { result?: unknown; error?: unknown } {
  try {
    return ownOf(Object(JSON.parse(text)));
  } catch {
    return {}; // not from the database
  }
}
