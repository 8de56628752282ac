import { type EnvFailure, OnePasswordError } from "../client/errors.js";
import { visible } from "../client/told.js";

/** Where something stands; what is not known is absent. */
export type Place = Pick<EnvFailure, "name" | "file" | "line" | "column">;

/** Codes of failures after which the same call may succeed without a change. */
const PASSING = ["rateLimited", "network", "timeout", "serverError"];
/** A message lists no more; `failures` has the others. */
const MOST_LINES = 50;
/** Of a file that is no such file at all nobody wants to know each line. */
const MOST_FAILURES = 10_000;

/** Adds a failure to the others, unless there are 10,000 already. */
export function addFailure(failures: EnvFailure[], failure: EnvFailure): void {
  if (failures.length < MOST_FAILURES) failures.push(failure);
}

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
  // Names are others' text, and a line break in one would begin a line of its own.
  const told = lines.map(visible);
  const [only = ""] = told;
  const most = failures.length < MOST_FAILURES ? "" : "at least ";
  return told.length === 1 ? only : `${most}${failures.length} failures\n${told.join("\n")}`;
}

/** `.env.op:3 DB_PASSWORD` */
function placeOf({ name, reference, file, line, column }: EnvFailure): string {
  const spot = column === undefined ? line : `${line}:${column}`;
  const where =
    file === undefined ? line && `line ${spot}` : [file, spot].filter(Boolean).join(":");
  return [where, name ?? reference].filter(Boolean).join(" ") || "the input";
}
