/**
 * Where sessions are kept for other processes: a KV namespace, a file, a database. What is stored is
 * sealed with a key out of the token, and useless without it.
 */
export interface SessionStore {
  get(key: string): Promise<string | null | undefined> | string | null | undefined;
  set(key: string, value: string, ttlSeconds: number): Promise<unknown> | unknown;
  delete(key: string): Promise<unknown> | unknown;
}

/** A slow store must not be slower than signing in. */
const LOAD_LIMIT_MS = 1_000;

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
    let timer: unknown;
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, LOAD_LIMIT_MS);
    });
    const loaded = (async () => await this.#store.get(name))().catch(() => undefined);
    const record: unknown = await Promise.race([loaded, limit]);
    clearTimeout(timer as number);
    return typeof record === "string" ? record : undefined;
  }

  /** Without a record: removes what is there, and shares no more under this name. */
  store(name: string, record: string | undefined, ttlSeconds: number): void {
    const change = async () => {
      if (record === undefined) await this.#store.delete(name);
      else await this.#store.set(name, record, ttlSeconds);
    };
    if (refused.has(name)) return;
    if (record === undefined) refused.add(name);
    this.#last = this.#last.then(change).catch(() => {});
  }
}
