// What goes wrong for one client, and which errors that explains.

/** How much longer than its fault an error may show. */
const LINGER_MS = 200;
/** What a sign-in is refused with is told to all calls that wait for it, and retried. */
const SIGN_IN_LINGER_MS = 12_000;
/** After a pause that the service wanted, one request tries for a second. */
const PROBE_MS = 1_000;

const KINDS = {
  status: 30,
  delay: 15,
  reset: 20,
  truncate: 10,
  garbage: 8,
  reorder: 6,
  duplicate: 6,
  hang: 3,
  expire: 5,
  redirect: 4,
  endless: 2,
};
export const ALL_KINDS = Object.keys(KINDS);

const STATUSES = {
  408: 2,
  500: 4,
  502: 3,
  503: 6,
  504: 3,
  400: 1,
  401: 2,
  403: 2,
  404: 2,
  409: 2,
  418: 1,
  429: 3,
};
const CODES = {
  401: ["authenticationFailed"],
  403: ["permissionDenied"],
  404: ["notFound", "itemNotFound", "vaultNotFound"],
  409: ["conflict"],
  429: ["rateLimited"],
};

/** Of how many requests one goes wrong. */
const RATE = 0.1;
/** After several refused sign-ins within a minute all clients of the token have a long pause. */
const REFUSED_SIGN_INS = 3;
const MINUTE_MS = 61_000;
const APART_MS = 500;
/** What is remembered as an answer of the service. */
const LASTING = ["status", "truncate", "garbage"];
/** For how long a miss or a refusal is remembered at most. */
export const LONGEST_MISS_MS = 300_000;
/** What is no refusal: there is no answer, or the service asks for a pause itself. */
const NO_REFUSALS = ["reset", "reorder", "duplicate", "delay", "hang"];

/** Whether a request belongs to a sign-in. */
export const isSignIn = (path) => /^\/api\/v\d\/(auth|device)/.test(path);

/** The faults of one client. */
export class Trouble {
  faults = {};
  calm = false;
  #random;
  #kinds;
  #timeoutMs;
  #negativeTtlMs;
  #log = [];
  #refusals;
  #pauses;
  #lastEndMs = 0;
  #onExpiry;

  /**
   * `onExpiry` is called when a session ends that others may have, too; `refusals` and `pauses` are one list each for
   * all clients of a token.
   */
  constructor(random, { kinds, timeoutMs, negativeTtlMs, refusals, pauses, onExpiry }) {
    this.#onExpiry = onExpiry;
    this.#refusals = refusals;
    this.#pauses = pauses;
    this.#random = random;
    this.#kinds = Object.fromEntries(kinds.map((kind) => [kind, KINDS[kind]]));
    this.#timeoutMs = timeoutMs;
    this.#negativeTtlMs = negativeTtlMs;
  }

  /** What goes wrong with a request, for the emulator. */
  next({ path }) {
    if (this.calm || Object.keys(this.#kinds).length === 0) return undefined;
    if (!this.#random.chance(RATE)) return undefined;
    const signIn = isSignIn(path);
    const fault = this.#draw(this.#random.weighted(this.#kinds));
    if (signIn && !this.#mayRefuse(fault)) return undefined;
    // A session that ends right after another one looks as if the service refused each at once.
    const ends = fault.kind === "expire" || (fault.status === 401 && !signIn);
    if (ends && performance.now() < this.#lastEndMs + APART_MS) return undefined;
    this.faults[fault.kind] = (this.faults[fault.kind] ?? 0) + 1;
    this.#note(fault, signIn);
    if (fault.kind === "expire") this.#onExpiry();
    return fault;
  }

  #mayRefuse({ kind, status }) {
    if (NO_REFUSALS.includes(kind) || status === 429) return true;
    const now = performance.now();
    if (this.#refusals.filter((at) => at > now - MINUTE_MS).length >= REFUSED_SIGN_INS)
      return false;
    this.#refusals.push(now);
    return true;
  }

  #draw(kind) {
    const random = this.#random;
    switch (kind) {
      case "status": {
        const status = Number(random.weighted(STATUSES));
        if (status !== 429) return { kind, status, body: { errorCode: 0 } };
        const at = new Date(Date.now() + 500).toUTCString();
        const headers = { "Retry-After": random.pick(["0", "1", at]) };
        return { kind, status, headers };
      }
      case "delay":
        return { kind, ms: random.chance(0.05) ? this.#timeoutMs + 500 : random.between(1, 60) };
      case "reset":
        return { kind, served: random.chance(0.5) };
      case "truncate":
        return { kind, bytes: random.below(400), silent: random.chance(0.5) };
      case "endless":
        return { kind, bytes: random.pick([1, 1000]), everyMs: random.pick([1, 50]) };
      default:
        return { kind };
    }
  }

  #note(fault, signIn) {
    const at = performance.now();
    const codes = codesOf(fault, signIn);
    if (fault.kind === "expire" || fault.status === 401) this.#lastEndMs = at;
    // A request may take as long as the client lets it, and be tried again.
    let until = at + this.#timeoutMs + LINGER_MS;
    if (fault.status === 429) until += PROBE_MS + 1_000;
    // A refusal is remembered twice as long each time.
    if (LASTING.includes(fault.kind) && this.#negativeTtlMs > 0) until += LONGEST_MISS_MS;
    if (signIn) until = at + SIGN_IN_LINGER_MS;
    const noted = { kind: fault.kind, codes, at, until };
    this.#log.push(noted);
    // A pause is the token's.
    if (fault.status === 429) this.#pauses.push(noted);
    if (this.#log.length > 2000) this.#log = this.#log.filter(({ until }) => until > at - 5_000);
  }

  /** Somebody else has ended the session, maybe in the middle of a sign-in. */
  noteExpiry(signIn) {
    this.#note({ kind: "expire" }, signIn);
  }

  /** Whether what went wrong between the two explains an error. */
  explains(code, from, to) {
    const all = [...this.#log, ...this.#pauses];
    const near = all.filter(({ at, until }) => at <= to && until >= from);
    if (near.some(({ codes }) => codes.includes(code))) return true;
    // A session that ends twice within one call.
    const ended = near.filter(({ kind }) => kind === "expire");
    return code === "authenticationFailed" && ended.length > 1;
  }
}

function codesOf({ kind, status, silent }, signIn) {
  switch (kind) {
    case "expire":
      return signIn ? ["authenticationFailed"] : [];
    case "status":
      return CODES[status] ?? ["serverError"];
    case "delay":
    case "hang":
      return ["timeout"];
    case "endless":
      return ["timeout", "protocol"];
    case "reset":
      return ["network"];
    case "truncate":
      return silent ? ["protocol", "decryption"] : ["network"];
    case "garbage":
      return ["protocol", "decryption"];
    case "redirect":
      return ["protocol"];
    default:
      return [];
  }
}
