import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { EnvFailure } from "../client/errors.js";
import { throwIfAny } from "../env/failures.js";
import type { EnvFile } from "../env/plan.js";
import { reasonOf } from "./reason.js";

/**
 * The files' texts.
 *
 * @throws {OnePasswordError} `envUnresolved`, if one cannot be read or is no UTF-8
 */
export async function readEnvFiles(paths: readonly (string | URL)[]): Promise<EnvFile[]> {
  const failures: EnvFailure[] = [];
  const files: EnvFile[] = [];
  for (const path of paths) {
    const name = path instanceof URL ? fileURLToPath(path) : path;
    try {
      files.push({ name, text: UTF8.decode(await readFile(path)) });
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const isSystem = /^E[A-Z]+$/.test(code);
      failures.push(isSystem ? unreadable(name, error) : { ...NOT_UTF8, file: name });
    }
  }
  throwIfAny(failures);
  return files;
}

/** Refuses what is no UTF-8, and changes nothing. */
export const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NOT_UTF8 = { code: "notUtf8", message: "the file is not UTF-8 text" } as const;

function unreadable(file: string, error: unknown): EnvFailure {
  return { code: "fileUnreadable", message: `the file cannot be read: ${reasonOf(error)}`, file };
}
