// What differs between Windows and other systems, in one place.
import type { spawn } from "node:child_process";

/** How a command is started, and which variables and signals there are. */
export interface Platform {
  /** What starts it: loaded before, because an error that comes at once would find nobody. */
  loadSpawn(): Promise<typeof spawn>;
  /** The variables of both; those of `over` win. */
  merged(base: NodeJS.ProcessEnv, over: Iterable<readonly [string, string]>): NodeJS.ProcessEnv;
  /** What is passed on to a command. */
  readonly signals: readonly NodeJS.Signals[];
}

const UNIX: Platform = {
  loadSpawn: async () => (await import("node:child_process")).spawn,
  merged: (base, over) => ({ ...base, ...Object.fromEntries(over) }),
  signals: ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"],
};

const WINDOWS: Platform = {
  // There alone: Node by itself starts no `.cmd`, as those of npm are.
  loadSpawn: async () => (await import("cross-spawn")).default as typeof spawn,
  merged(base, over) {
    // One variable whatever its case: of two the system would take either.
    const all = new Map<string, readonly [string, string | undefined]>();
    for (const pair of [...Object.entries(base), ...over]) all.set(pair[0].toLowerCase(), pair);
    return Object.fromEntries(all.values());
  },
  signals: ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"],
};

/** The platform's ways. */
export function platformOf(name: NodeJS.Platform): Platform {
  return name === "win32" ? WINDOWS : UNIX;
}
