import { OnePasswordError } from "./errors.js";
import { RELAY_HOST_HEADER, RELAY_REFUSAL_HEADER } from "./relay_header.js";

/** A relay's address, or a function that says where the request for a URL goes. */
export type Relay = string | ((url: URL) => string | URL);

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * A `fetch` that sends every request to the relay, with the account's host in a header. The path
 * follows the relay's own. The MACs are made before, for the account's host.
 */
export function throughRelay(fetch: Fetch, relay: Relay): Fetch {
  const address = typeof relay === "function" ? relay : (url: URL) => below(relay, url);
  return async (input, init) => {
    const url = new URL(input);
    const headers = { ...(init?.headers as Record<string, string>), [RELAY_HOST_HEADER]: url.host };
    const target = parseRelay(String(address(url)));
    if (target === undefined) throw new TypeError("the relay function gave no http address");
    const answer = await fetch(target.href, { ...init, headers });
    const refusal = answer?.headers?.get(RELAY_REFUSAL_HEADER);
    if (refusal) throw new Error(`the relay refuses: ${refusal}`);
    return answer;
  };
}

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkRelay(relay: unknown): asserts relay is Relay | undefined {
  if (relay === undefined || typeof relay === "function") return;
  const url = typeof relay === "string" ? parseRelay(relay) : undefined;
  if (url !== undefined && url.search === "" && url.hash === "") return;
  throw new OnePasswordError({
    code: "argumentInvalid",
    message:
      "relay must be an address such as https://relay.example/op, without a user, query or fragment and over http on loopback alone, or a function",
  });
}

function parseRelay(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.protocol === "http:" && LOOPBACK.test(url.hostname);
  const hasUser = url.username !== "" || url.password !== "";
  return (url.protocol === "https:" || isPlain) && !hasUser ? url : undefined;
}

function below(relay: string, { pathname, search }: URL): string {
  return relay.replace(/\/+$/, "") + pathname + search;
}
