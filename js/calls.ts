import { type ErrorDetails, OnePasswordError } from "./errors.js";
import { aborted, type Limits, until } from "./until.js";

/** A client inside the wasm module. */
export interface Core {
  signIn(call: number): Promise<void>;
  resolve(
    call: number,
    references: string[],
    bytes: boolean,
    fresh: boolean,
    settle: (index: number, outcome: Outcome) => void,
  ): Promise<void>;
  stale(reference: string): Found | undefined;
  cancel(call: number): void;
  clearCache(): void;
  close(): void;
}

/** A value, and where it was found. */
export interface Found<Secret = string> {
  readonly secret: Secret;
  readonly itemId: string;
  readonly vaultId: string;
}

type Outcome = Found<never> | { readonly error: ErrorDetails };

/** How one reference is asked for. */
export interface Manner extends Limits {
  /** As a `Uint8Array`, and not as a string. */
  readonly bytes: boolean;
  readonly fresh: boolean;
}

/** One reference on its way, for all who wait for it. */
interface Asked {
  readonly reference: string;
  readonly bytes: boolean;
  readonly fresh: boolean;
  readonly found: Promise<Found<never>>;
  settle(outcome: Outcome): void;
  fail(reason: unknown): void;
  /** How many wait now, and how many did ever. */
  waiting: number;
  askers: number;
  batch: Batch | undefined;
}

/** References that the core was asked for at once. */
interface Batch {
  readonly call: number;
  core: Core | undefined;
  left: number;
}

/**
 * Puts references that are asked for in one go into one call of the core, which reads their items
 * with few requests, and asks for none twice at a time.
 */
export class Calls {
  readonly #core: () => Promise<Core>;
  /** Whether a call may wait for an earlier one: not in Workers. */
  readonly #waits: boolean;
  readonly #underWay = new Map<string, Asked>();
  /** The limits of calls under way, and how many have each. */
  readonly #limits = new Map<number, number>();
  #gathered: Asked[] = [];
  #number = 0;

  constructor(core: () => Promise<Core>, waits: boolean) {
    this.#core = core;
    this.#waits = waits;
  }

  /** A number for a call of the core. */
  next(): number {
    this.#number = (this.#number + 1) >>> 0;
    return this.#number;
  }

  /** The longest that any call under way may take: one request may be for several. */
  get longestMs(): number {
    let longest = 0;
    for (const ms of this.#limits.keys()) longest = Math.max(longest, ms);
    return longest;
  }

  #count(timeoutMs: number, by: 1 | -1): void {
    const count = (this.#limits.get(timeoutMs) ?? 0) + by;
    if (count > 0) this.#limits.set(timeoutMs, count);
    else this.#limits.delete(timeoutMs);
  }

  /** Later calls do not get what is on its way now. */
  forget(): void {
    this.#underWay.clear();
  }

  /** @throws {OnePasswordError} what stands in the way, `timeout`, `aborted` */
  async ask<Secret>(reference: string, manner: Manner): Promise<Found<Secret>> {
    if (manner.signals.some((signal) => signal?.aborted)) throw aborted();
    const known = this.#underWay.get(keyOf(reference, manner));
    // What was sent before is not fresh.
    const isUsable = known !== undefined && !(manner.fresh && known.batch !== undefined);
    const asked = isUsable ? known : this.#gather(reference, manner);
    asked.waiting += 1;
    asked.askers += 1;
    this.#count(manner.timeoutMs, 1);
    try {
      const found: Found<Secret> = await until(asked.found, manner);
      return asked.askers > 1 ? ownCopy(found) : found;
    } catch (thrown) {
      // Here, so that its stack shows who asked.
      throw withReference(thrown, reference);
    } finally {
      this.#count(manner.timeoutMs, -1);
      asked.waiting -= 1;
      if (asked.waiting === 0) this.#leave(asked);
    }
  }

  #gather(reference: string, { bytes, fresh }: Manner): Asked {
    const key = keyOf(reference, { bytes, fresh });
    const asked = makeAsked(reference, bytes, fresh);
    const remove = () => {
      if (this.#underWay.get(key) === asked) this.#underWay.delete(key);
    };
    // Also when nobody waits any more.
    asked.found.then(remove, remove);
    this.#underWay.set(key, asked);
    this.#gathered.push(asked);
    // When the caller has made all the calls that it makes at once.
    if (this.#gathered.length === 1) queueMicrotask(() => this.#send());
    return asked;
  }

  #send(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    if (!this.#waits) this.forget();
    for (const bytes of [false, true]) {
      for (const fresh of [false, true]) {
        const asked = gathered.filter((one) => one.bytes === bytes && one.fresh === fresh);
        if (asked.length > 0) void this.#sendBatch(asked, bytes, fresh);
      }
    }
  }

  async #sendBatch(asked: Asked[], bytes: boolean, fresh: boolean): Promise<void> {
    const wanted = asked.filter((one) => one.waiting > 0);
    const batch: Batch = { call: this.next(), core: undefined, left: wanted.length };
    for (const one of wanted) one.batch = batch;
    try {
      if (isLeft(batch)) return;
      const core = await this.#core();
      if (isLeft(batch)) return;
      batch.core = core;
      const references = wanted.map((one) => one.reference);
      const settle = (index: number, outcome: Outcome) => wanted[index]?.settle(outcome);
      await core.resolve(batch.call, references, bytes, fresh, settle);
      throw new OnePasswordError({ code: "protocol", message: "the module gave no answer" });
    } catch (thrown) {
      for (const one of asked) one.fail(thrown);
    }
  }

  /** Nobody waits for it any more. If that is so for the whole batch, its requests end. */
  #leave(asked: Asked): void {
    const { batch } = asked;
    if (this.#underWay.get(keyOf(asked.reference, asked)) === asked) {
      this.#underWay.delete(keyOf(asked.reference, asked));
    }
    if (batch === undefined) return;
    asked.batch = undefined;
    batch.left -= 1;
    if (isLeft(batch)) batch.core?.cancel(batch.call);
  }
}

/** Whether nobody waits any more. */
const isLeft = (batch: Batch): boolean => batch.left === 0;

const keyOf = (reference: string, { bytes, fresh }: { bytes: boolean; fresh: boolean }): string =>
  `${bytes ? "b" : "t"}${fresh ? "f" : "c"}${reference}`;

function makeAsked(reference: string, bytes: boolean, fresh: boolean): Asked {
  let settle: (outcome: Outcome) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const found = new Promise<Found<never>>((resolve, reject) => {
    settle = (outcome) => ("error" in outcome ? reject(outcome.error) : resolve(outcome));
    fail = reject;
  });
  return { reference, bytes, fresh, found, settle, fail, waiting: 0, askers: 0, batch: undefined };
}

/** Bytes can be written to. A file is large, so that they are copied only if others have them, too. */
function ownCopy<Secret>(found: Found<Secret>): Found<Secret> {
  const { secret } = found;
  return secret instanceof Uint8Array ? { ...found, secret: secret.slice() as Secret } : found;
}

/** Gives what the core rejects with its class. */
export function withReference(thrown: unknown, reference?: string): unknown {
  if (!isErrorDetails(thrown)) return thrown;
  const { cause, ...details } = thrown;
  return new OnePasswordError({
    ...details,
    // A token passed by mistake must not come back in an error.
    reference: reference === undefined || TOKEN.test(reference) ? undefined : reference,
    cause: cause === undefined ? undefined : new Error(String(cause)),
  });
}

/** Of a token, and of what is no reference at all. */
const TOKEN = /ops_|^(?!op:\/\/)/;

function isErrorDetails(value: unknown): value is ErrorDetails {
  return (
    typeof value === "object" && value !== null && !(value instanceof Error) && "code" in value
  );
}
