import { OnePasswordError } from "./errors.js";
import { checkRelay, type Relay, throughRelay } from "./relayed.js";

/** A function with the signature of `fetch`. It is called with a URL as a string. */
export type FetchFunction = (input: string, init?: RequestInit) => Promise<Response>;

/** What a client is made from. */
export interface ClientConfig {
  /** A service-account token, `ops_…`. White space around it is dropped. */
  readonly auth: string;
  /** The name of your program. The service is told. */
  readonly integrationName: string;
  /** The version of your program. The service is told. */
  readonly integrationVersion: string;
  /** Sends the requests. Default: the host's `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /**
   * Where requests go in place of the account's own address: for pages, which the service does not
   * answer across origins. See `onepassword-edge/relay`.
   */
  readonly relay?: Relay | undefined;
  /**
   * Where the token may lead: `host`, `*.domain`, either with a scheme before and a port
   * after. Default: `*.1password.com`, `*.1password.ca` and `*.1password.eu` over https, and
   * loopback over http or https.
   */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** A configuration whose parts have the right types. */
export interface CheckedConfig {
  readonly auth: string;
  readonly fetch: FetchFunction;
  readonly integrationName: string;
  readonly integrationVersion: string;
  readonly allowedHosts: string[] | undefined;
}

/** JavaScript callers have no compiler that checks these. */
export function checkConfig(config: ClientConfig): CheckedConfig {
  const { auth, integrationName, integrationVersion, allowedHosts, relay } = config ?? {};
  const fetch = config?.fetch ?? globalThis.fetch;
  if (typeof auth !== "string") {
    throw new OnePasswordError({
      code: "tokenInvalid",
      message: `auth must be a service-account token (ops_…), not ${typeof auth}; is the environment variable set?`,
    });
  }
  check(typeof integrationName === "string", "integrationName must be a string");
  check(typeof integrationVersion === "string", "integrationVersion must be a string");
  check(
    allowedHosts === undefined || isStringArray(allowedHosts),
    "allowedHosts must be an array of strings",
  );
  checkRelay(relay);
  check(
    config.fetch === undefined || typeof config.fetch === "function",
    "fetch must be a function",
  );
  if (typeof fetch !== "function") {
    throw new OnePasswordError({
      code: "unsupported",
      message: "this runtime has no fetch; pass one to Client.authenticate({ fetch })",
    });
  }
  return {
    auth,
    fetch: relay === undefined ? fetch : throughRelay(fetch, relay),
    integrationName,
    integrationVersion,
    allowedHosts: allowedHosts && [...allowedHosts],
  };
}

export function check(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new OnePasswordError({ code: "argumentInvalid", message: rule });
}

export function isStringArray(value: unknown): value is string[] {
  // A copy, because `every` skips the holes of a sparse array.
  return Array.isArray(value) && [...value].every((entry) => typeof entry === "string");
}
