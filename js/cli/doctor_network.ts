// What `doctor` looks at on the way to the account's host.
import type { Values } from "./command.js";
import { EXIT } from "./exit.js";
import type { Check } from "./finding.js";
import { fetchOf } from "./node_fetch.js";
import { timeoutOf } from "./options.js";
import { hasProxy, usesProxy } from "./proxy.js";
import { accountOf, originOf } from "./token.js";

/** An answer of the account's host, and when it came. */
export interface HostAnswer {
  /** Its clock; nothing if it does not say. */
  readonly date: string | null;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

const TIMEOUT_MS = 10_000;
const NETWORK_LOGIN = 511;

/** Asks the host for nothing in particular: any answer shows that it can be reached. */
export async function reach(
  token: string,
  values: Values,
): Promise<{ check: Check; answer?: HostAnswer }> {
  const name = "network";
  const timeoutMs = timeoutOf(values) ?? TIMEOUT_MS;
  const origin = originOf(token);
  const askedAtMs = Date.now();
  try {
    const response = await fetchOf(process.env)(`${origin}/`, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = { date: response.headers.get("date"), askedAtMs, answeredAtMs: Date.now() };
    if (response.status === NETWORK_LOGIN) {
      const message = `the network wants you to log in (HTTP ${response.status})`;
      return { check: { name, status: "fail", message, advice: LOGIN, exit: EXIT.retry } };
    }
    return { check: reached(origin), answer };
  } catch (error) {
    return { check: unreachable(accountOf(token).host, codeOf(error)) };
  }
}

const LOGIN = "log in with a browser on this network";

function reached(origin: string): Check {
  const name = "network";
  const isChecked = process.env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0";
  if (!origin.startsWith("https:")) {
    return { name, status: "ok", message: "the host answers, without TLS" };
  }
  if (isChecked)
    return { name, status: "ok", message: "the host answers, and Node trusts its certificate" };
  const message = "the host answers, but nobody checks its certificate";
  return { name, status: "warn", message, advice: "unset NODE_TLS_REJECT_UNAUTHORIZED" };
}

type Reason = readonly [message: string, advice: string];

const CHECK_CLOCK = "look at the clock of this machine, and at what is between it and the host";
const TRUST =
  "if your company inspects connections, have its CA trusted: NODE_EXTRA_CA_CERTS=/path/to/ca.pem";
const UNTRUSTED: Reason = [
  "its certificate is signed by an authority that Node does not trust",
  TRUST,
];
const CERTIFICATES: Readonly<Record<string, Reason>> = {
  CERT_HAS_EXPIRED: ["its certificate has expired", CHECK_CLOCK],
  CERT_NOT_YET_VALID: ["its certificate is not valid yet", CHECK_CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["its certificate is signed by itself", TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "its certificate is another host's",
    "the network may want you to log in first, or DNS leads elsewhere: look with a browser",
  ],
};

const FIREWALL = "a firewall may be in the way, or this network needs a proxy";
const PROXY =
  "check the address in HTTPS_PROXY, whether the proxy is there, and whether it wants a login";
const DNS = "check the network of this machine and its DNS";
const NO_TLS: Reason = ["what answers there speaks no TLS", FIREWALL];
const SILENT: Reason = ["it does not answer in time", FIREWALL];
const BROKEN: Reason = ["the connection was broken off", FIREWALL];
const NO_WAY: Reason = ["there is no way to it", "check the network of this machine"];
const CONNECTIONS: Readonly<Record<string, Reason>> = {
  ENOTFOUND: ["there is no host of this name", DNS],
  EAI_AGAIN: ["names cannot be looked up at the moment", DNS],
  ECONNREFUSED: ["it refuses connections", FIREWALL],
  ETIMEDOUT: SILENT,
  UND_ERR_CONNECT_TIMEOUT: SILENT,
  UND_ERR_HEADERS_TIMEOUT: SILENT,
  TimeoutError: SILENT,
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  UND_ERR_SOCKET: BROKEN,
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

function unreachable(host: string, code: string): Check {
  const certificate = CERTIFICATES[code];
  if (certificate === undefined && usesProxy(process.env) && hasProxy(process.env)) {
    const message = `${host}: the proxy does not lead to it (${code})`;
    return { name: "network", status: "fail", message, advice: PROXY, exit: EXIT.retry };
  }
  const [reason, advice] = certificate ?? CONNECTIONS[code] ?? ["it cannot be reached", FIREWALL];
  // What is wrong with a certificate does not pass by itself.
  const exit = certificate === undefined ? EXIT.retry : EXIT.failed;
  return { name: "network", status: "fail", message: `${host}: ${reason} (${code})`, advice, exit };
}

/** The platform's code of what went wrong: `fetch` has it in its cause, or in the cause's. */
function codeOf(error: unknown): string {
  let last = "unknown";
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code, name } = one as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
    last = name;
  }
  return last;
}

/** One-time passwords are of half a minute. */
const SLACK_MS = 30_000;
const MS_PER_SECOND = 1000;

/** Whether this machine and the host have the same time. */
export function lookAtClock({ date, askedAtMs, answeredAtMs }: HostAnswer): Check {
  const name = "clock";
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs))
    return { name, status: "skip", message: "the host does not tell its time" };
  // Their clock may have been read at any moment between, and tells whole seconds.
  const ahead = askedAtMs - theirs - MS_PER_SECOND;
  const behind = theirs - answeredAtMs;
  const off = Math.max(ahead, behind);
  if (off < SLACK_MS) return { name, status: "ok", message: "agrees with the host's" };
  const seconds = Math.round(off / MS_PER_SECOND);
  const message = `this machine's clock is ${seconds} s ${ahead > behind ? "ahead" : "behind"}`;
  const advice =
    "set it by a time server: one-time passwords are wrong, and sign-ins may be refused";
  return { name, status: "warn", message, advice };
}
