/**
 * Env files with secret references, for scripts and servers in Node, Deno and Bun.
 *
 * @module onepassword-edge/env-node
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { EnvFailure } from "../client/errors.js";
import { throwIfAny } from "../env/failures.js";
import { isReference } from "../env/parts.js";
import {
  type EnvFile,
  type EnvPlan,
  type PlannedVariable,
  planBase,
  planEnv,
} from "../env/plan.js";
import { type ResolveEnvOptions, type Resolver, resolvePlan } from "../env/resolve.js";
import { withoutNul } from "../env/values.js";

/** What `loadEnv` is told. */
export interface LoadEnvOptions extends Pick<ResolveEnvOptions, "call" | "optional"> {
  /** The files, of which a later one wins. Each has to be there. Default: `.env.op`. */
  readonly files?: readonly (string | URL)[] | undefined;
  /** Whether files win over variables that are set. Default: true. */
  readonly override?: boolean | undefined;
  /** Where the variables are and where they go. Default: `process.env`. */
  readonly into?: Record<string, string | undefined> | undefined;
  /**
   * What reads the secrets. Default: a client of its own, with the token in `OP_SERVICE_ACCOUNT_TOKEN`,
   * which is closed afterwards; none if there is no reference.
   */
  readonly client?: Resolver | undefined;
}

/**
 * Reads env files, resolves the secret references in them and in the variables that are set already,
 * and sets the variables. None is set if one fails.
 *
 * ```ts
 * await loadEnv({ files: [".env.op"] });
 * ```
 *
 * @returns the names of the variables that were set
 * @throws {OnePasswordError} `envUnresolved`, which lists everything that failed; what the client throws
 */
export async function loadEnv(options: LoadEnvOptions = {}): Promise<string[]> {
  const { files = [".env.op"], override = true, into = process.env } = options;
  const plan = planned(await readEnvFiles(files), { into, override });
  const values = await resolved(plan, options);
  for (const [name, value] of values) into[name] = value;
  return [...values.keys()];
}

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
      failures.push(isSystem ? unreadable(name, code) : { ...NOT_UTF8, file: name });
    }
  }
  throwIfAny(failures);
  return files;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NOT_UTF8 = { code: "notUtf8", message: "the file is not UTF-8 text" } as const;

function unreadable(file: string, code: string): EnvFailure {
  return { code: "fileUnreadable", message: `the file cannot be read: ${code}`, file };
}

/** What is to be set: what files set, and what else holds references. */
function planned(
  files: readonly EnvFile[],
  { into, override }: { into: Record<string, string | undefined>; override: boolean },
): EnvPlan {
  const failures: EnvFailure[] = [];
  const plan = new Map<string, PlannedVariable>();
  for (const [name, variable] of planEnv(files, into)) {
    const value = into[name];
    const isKept = variable.line === undefined || (!override && value !== undefined);
    const set = isKept ? planBase(value ?? "", { name }, failures) : variable;
    if (!isKept || holdsReference(set)) plan.set(name, set);
  }
  throwIfAny(failures);
  return plan;
}

function holdsReference({ parts }: PlannedVariable): boolean {
  return parts.some(isReference);
}

async function resolved(plan: EnvPlan, options: LoadEnvOptions): Promise<Map<string, string>> {
  const { client, call, optional, into = process.env } = options;
  const own =
    client === undefined && [...plan.values()].some(holdsReference)
      ? await signIn(into)
      : undefined;
  try {
    const given = { client: (client ?? own) as Resolver, call, optional };
    return withoutNul(await resolvePlan(plan, given), plan);
  } finally {
    own?.close();
  }
}

async function signIn(env: Record<string, string | undefined>) {
  const { Client } = await import("../index.js");
  return await Client.authenticate({
    auth: (env["OP_SERVICE_ACCOUNT_TOKEN"] ?? process.env["OP_SERVICE_ACCOUNT_TOKEN"]) as string,
    integrationName: "onepassword-edge loadEnv",
    integrationVersion: "1",
  });
}
