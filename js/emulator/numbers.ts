/** How many sessions are remembered, so that a long run does not fill the memory. */
const SESSIONS_LIMIT = 1000;
const BITS = 32;

/** A set of whole numbers from 0; cheap when they come in a row. */
export class NumberSet {
  /** 32 numbers to an entry, one bit for each. */
  readonly #blocks = new Map<number, number>();

  /** Adds a number; returns whether it was in the set already. */
  add(number: number): boolean {
    const block = Math.floor(number / BITS);
    const bit = 1 << (number % BITS);
    const bits = this.#blocks.get(block) ?? 0;
    this.#blocks.set(block, bits | bit);
    return (bits & bit) !== 0;
  }
}

/** The request numbers of all that arrives, whether or not it is served. */
export class NumberLog {
  readonly #sessions = new Map<string, NumberSet>();
  /** How many requests had a number that an earlier one of the same session had. */
  repeated = 0;

  /** Notes a request's number, if it has one. */
  note(headers: Headers): void {
    const session = headers.get("X-AgileBits-Session-ID");
    const [, digits] = /^v1\|(\d{1,15})\|/.exec(headers.get("X-AgileBits-MAC") ?? "") ?? [];
    if (session === null || digits === undefined) return;
    if (this.#numbersOf(session).add(Number(digits))) this.repeated += 1;
  }

  #numbersOf(session: string): NumberSet {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const numbers = new NumberSet();
    this.#sessions.set(session, numbers);
    const oldest = this.#sessions.keys().next().value;
    if (this.#sessions.size > SESSIONS_LIMIT && oldest !== undefined) this.#sessions.delete(oldest);
    return numbers;
  }
}
