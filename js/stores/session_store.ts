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
