/**
 * Shares what a client keeps with other processes: a KV namespace, a file, a database. What is stored
 * is sealed with a key derived from the token, and useless without it. If a store fails, the client
 * works as if it had none.
 *
 * Keys look like `onepassword-edge-0123456789abcdefghij-_`, 39 characters in all. Values are JSON in
 * ASCII, of at most 64 KiB.
 */
export interface Store {
  /** What was stored, or nothing. */
  get(key: string): Promise<string | null | undefined> | string | null | undefined;
  /** Stores it for so many seconds: a whole number from 1 to 2,592,000, which is 30 days. */
  set(key: string, value: string, ttlSeconds: number): Promise<unknown> | unknown;
  /** How long a write may take until every reader sees it, in milliseconds. Default: 0. */
  readonly propagationMs?: number | undefined;
}
