import { constants } from "node:os";

/** What a shell adds to the number of a signal. */
export const BY_SIGNAL = 128;

/** The signals that end a command which does not say otherwise. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ends the command by the signal that it got, as a shell expects, once it has cleaned up. Files are
 * written in one go, so no signal comes in the middle of one.
 */
export class Signals {
  readonly #cleanUps: (() => void)[] = [];
  readonly #listener = (signal: NodeJS.Signals): void => {
    this.release();
    for (const cleanUp of this.#cleanUps) cleanUp();
    process.kill(process.pid, signal);
    // The first process of a container is still there: the system keeps such signals from it.
    process.exit(BY_SIGNAL + constants.signals[signal]);
  };

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#listener);
  }

  /** Does this before a signal ends the command. */
  before(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Leaves all signals to whoever listens from now on. */
  release(): void {
    for (const signal of ENDING) process.off(signal, this.#listener);
  }
}
