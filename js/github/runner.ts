import { randomUUID } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { EOL } from "node:os";
import { written } from "../node/written.js";

/** A file into which a step writes what the runner is to set. */
export type CommandFile = "GITHUB_ENV" | "GITHUB_OUTPUT";

/** GitHub's runner hides nothing shorter by itself either: too much of a log would be gone. */
const SHORTEST_MASK = 4;

/** Whether a value can be hidden in the log. */
export const isMaskable = (value: string): boolean => value.trim().length >= SHORTEST_MASK;

/**
 * Has the runner hide a value in the log from here on, and, since it reads the log line by line, each
 * line of it too. Resolves when the runner can read that.
 */
export function mask(value: string): Promise<void> {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  const texts = [...new Set([value, ...lines])].filter(isMaskable);
  return print(texts.map((text) => command("add-mask", text)).join(""));
}

/** The same of all of these, each once. */
export async function maskAll(values: Iterable<string>): Promise<void> {
  for (const value of new Set(values)) await mask(value);
}

/** An annotation of the step. */
export function warn(message: string): Promise<void> {
  return print(command("warning", message));
}

/** An error of the step. */
export function fail(message: string): Promise<void> {
  return print(command("error", message));
}

/** `::name::data`, with what would end the line or be read as an escape written otherwise. */
function command(name: string, data: string): string {
  const escaped = data.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `::${name}::${escaped}${EOL}`;
}

/** Not before the runner has it may anything else happen: pipes are asynchronous on Windows. */
const print = (text: string): Promise<void> => written(process.stdout, text);

/** Adds entries to the runner's files: to all of them, or to none. */
export async function append(
  paths: readonly string[],
  entries: Iterable<readonly [string, string]>,
): Promise<void> {
  const text = [...entries].map(([name, value]) => entry(name, value)).join("");
  const files: { readonly handle: FileHandle; readonly length: number }[] = [];
  try {
    for (const path of paths) {
      const handle = await open(path, "a+");
      files.push({ handle, length: (await handle.stat()).size });
    }
    for (const { handle, length } of files) {
      // What somebody has written there without a line break would be one with the first name.
      await handle.appendFile((await endsLine(handle, length)) ? text : EOL + text);
    }
  } catch (error) {
    for (const { handle, length } of files) await handle.truncate(length).catch(() => {});
    throw error;
  } finally {
    for (const { handle } of files) await handle.close();
  }
}

async function endsLine(handle: FileHandle, length: number): Promise<boolean> {
  if (length === 0) return true;
  const { buffer } = await handle.read(new Uint8Array(1), 0, 1, length - 1);
  return buffer[0] === LINE_FEED;
}

const LINE_FEED = 0x0a;

/**
 * A value of any number of lines. The delimiter is random and made after the value, so that no value can
 * end its entry and begin another. Lines end as on this system: on Windows the runner would otherwise
 * take a final CR for a part of the line's end.
 */
function entry(name: string, value: string): string {
  const delimiter = `end_of_value_${randomUUID()}`;
  return `${name}<<${delimiter}${EOL}${value}${EOL}${delimiter}${EOL}`;
}
