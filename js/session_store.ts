import { until } from "./until.js";

/**
 * Where sessions are kept for other processes: a KV namespace, a file, a database. What is stored is
 * sealed with a key out of the token, and useless without it.
 */
export interface SessionStore {
  /** What was stored, or nothing. */
  get(key: string): Promise<string | null | undefined> | string | null | undefined;
  /** Stores it for so many seconds. */
  set(key: string, value: string, ttlSeconds: number): Promise<unknown> | unknown;
  /** Forgets it. */
  delete(key: string): Promise<unknown> | unknown;
}

/** A slow store must not be slower than signing in. */
const LIMIT_MS = 1_000;

/** Under these names a session was refused: no more are shared in this process. */
const refused = new Set<string>();

/** A store as the core uses it: what fails there is as if nothing was stored. */
export class SessionShelf {
  readonly #store: SessionStore;
  /** The last change, to keep them in order. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async load(name: string): Promise<string | undefined> {
    if (refused.has(name)) return undefined;
    const record = await soon(() => this.#store.get(name));
    return typeof record === "string" ? record : undefined;
  }

  /**
   * Without a record: removes what is there, and shares no more under this name. Waited for,
   * because Workers end what goes on after an answer.
   */
  async store(name: string, record: string | undefined, ttlSeconds: number): Promise<void> {
    if (refused.has(name)) return;
    if (record === undefined) refused.add(name);
    const change = () =>
      record === undefined ? this.#store.delete(name) : this.#store.set(name, record, ttlSeconds);
    this.#last = this.#last.then(() => soon(change));
    await this.#last;
  }
}

/** What the store answers, unless it fails or takes too long. */
function soon(ask: () => unknown): Promise<unknown> {
  const answer = (async () => await ask())();
  return until(answer, { timeoutMs: LIMIT_MS, signals: [] }).catch(() => undefined);
}
