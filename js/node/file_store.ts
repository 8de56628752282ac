/**
 * A store in a file, for Node, Deno and Bun.
 *
 * @module onepassword-edge/file-store
 */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { check } from "../client/check.js";
import { ownOf } from "../client/own.js";
import type { Store } from "../stores/store.js";
import { isLive, type TimedValue, timed } from "../stores/timed_value.js";

/** What the file holds: for each key its record, in the order of writing. */
type Records = Record<string, TimedValue>;

/** Sixty of the largest records. */
const MAX_BYTES = 4 * 1024 * 1024;
// A pipe that took the file's place meanwhile is not waited for, a link not followed. Windows has neither.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** The last change of each file in this process: one at a time, or a record would be lost. */
const changes = new Map<string, Promise<void>>();

/**
 * Keeps records in a file that its owner alone may read. For programs that are started again and
 * again: jobs, command lines. A file that cannot be read is as if it was empty. Anything but a
 * regular file, such as a device or a pipe, is neither read nor replaced. When the file would exceed
 * 4 MiB, the records that were written first are dropped. Two processes that write at once may lose one
 * of two tokens' records: give each token a file of its own.
 *
 * ```ts
 * const store = fileStore("/run/me/onepassword.json");
 * ```
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function fileStore(path: string): Store {
  check(typeof path === "string" && path !== "", "fileStore needs the path of a file");
  // Now, because the working directory may change.
  const absolute = resolve(path);
  return {
    async get(key) {
      return (await read(await realFile(absolute).catch(() => absolute)))[key]?.value;
    },
    async set(key, value, ttlSeconds) {
      const record = timed(value, ttlSeconds);
      await mkdir(dirname(absolute), { recursive: true, mode: 0o700 });
      const file = await realFile(absolute);
      await inTurn(file, async () => {
        const records = await read(file);
        // Removed first, so that it becomes the last one.
        delete records[key];
        records[key] = record;
        await write(file, textOf(records));
      });
    },
  };
}

/** Makes a change after those that were made to the file before. */
async function inTurn(file: string, work: () => Promise<void>): Promise<void> {
  const changed = (changes.get(file) ?? Promise.resolve()).then(work);
  const settled = changed.catch(() => {});
  changes.set(file, settled);
  await settled;
  if (changes.get(file) === settled) changes.delete(file);
  await changed;
}

/** The one name of a file, whichever way leads to it: two of them would lose each other's records. */
async function realFile(path: string): Promise<string> {
  const stats = await statsOf(path);
  if (stats?.isSymbolicLink() === true) {
    // In a folder that others may write to, somebody else's link may lead to any file of ours.
    if (stats.uid !== ROOT && stats.uid !== ownUser(stats)) throw notRegular();
    const target = await realpath(path).catch(() => undefined);
    if (target !== undefined) return target;
  }
  return join(await realpath(dirname(path)), basename(path));
}

const ROOT = 0;
/** Windows knows no user ids. */
const ownUser = ({ uid }: Stats) => process.geteuid?.() ?? uid;

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Those that have not ended. */
async function read(file: string): Promise<Records> {
  const records: Records = Object.create(null);
  try {
    for (const [key, record] of Object.entries(JSON.parse(await contentOf(file)))) {
      if (isLive(record)) records[key] = record;
    }
  } catch {} // as if it was empty
  return records;
}

/** Without the first of them if it is too long to be read again. */
function textOf(records: Records): string {
  let text = JSON.stringify(records);
  for (const key of Object.keys(records)) {
    if (Buffer.byteLength(text) <= MAX_BYTES) break;
    delete records[key];
    text = JSON.stringify(records);
  }
  return text;
}

async function contentOf(file: string): Promise<string> {
  // Before it is opened: some devices act on that, and a pipe would be waited for.
  if ((await statsOf(file))?.isFile() !== true) throw notRegular();
  const handle = await open(file, READ);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > MAX_BYTES) throw notRegular();
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** In one step, so that no other process reads half of it. */
async function write(file: string, text: string): Promise<void> {
  const stats = await statsOf(file);
  if (stats !== undefined && !stats.isFile() && !stats.isSymbolicLink()) throw notRegular();
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  // Made anew: what somebody else has put there is neither written to nor removed.
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text).finally(() => handle.close());
    await rename(draft, file);
  } catch (error) {
    await rm(draft, ownOf({ force: true }));
    throw error;
  }
}

const notRegular = () => new Error("the store is not a regular file of this user");
