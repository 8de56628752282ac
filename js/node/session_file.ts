/**
 * A file as a place where sessions are kept, for Node.
 *
 * @module onepassword-edge/session-file
 */

import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { SessionStore } from "../stores/session_store.js";

/** What the file holds: for each key its record, and when that ends. */
type Records = Record<string, { readonly value: string; readonly endsMs: number }>;

/** The last change of each file in this process: one at a time, or a record would be lost. */
const changes = new Map<string, Promise<void>>();

/**
 * Keeps sessions in a file that its owner alone may read. For programs that are started again and
 * again: jobs, command lines. A file that cannot be read is as if it was empty.
 */
export function fileStore(path: string): SessionStore {
  const change = (edit: (records: Records) => void) => {
    const changed = (changes.get(path) ?? Promise.resolve()).then(async () => {
      const records = await read(path);
      edit(records);
      await write(path, records);
    });
    changes.set(
      path,
      changed.catch(() => {}),
    );
    return changed;
  };
  return {
    async get(key) {
      return (await read(path))[key]?.value;
    },
    async set(key, value, ttlSeconds) {
      const endsMs = Date.now() + ttlSeconds * 1000;
      await change((records) => {
        records[key] = { value, endsMs };
      });
    },
    async delete(key) {
      await change((records) => {
        delete records[key];
      });
    },
  };
}

/** Those that have not ended. */
async function read(path: string): Promise<Records> {
  try {
    const records = Object.entries(JSON.parse(await readFile(path, "utf8")) as Records);
    return Object.fromEntries(records.filter(([, { endsMs }]) => endsMs > Date.now()));
  } catch {
    return {};
  }
}

/** In one step, so that no other process reads half of it. */
async function write(path: string, records: Records): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, JSON.stringify(records), { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
