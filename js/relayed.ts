import { RELAY_HOST_HEADER } from "./relay_header.js";

/** A relay's address, or a function that says where the request for a URL goes. */
export type Relay = string | ((url: URL) => string | URL);

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that sends every request to the relay, with the account's host in a header. The path
 * follows the relay's own. The MACs are made before, for the account's host.
 */
export function throughRelay(fetch: Fetch, relay: Relay): Fetch {
  const address = typeof relay === "function" ? relay : (url: URL) => below(relay, url);
  return (input, init) => {
    const url = new URL(input);
    const headers = { ...(init?.headers as Record<string, string>), [RELAY_HOST_HEADER]: url.host };
    return fetch(String(address(url)), { ...init, headers });
  };
}

function below(relay: string, { pathname, search }: URL): string {
  return relay.replace(/\/+$/, "") + pathname + search;
}
