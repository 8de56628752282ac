import type { ResolveError } from "./client.js";
import { type CallOptions, check } from "./config.js";
import { type ErrorDetails, OnePasswordError } from "./errors.js";
import type { Listed, Reading } from "./listed.js";
import { aborted, type Limits, until } from "./until.js";

/** A client inside the wasm module. */
export interface Core {
  signIn(call: number): Promise<void>;
  resolve(
    call: number,
    references: string[],
    want: Want,
    fresh: boolean,
    settle: (index: number, outcome: Outcome) => void,
  ): Promise<void>;
  list(
    call: number,
    what: ListWhat,
    vault: string,
    give: (page: string) => Promise<void> | undefined,
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

/**
 * What is wanted of what is named: of a reference its value, as text or as bytes; or an item, as
 * JSON, or one of its files, which {@link itemKey} names.
 */
export type Want = (typeof WANTS)[number];
const WANTS = ["text", "bytes", "item", "file"] as const;
/** What is named by a reference. */
const REFERENCED: readonly Want[] = ["text", "bytes"];

/** Items of a vault in some state, one vault, one and who has access to it, or all. */
export type ListWhat =
  | ("active" | "archived" | "all" | "no")
  | ("vault" | "access" | "vaults" | "unnamedVaults");

/** How a part of a client asks for things. */
export interface Asker {
  /** One thing; several that are asked for in one go take few requests. */
  ask<Secret>(key: string, want: Want, options?: CallOptions): Promise<Found<Secret>>;
  /** What an error says of one thing; thrown again if it stands in the way of all. */
  failure(thrown: unknown): ResolveError;
  list<T>(
    what: () => readonly [ListWhat, string],
    revive: (parsed: T) => T,
    options?: CallOptions,
  ): Listed<T>;
}

/**
 * What stands for a reference where an item or its file is wanted: a vault, an item, a file's id.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function itemKey(...parts: string[]): string {
  return parts.map(checkName).join(SEPARATOR);
}

/** @throws {OnePasswordError} `argumentInvalid` */
export function checkName(name: string): string {
  const isName = typeof name === "string" && name !== "" && !name.includes(SEPARATOR);
  check(isName, "vaults and items are named by their ids or names: strings that are not empty");
  return name;
}

const SEPARATOR = "\0";

/** How one reference is asked for. */
export interface Manner extends Limits {
  readonly want: Want;
  readonly fresh: boolean;
}

/** One reference on its way, for all who wait for it. */
interface Asked {
  readonly reference: string;
  readonly want: Want;
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

/** The limits of calls under way. Knows no client, so that a client which is dropped can be freed. */
class UnderWay {
  /** How many calls have each. */
  readonly #counts = new Map<number, number>();

  count(timeoutMs: number, by: 1 | -1): void {
    const count = (this.#counts.get(timeoutMs) ?? 0) + by;
    if (count > 0) this.#counts.set(timeoutMs, count);
    else this.#counts.delete(timeoutMs);
  }

  /** The longest that any of them may take: one request may be for several. */
  get longestMs(): number {
    let longest = 0;
    for (const ms of this.#counts.keys()) longest = Math.max(longest, ms);
    return longest;
  }
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
  readonly limits = new UnderWay();
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
    this.limits.count(manner.timeoutMs, 1);
    try {
      const found: Found<Secret> = await until(asked.found, manner);
      return asked.askers > 1 ? ownCopy(found) : found;
    } catch (thrown) {
      // Here, so that its stack shows who asked.
      throw withReference(thrown, REFERENCED.includes(manner.want) ? reference : undefined);
    } finally {
      this.limits.count(manner.timeoutMs, -1);
      asked.waiting -= 1;
      if (asked.waiting === 0) this.#leave(asked);
    }
  }

  /**
   * A list, page by page.
   *
   * @throws {OnePasswordError} in `done`: what stands in the way
   */
  list(
    [what, vault]: readonly [ListWhat, string],
    give: (page: string) => Promise<void> | undefined,
    limits: Limits,
  ): Reading {
    const call = this.next();
    let core: Core | undefined;
    let isCancelled = false;
    const read = async () => {
      this.limits.count(limits.timeoutMs, 1);
      try {
        const started = await this.#core();
        if (isCancelled || limits.signals.some((signal) => signal?.aborted)) throw aborted();
        core = started;
        await core.list(call, what, vault, give);
      } catch (thrown) {
        throw withReference(thrown);
      } finally {
        this.limits.count(limits.timeoutMs, -1);
      }
    };
    const cancel = () => {
      isCancelled = true;
      core?.cancel(call);
    };
    return { limits, done: read(), cancel };
  }

  #gather(reference: string, { want, fresh }: Manner): Asked {
    const key = keyOf(reference, { want, fresh });
    const asked = makeAsked(reference, want, fresh);
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
    for (const want of WANTS) {
      for (const fresh of [false, true]) {
        const asked = gathered.filter((one) => one.want === want && one.fresh === fresh);
        if (asked.length > 0) void this.#sendBatch(asked, want, fresh);
      }
    }
  }

  async #sendBatch(asked: Asked[], want: Want, fresh: boolean): Promise<void> {
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
      await core.resolve(batch.call, references, want, fresh, settle);
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

const keyOf = (reference: string, { want, fresh }: { want: Want; fresh: boolean }): string =>
  `${want}${fresh ? "f" : "c"}${reference}`;

function makeAsked(reference: string, want: Want, fresh: boolean): Asked {
  let settle: (outcome: Outcome) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const found = new Promise<Found<never>>((resolve, reject) => {
    settle = (outcome) => ("error" in outcome ? reject(outcome.error) : resolve(outcome));
    fail = reject;
  });
  return { reference, want, fresh, found, settle, fail, waiting: 0, askers: 0, batch: undefined };
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
    reference: reference !== undefined && mayBeTold(reference) ? reference : undefined,
    cause: cause === undefined ? undefined : new Error(String(cause)),
  });
}

/** Not a token passed by mistake, which must not come back. */
const mayBeTold = (reference: string): boolean =>
  reference.startsWith("op://") && !reference.includes("ops_");

function isErrorDetails(value: unknown): value is ErrorDetails {
  return (
    typeof value === "object" && value !== null && !(value instanceof Error) && "code" in value
  );
}
