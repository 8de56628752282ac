import { type EnvFailure, OnePasswordError } from "../client/errors.js";

/** Where something stands; what is not known is absent. */
export type Place = Pick<EnvFailure, "name" | "file" | "line" | "column">;

/** Codes of failures after which the same call may succeed without a change. */
const PASSING = ["rateLimited", "network", "timeout", "serverError"];
/** A message lists no more; `failures` has all. */
const MOST_LINES = 50;

/**
 * One error for everything that is wrong.
 *
 * @throws {OnePasswordError} `envUnresolved` if there is any
 */
export function throwIfAny(failures: readonly EnvFailure[], retryAfterMs?: number): void {
  if (failures.length === 0) return;
  throw new OnePasswordError({
    code: "envUnresolved",
    message: messageOf(failures),
    retryable: failures.every(({ code }) => PASSING.includes(code)),
    retryAfterMs,
    failures,
  });
}

/** What has one cause, as a refused sign-in, is told once, with all that it is about. */
function messageOf(failures: readonly EnvFailure[]): string {
  const groups = new Map<string, string[]>();
  for (const failure of failures) {
    const reason = `${failure.message} (${failure.code})`;
    const places = groups.get(reason);
    if (places === undefined) groups.set(reason, [placeOf(failure)]);
    else places.push(placeOf(failure));
  }
  const lines = [...groups].map(([reason, places]) => {
    const more = places.length > 5 ? ` and ${places.length - 5} more` : "";
    return `${places.slice(0, 5).join(", ")}${more}: ${reason}`;
  });
  const rest = lines.length - MOST_LINES;
  if (rest > 0) lines.splice(MOST_LINES, rest, `and ${rest} more`);
  return lines.length === 1 ? (lines[0] ?? "") : `${failures.length} failures\n${lines.join("\n")}`;
}

/** `.env.op:3 DB_PASSWORD` */
function placeOf({ name, reference, file, line, column }: EnvFailure): string {
  const spot = column === undefined ? line : `${line}:${column}`;
  const where =
    file === undefined ? line && `line ${spot}` : [file, spot].filter(Boolean).join(":");
  return [where, name ?? reference].filter(Boolean).join(" ") || "the input";
}
