/**
 * Env files with secret references, for scripts and servers in Node, Deno and Bun.
 *
 * @module onepassword-edge/env-node
 */

import { check } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import { holdsReference } from "../env/parts.js";
import { type EnvPlan, isNew, planEnv } from "../env/plan.js";
import { type ResolveEnvOptions, type Resolver, resolvePlan } from "../env/resolve.js";
import { withoutNul } from "../env/values.js";
import { readEnvFiles } from "./env_files.js";

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
  check(Array.isArray(files), "files must be an array of paths");
  const all = planEnv(await readEnvFiles(files), into, { override });
  const plan = new Map([...all].filter(([, variable]) => isNew(variable)));
  const values = await resolved(plan, options);
  for (const name of plan.keys()) {
    const value = values.get(name);
    // A reference that names nothing is no value.
    if (value === undefined) delete into[name];
    else if (name === "__proto__") Object.defineProperty(into, name, { ...OWN, value });
    else into[name] = value;
  }
  return [...values.keys()];
}

const OWN = { writable: true, enumerable: true, configurable: true };

async function resolved(plan: EnvPlan, options: LoadEnvOptions): Promise<Map<string, string>> {
  const { client, call, optional, into = process.env } = options;
  const own =
    client === undefined && [...plan.values()].some(({ parts }) => holdsReference(parts))
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
  const auth = env["OP_SERVICE_ACCOUNT_TOKEN"] ?? process.env["OP_SERVICE_ACCOUNT_TOKEN"];
  if (!auth) throw new OnePasswordError({ code: "tokenInvalid", message: NO_TOKEN });
  const { Client } = await import("../index.js");
  return await Client.authenticate({
    auth,
    integrationName: "onepassword-edge loadEnv",
    integrationVersion: "1",
  });
}

const NO_TOKEN =
  "there is no token: set OP_SERVICE_ACCOUNT_TOKEN to a service account's (ops_…), or pass a client";
