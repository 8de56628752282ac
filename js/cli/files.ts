import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { OnePasswordError } from "../client/errors.js";
import { quoted } from "../client/told.js";
import { type Context, type OptionSpecs, textOf } from "./command.js";
import { usageError } from "./exit.js";
import { notWritten } from "./output.js";

/** The options of a command that can write its result to a file. */
export const FILE_OPTIONS: OptionSpecs = {
  "out-file": {
    type: "string",
    short: "o",
    value: "path",
    complete: "file",
    help: "write to this file instead of stdout",
  },
  "file-mode": {
    type: "string",
    value: "mode",
    help: "permissions of that file, octal (default: 0600)",
  },
  force: { type: "boolean", short: "f", help: "overwrite without asking" },
};

const DEFAULT_MODE = 0o600;
const MODE = /^0{0,2}[0-7]{3}$/;

/** Where a result goes, once it is there. */
export interface Target {
  /** As it was named. */
  readonly path: string;
  /** Replaces the file in one step, or leaves everything as it was. */
  write(data: string | Uint8Array | Iterable<string>): void;
}

/**
 * The file that `--out-file` names; nothing without it. Here, before anything is asked for, whether
 * it may be written is checked, and asked on a terminal.
 *
 * @throws {OnePasswordError} `argumentInvalid` if it must not be overwritten
 */
export async function targetOf(context: Context): Promise<Target | undefined> {
  const { values } = context;
  const mode = readMode(textOf(values, "file-mode"));
  const path = textOf(values, "out-file");
  if (path === undefined) return undefined;
  if (path === "") throw usageError("--out-file needs a path");
  const isForced = values["force"] === true;
  const found = statsOf(path);
  if (found !== undefined) checkKind(path, found, isForced);
  // Where it leads now: what somebody puts in its place meanwhile is not followed.
  const real = realPath(path);
  const before = statsOf(real);
  if (found !== undefined && !isForced) await askToReplace(context, path);
  return {
    path,
    write(data) {
      const isNew = before === undefined;
      if (!isNew) checkStill(path, statsOf(real));
      replace(path, real, { data, mode, isNew });
    },
  };
}

/** Nobody agreed to replace anything but a file. */
function checkStill(path: string, now: Stats | undefined): void {
  if (now === undefined || now.isFile()) return;
  const message = `${quoted(path)} was not written: something else was put in its place meanwhile`;
  throw new OnePasswordError({ code: "fileUnwritable", message });
}

/** @throws {OnePasswordError} `argumentInvalid` */
function readMode(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MODE;
  if (MODE.test(text)) return Number.parseInt(text, 8);
  throw usageError("--file-mode must be three octal digits, such as 0600 or 640");
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw notWritten(quoted(path), error);
  }
}

/** A device or a pipe would be gone afterwards, and a link may lead anywhere. */
function checkKind(path: string, stats: Stats, isForced: boolean): void {
  const told = quoted(path);
  if (!stats.isSymbolicLink()) {
    if (stats.isFile()) return;
    const what = stats.isDirectory() ? "a folder" : "not a regular file";
    throw usageError(`${told} is ${what}: name a file, or leave out --out-file to write to stdout`);
  }
  if (!isForced) throw usageError(`${told} is a link: name what it leads to, or add --force`);
  const own = process.geteuid?.();
  if (own !== undefined && stats.uid !== own && stats.uid !== 0) {
    throw usageError(`${told} is another user's link: name what it leads to`);
  }
  let target: Stats;
  try {
    target = statSync(path);
  } catch {
    throw usageError(`${told} is a link that leads nowhere`);
  }
  checkKind(path, target, isForced);
}

async function askToReplace({ output }: Context, path: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw exists(path);
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    output.progress.stop();
    process.stderr.write(`${quoted(path)} exists. Overwrite it? [y/N] `);
    const [answer] = await new Promise<string[]>((resolve) => {
      lines.once("line", (line) => resolve([line]));
      lines.once("close", () => resolve([]));
    });
    if (/^y(es)?$/i.test(answer?.trim() ?? "")) return;
  } finally {
    lines.close();
    process.stdin.pause();
  }
  throw usageError(`${quoted(path)} was left as it is`);
}

function exists(path: string): OnePasswordError {
  return usageError(`${quoted(path)} exists: add --force to overwrite it`);
}

/** What a link leads to is replaced, not the link. */
function realPath(path: string): string {
  // As the system goes: by text, `link/..` would be where the link stands, not where it leads.
  const { native } = realpathSync;
  try {
    return statsOf(path)?.isSymbolicLink() === true
      ? native(path)
      : join(native(dirname(path)), basename(path));
  } catch (error) {
    throw notWritten(quoted(path), error);
  }
}

/** What is written, and whether nothing was there. */
interface Content {
  readonly data: Parameters<Target["write"]>[0];
  readonly mode: number;
  readonly isNew: boolean;
}

/** Through a file beside it, which nobody else may read from its first moment. Waits for no one. */
function replace(told: string, path: string, { data, mode, isNew }: Content): void {
  const draft = join(
    dirname(path),
    `.${basename(path).slice(0, 40)}.${randomBytes(6).toString("hex")}`,
  );
  let isThere = false;
  try {
    const file = openSync(draft, "wx", mode & DEFAULT_MODE);
    isThere = true;
    try {
      // Exactly as it was asked for, whatever the umask takes away.
      fchmodSync(file, mode);
      const whole = typeof data === "string" || data instanceof Uint8Array;
      for (const piece of whole ? [data] : data) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (isNew) place(draft, path);
    else renameSync(draft, path);
  } catch (error) {
    if (isThere) rmSync(draft, { force: true });
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw exists(told);
    throw notWritten(quoted(told), error);
  }
}

/** Gives a draft its name, unless somebody else has taken it meanwhile. */
function place(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || statsOf(path) !== undefined)
      throw error;
    // Not every file system has links.
    renameSync(draft, path);
    return;
  }
  rmSync(draft, { force: true });
}
