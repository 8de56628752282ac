import { ownOf } from "./own.js";
import { tooManyRequests } from "./refusal.js";
import type { Route } from "./routes.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * How many requests the service serves. A limit that is absent is none.
 *
 * - An hour or a day starts with the first request that counts (documented for the hour, assumed for
 *   the day). The next one starts with the first request after its end (assumed).
 * - Signing in counts nothing (assumed: `op whoami` is recorded to count nothing). Every later
 *   request counts once its session and its MAC are verified, whatever the service answers, such as
 *   404 (assumed).
 * - A request that is refused with 429 does not count (assumed).
 * - Where limits of the token and of the account are reached, the account's is named (assumed).
 */
export interface QuotaOptions {
  /** Reads in an hour, by the token (documented): GET, batches of items and the check of recipients (assumed). */
  readsPerHour?: number;
  /** Writes in an hour, by the token (documented): all other requests (assumed). */
  writesPerHour?: number;
  /** Reads and writes in a day, by the account (documented). */
  requestsPerDay?: number;
  /**
   * Whether a 429 also has a `Retry-After` header, in seconds; `false` if absent. The service is not
   * known to send one: it says the time in words (recorded).
   */
  retryAfter?: boolean;
}

/** One limit and how much of it is used (the form is recorded). */
export interface QuotaRow {
  /** `token` for an hour's limit, `account` for the day's. */
  readonly type: "token" | "account";
  readonly action: "read" | "write" | "read_write";
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** In how many seconds the hour or the day ends, rounded up; 0 if none has started. */
  readonly reset: number;
}

/** One limit, and what was counted in its latest hour or day. */
interface Counter extends Pick<QuotaRow, "type" | "action" | "limit"> {
  readonly lengthMs: number;
  endMs: number;
  used: number;
}

/** Counts requests, and refuses those above a limit. */
export class Quota {
  readonly #now: () => number;
  readonly #tellsInHeader: boolean;
  /** The account's last. */
  readonly #counters: Counter[] = [];

  constructor(options: QuotaOptions = ownOf({}), now: () => number) {
    const { readsPerHour, writesPerHour, requestsPerDay, retryAfter = false } = options;
    this.#now = now;
    this.#tellsInHeader = retryAfter;
    this.#add("token", "read", readsPerHour, HOUR_MS);
    this.#add("token", "write", writesPerHour, HOUR_MS);
    this.#add("account", "read_write", requestsPerDay, DAY_MS);
  }

  /** Counts a request, or refuses it. Without an await: of many at once, none is to slip through. */
  count({ method, reads }: Pick<Route, "method" | "reads">): void {
    const action = method === "GET" || reads === true ? "read" : "write";
    const nowMs = this.#now();
    const counters = this.#counters.filter((it) => [action, "read_write"].includes(it.action));
    const full = counters.filter((it) => usedAt(it, nowMs) >= it.limit).at(-1);
    if (full !== undefined) throw this.#refusal(full, full.endMs - nowMs);
    for (const counter of counters) {
      counter.used = usedAt(counter, nowMs) + 1;
      if (counter.used === 1) counter.endMs = nowMs + counter.lengthMs;
    }
  }

  /** A row for each limit that is set. */
  rows(): QuotaRow[] {
    const nowMs = this.#now();
    return this.#counters.map((counter) => {
      const { type, action, limit, endMs } = counter;
      const used = usedAt(counter, nowMs);
      const reset = used === 0 ? 0 : Math.ceil((endMs - nowMs) / 1000);
      return { type, action, limit, used, remaining: limit - used, reset };
    });
  }

  /** Forgets what was counted. */
  reset(): void {
    for (const counter of this.#counters) counter.used = 0;
  }

  #add(
    type: QuotaRow["type"],
    action: QuotaRow["action"],
    limit: number | undefined,
    lengthMs: number,
  ): void {
    if (limit === undefined) return;
    this.#counters.push({ type, action, limit, lengthMs, endMs: 0, used: 0 });
  }

  /** The text is that of the service (recorded); whether `errorMessage` holds it is assumed. */
  #refusal({ type }: Counter, leftMs: number): Error {
    const owner = type === "token" ? "service account" : "1Password account";
    const message =
      "Too Many Requests: You've reached the maximum number of this type of requests this " +
      `${owner} is allowed to make. Please retry in ${spell(leftMs)} or try other requests.`;
    const seconds = String(Math.ceil(leftMs / 1000));
    return tooManyRequests(message, this.#tellsInHeader ? { "Retry-After": seconds } : {});
  }
}

/** What counts at that time: nothing, once the hour or the day is over. */
function usedAt({ used, endMs }: Counter, nowMs: number): number {
  return nowMs < endMs ? used : 0;
}

/**
 * A time in the service's words: “23 hours and 59 minutes” (recorded), and seconds below a minute
 * (assumed). Rounded up, so that a client that waits as told is served.
 */
function spell(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return plural(seconds, "second");
  const minutes = Math.ceil(ms / MINUTE_MS);
  const parts = [plural(Math.floor(minutes / 60), "hour"), plural(minutes % 60, "minute")];
  return parts.filter((part) => !part.startsWith("0 ")).join(" and ");
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
