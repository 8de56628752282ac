const DELAY_MS = 500;
/** To the line's start, and away with what is behind it. */
const WIPE = "\r\u001b[2K";

/** One line on a terminal that says what is waited for, once it has been waited for a while. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #isShown: boolean;
  #timer: NodeJS.Timeout | undefined;
  #isOnScreen = false;

  constructor(stream: NodeJS.WriteStream, isShown: boolean) {
    this.#stream = stream;
    this.#isShown = isShown;
  }

  /** Says it, unless {@link Progress.stop} comes within half a second. */
  start(text: string): void {
    this.stop();
    if (!this.#isShown) return;
    this.#timer = setTimeout(() => {
      this.#isOnScreen = true;
      this.#stream.write(`${WIPE}${text}`);
    }, DELAY_MS);
    this.#timer.unref();
  }

  /** Wipes the line, before anything else is written. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#isOnScreen) this.#stream.write(WIPE);
    this.#isOnScreen = false;
  }
}
