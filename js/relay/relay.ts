import { check, checkNames, isStringArray } from "../client/check.js";
import { ownOf } from "../client/own.js";
import { cancel, Exchange } from "./relay_exchange.js";
import { RELAY_HOST_HEADER, RELAY_REFUSAL_HEADER } from "./relay_header.js";

/** Whom a relay serves, and how. */
export interface RelayOptions {
  /** The origins of the pages that may use it, such as `https://tool.example`. */
  readonly allowedOrigins: readonly string[];
  /**
   * The hosts it forwards to: `host`, `host:port` or `*.domain`. Default: `*.1password.com`,
   * `*.1password.ca` and `*.1password.eu`.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: ((input: string, init: RequestInit) => Promise<Response>) | undefined;
  /** How long a request and its answer may take, both bodies included. Default: 60,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** A relay's options, checked. */
interface Rules {
  readonly allowedHosts: readonly string[];
  readonly fetch: RelayOptions["fetch"];
  readonly timeoutMs: number;
}

const OPTIONS = ["allowedOrigins", "allowedHosts", "fetch", "timeoutMs"];
const DEFAULT_HOSTS = ["*.1password.com", "*.1password.ca", "*.1password.eu"];
const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/;
const METHODS = "GET, POST, PUT, PATCH, DELETE";
/** Requests have small bodies: files are only ever downloaded. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Longer answers are refused by clients, too. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
/** Timers know no longer time. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const PREFLIGHT_SECONDS = "7200";
const ID = "[a-z0-9]{26}";
/** What clients ask for: docs/protocol.md. */
const PATHS = [
  "POST /api/v3/auth/start",
  "POST /api/v2/auth(/confirm-key|/complete)?",
  "POST /api/v1/device",
  `PUT /api/v1/device/${ID}/reauthorize`,
  "GET /api/v2/account/keysets",
  "GET /api/v1/vaults",
  `GET /api/v3/vault/${ID}`,
  `GET /api/v1/vault/${ID}/items/overviews`,
  `GET /api/v1/vault/${ID}/item/${ID}`,
  `POST /api/v3/vault/${ID}/items/batch`,
  "GET /api/v3/file/[A-Za-z0-9]+",
  `GET /api/v2/file/${ID}/${ID}/[A-Za-z0-9]+`,
  `GET /api/v2/group/${ID}`,
  "GET /api/v1/group/pubkeys",
  `GET /api/v4/itemshare/preflight/${ID}/${ID}`,
  "POST /api/v4/itemshare(/validate-recipients)?",
  `PATCH /api/v2/vault/${ID}/vaultaccess`,
  "PATCH /api/v2/acl/groups",
  `DELETE /api/v1/vault/${ID}/group/${ID}`,
].map((line) => new RegExp(`^${line}$`));
const QUERY = new RegExp(
  `^(\\?(attrs=((accessors,)?combined-access|vault-access)|uuids=${ID}(,${ID})*))?$`,
);
const REQUEST_HEADERS = [
  "accept",
  "content-type",
  "op-data-consistency",
  "op-throttling-token",
  "op-user-agent",
  "user-agent",
  "x-agilebits-client",
  "x-agilebits-mac",
  "x-agilebits-session-id",
];
const ANSWER_HEADERS = ["content-type", "content-length", "retry-after"];

/**
 * A handler for Workers, Deno, Bun, or whatever speaks `Request` and `Response`.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function createRelay(options: RelayOptions): (request: Request) => Promise<Response> {
  const own = ownOf(options);
  checkNames(own, OPTIONS, "createRelay");
  const { allowedOrigins, allowedHosts: hosts, fetch, timeoutMs = TIMEOUT_MS } = own;
  const allowedHosts = hosts ?? DEFAULT_HOSTS;
  // A string has `includes` too, and would allow whatever is part of it.
  check(isStringArray(allowedOrigins), "allowedOrigins must be an array of strings");
  check(isStringArray(allowedHosts), "allowedHosts must be an array of strings");
  // Without the texts: what was meant for another option must not come back in an error.
  for (const [index, origin] of allowedOrigins.entries()) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    check(isOrigin, `allowedOrigins[${index}] is no origin such as https://tool.example`);
  }
  for (const [index, host] of allowedHosts.entries()) {
    const isHost = HOST.test(host.replace(/^\*\./, ""));
    check(isHost, `allowedHosts[${index}] is no host, host:port or *.domain in lower case`);
  }
  const isTime = typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS;
  check(isTime, `timeoutMs must be a number of milliseconds above 0, at most ${MAX_TIMEOUT_MS}`);
  check(fetch === undefined || typeof fetch === "function", "fetch must be a function");
  const rules = { allowedHosts, fetch, timeoutMs };
  return async (request) => {
    const origin = request.headers.get("origin");
    const isPages = isAllowed(request, origin, allowedOrigins);
    const answer = isPages
      ? await answerTo(request, rules)
      : refuse(403, "this origin may not use it");
    // Sessions' answers are for one reader; no browser or proxy is to keep them.
    answer.headers.set("Cache-Control", "no-store");
    if (!isPages) return answer;
    if (origin !== null) answer.headers.set("Access-Control-Allow-Origin", origin);
    answer.headers.set("Access-Control-Expose-Headers", `Retry-After, ${RELAY_REFUSAL_HEADER}`);
    answer.headers.set("Vary", "Origin");
    return answer;
  };
}

/** A page's requests to its own origin name none where they only read; browsers say so otherwise. */
function isAllowed(request: Request, origin: string | null, allowed: readonly string[]): boolean {
  if (origin !== null) return allowed.includes(origin);
  return request.headers.get("sec-fetch-site") === "same-origin";
}

function preflight(): Response {
  const headers = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": [...REQUEST_HEADERS, RELAY_HOST_HEADER].join(", "),
    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
  };
  return new Response(null, ownOf({ status: 204, headers }));
}

function answerTo(request: Request, rules: Rules): Response | Promise<Response> {
  if (request.method === "OPTIONS") return preflight();
  const url = urlFor(request, rules.allowedHosts);
  return url instanceof Response ? url : forward(request, url, rules);
}

/** Where a request goes, or why it goes nowhere. */
function urlFor(request: Request, allowedHosts: readonly string[]): string | Response {
  const host = request.headers.get(RELAY_HOST_HEADER)?.toLowerCase() ?? "";
  if (!allowedHosts.some((pattern) => fits(host, pattern))) {
    return refuse(403, "it does not forward to this host");
  }
  const { pathname, search } = new URL(request.url);
  // The relay may be mounted below a path of its own, which may have such a part too.
  const path = pathname.slice(pathname.lastIndexOf("/api/"));
  const asked = `${request.method} ${path}`;
  if (!PATHS.some((pattern) => pattern.test(asked)) || !QUERY.test(search)) {
    return refuse(403, "it does not forward this request");
  }
  return `${schemeOf(host)}://${host}${path}${search}`;
}

async function forward(request: Request, url: string, rules: Rules): Promise<Response> {
  const exchange = new Exchange(request.signal, rules.timeoutMs);
  try {
    const body = request.body === null ? null : await bodyOf(request, exchange);
    if (body instanceof Response) return closed(exchange, body);
    // Of a plain object `fetch` would also read what somebody put on `Object.prototype`.
    const init: RequestInit = ownOf({
      method: request.method,
      headers: pick(request.headers, REQUEST_HEADERS),
      body,
      redirect: "manual",
      signal: exchange.signal,
    });
    const fetch = rules.fetch ?? globalThis.fetch;
    const answer = await exchange.unlessEnded(fetch(url, init), ({ body }) => cancel(body));
    return passOn(answer, exchange);
  } catch {
    const isLate = exchange.ending === "its time is up";
    const refusal = isLate
      ? refuse(504, "1Password did not answer in time")
      : refuse(502, "1Password could not be reached");
    return closed(exchange, refusal);
  }
}

/** The body, or why it is not taken. */
async function bodyOf(request: Request, exchange: Exchange): Promise<Blob | Response> {
  try {
    const body = await exchange.readAll(request.body, MAX_BODY_BYTES);
    return body ?? refuse(413, "the body is too long");
  } catch {
    const isLate = exchange.ending === "its time is up";
    return isLate
      ? refuse(408, "the body did not come in time")
      : refuse(400, "the body broke off");
  }
}

/** The answer for the page, whose body is read as the page reads it. */
function passOn(answer: Response, exchange: Exchange): Response {
  const refuseIt = (reason: string) => {
    cancel(answer.body);
    return closed(exchange, refuse(502, reason));
  };
  // A redirect would lead the token's proofs elsewhere.
  if (answer.status < 200 || (answer.status >= 300 && answer.status < 400)) {
    return refuseIt("1Password answered with a redirect");
  }
  const headers = pick(answer.headers, ANSWER_HEADERS);
  // What fetch has decompressed is longer than its header says.
  if (answer.headers.has("content-encoding")) headers.delete("content-length");
  const declared = headers.get("content-length") ?? undefined;
  if (declared !== undefined && !(/^\d{1,15}$/.test(declared) && +declared <= MAX_ANSWER_BYTES)) {
    return refuseIt("1Password's answer is too long");
  }
  const { status, body } = answer;
  if (body === null) return closed(exchange, new Response(null, ownOf({ status, headers })));
  const length = declared === undefined ? undefined : Number(declared);
  const passed = exchange.passOn(body, MAX_ANSWER_BYTES, length);
  return new Response(passed, ownOf({ status, headers }));
}

function closed(exchange: Exchange, answer: Response): Response {
  exchange.close();
  return answer;
}

function fits(host: string, pattern: string): boolean {
  if (!HOST.test(host)) return false;
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}

/** As for the client: plain http leads to this machine alone. */
function schemeOf(host: string): string {
  return /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? "http" : "https";
}

function pick(headers: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}

function refuse(status: number, reason: string): Response {
  const headers = { [RELAY_REFUSAL_HEADER]: reason };
  return new Response(null, ownOf({ status, headers }));
}
