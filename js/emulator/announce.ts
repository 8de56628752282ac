/**
 * Where clients look whether a loopback address is an emulator's, for by default they refuse tokens
 * that lead there: a property of the global object, and a variable of the environment. Origins,
 * separated by commas.
 */
const NAME = "ONEPASSWORD_EDGE_EMULATOR";

interface Place {
  [NAME]?: string | undefined;
}

/** Tells the clients of this process that an emulator answers at this origin. */
export function announce(origin: string): void {
  const origins = originsOf(globalThis as Place);
  if (!origins.includes(origin)) noteHere([...origins, origin]);
}

/** The same for an emulator that listens, and for processes that this one starts from now on. */
export function announceServed(origin: string): void {
  noteServed((origins) => [...origins, origin]);
}

/** Takes back one {@link announceServed}. */
export function retractServed(origin: string): void {
  noteServed((origins) => {
    const last = origins.lastIndexOf(origin);
    return origins.filter((_, index) => index !== last);
  });
}

function originsOf(place: Place): string[] {
  const told = Object.hasOwn(place, NAME) ? (place[NAME] ?? "") : "";
  return told.split(",").filter((it) => it !== "");
}

/** Not enumerable: test runners look for globals that leak. */
function noteHere(origins: string[]): void {
  const value = origins.join(",");
  const descriptor = { __proto__: null, value, configurable: true, writable: true };
  Object.defineProperty(globalThis, NAME, descriptor);
}

function noteServed(change: (origins: string[]) => string[]): void {
  noteHere(change(originsOf(globalThis as Place)));
  const env = (globalThis as { process?: { env?: Place } }).process?.env;
  if (!env) return;
  try {
    const origins = change(originsOf(env));
    if (origins.length > 0) env[NAME] = origins.join(",");
    else delete env[NAME];
  } catch {
    // Deno without --allow-env: processes that this one starts do not know the emulator.
  }
}
