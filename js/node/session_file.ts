/**
 * A file as a place where sessions are kept, for Node.
 *
 * @module onepassword-edge/session-file
 */

import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { check } from "../client/check.js";
import { ownOf } from "../client/own.js";
import type { SessionStore } from "../stores/session_store.js";

/** What the file holds: for each key its record, and when that ends. */
type Records = Record<string, SessionRecord>;
interface SessionRecord {
  readonly value: string;
  readonly endsMs: number;
}

/** A thousand sessions take less. */
const MAX_BYTES = 4 * 1024 * 1024;
// A pipe that took the file's place meanwhile is not waited for, a link not followed. Windows has neither.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** The last change of each file in this process: one at a time, or a record would be lost. */
const changes = new Map<string, Promise<void>>();

/**
 * Keeps sessions in a file that its owner alone may read. For programs that are started again and
 * again: jobs, command lines. A file that cannot be read is as if it was empty. Anything but a
 * regular file, such as a device or a pipe, is neither read nor replaced.
 *
 * @throws {OnePasswordError} `argumentInvalid`
 */
export function fileStore(path: string): SessionStore {
  check(typeof path === "string" && path !== "", "fileStore needs the path of a file");
  // Now, because the working directory may change.
  const absolute = resolve(path);
  const change = async (edit: (records: Records) => void) => {
    await mkdir(dirname(absolute), { recursive: true, mode: 0o700 });
    const file = await realFile(absolute);
    await inTurn(file, async () => {
      const records = await read(file);
      edit(records);
      await write(file, records);
    });
  };
  return {
    async get(key) {
      return (await read(await realFile(absolute).catch(() => absolute)))[key]?.value;
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
    for (const [key, record] of Object.entries(JSON.parse(await textOf(file)))) {
      if (isRecord(record) && record.endsMs > Date.now()) records[key] = record;
    }
  } catch {} // as if it was empty
  return records;
}

function isRecord(value: unknown): value is SessionRecord {
  const { value: text, endsMs }: Partial<SessionRecord> = ownOf(Object(value));
  return typeof text === "string" && typeof endsMs === "number";
}

async function textOf(file: string): Promise<string> {
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
async function write(file: string, records: Records): Promise<void> {
  const stats = await statsOf(file);
  if (stats !== undefined && !stats.isFile() && !stats.isSymbolicLink()) throw notRegular();
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  // Made anew: what somebody else has put there is neither written to nor removed.
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(JSON.stringify(records)).finally(() => handle.close());
    await rename(draft, file);
  } catch (error) {
    await rm(draft, ownOf({ force: true }));
    throw error;
  }
}

const notRegular = () => new Error("the session file is not a regular file of this user");
