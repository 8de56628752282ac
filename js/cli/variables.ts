// The variables of a command: from env files, from the environment, from a 1Password Environment.
import type { EnvironmentVariable } from "../client/environments.js";
import { isReference } from "../env/parts.js";
import { type EnvPlan, isNew, planEnv } from "../env/plan.js";
import { recording } from "../env/recording.js";
import { resolvePlan } from "../env/resolve.js";
import { withoutNul } from "../env/values.js";
import { readEnvFiles } from "../node/env_files.js";
import type { Client } from "../slim.js";
import { withClient } from "./account.js";
import { type Context, type OptionSpecs, textOf, textsOf } from "./command.js";
import { resolverOf, SIGNED_IN } from "./resolver.js";

/** The options of a command that takes variables. */
export const VARIABLE_OPTIONS: OptionSpecs = {
  "env-file": {
    type: "string",
    short: "e",
    multiple: true,
    value: "path",
    complete: "file",
    help: "take variables from this file; of several files the last wins",
  },
  environment: {
    type: "string",
    value: "id",
    help: "take the variables of this 1Password Environment; they win over files",
  },
};

/** A secret, and the variable that has it. */
export interface NamedSecret {
  readonly name: string;
  readonly secret: string;
}

/** What a command was given, with secrets in place of references. */
export interface Variables {
  /** What files and Environments set, and what else held references. */
  readonly values: ReadonlyMap<string, string>;
  /** What was read for references, and what an Environment masks. */
  readonly secrets: readonly NamedSecret[];
}

/**
 * Reads files, resolves references in one batch, and adds an Environment's variables.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists everything that failed; what the client throws
 */
export async function readVariables(context: Context): Promise<Variables> {
  const files = await readEnvFiles(textsOf(context.values, "env-file"));
  // Everything else is passed on as it is.
  const plan = new Map([...planEnv(files, context.env)].filter(([, planned]) => isNew(planned)));
  const id = textOf(context.values, "environment");
  const read = new Map<string, string>();
  if (id === undefined) {
    const resolved = await resolvePlan(plan, { client: recording(resolverOf(context), read) });
    return variablesOf(plan, { resolved, read, own: [] });
  }
  return await withClient(
    context,
    async (client) => {
      const [resolved, own] = await Promise.all([
        resolvePlan(plan, { client: recording(client, read) }),
        readEnvironment(client, id),
      ]);
      return variablesOf(plan, { resolved, read, own });
    },
    SIGNED_IN,
  );
}

async function readEnvironment({ environments }: Client, id: string) {
  // Read together. The first refuses several variables of one name.
  const [, { variables }] = await Promise.all([
    environments.get(id),
    environments.getVariables(id),
  ]);
  return variables;
}

/** What was read for a plan. */
interface Read {
  readonly resolved: Readonly<Record<string, string | undefined>>;
  /** Secrets by their references. */
  readonly read: ReadonlyMap<string, string>;
  /** The variables of an Environment. */
  readonly own: readonly EnvironmentVariable[];
}

function variablesOf(plan: EnvPlan, { resolved, read, own }: Read): Variables {
  const ofPlan = [...plan].flatMap(([name, { parts }]) =>
    parts.filter(isReference).map(({ reference }) => ({ name, secret: read.get(reference) ?? "" })),
  );
  const masked = own.filter((variable) => variable.masked);
  const ofEnvironment = masked.map(({ name, value }) => ({ name, secret: value }));
  const all = [
    ...Object.entries(resolved),
    ...own.map(({ name, value }) => [name, value] as const),
  ];
  return {
    values: withoutNul(Object.fromEntries(all), plan),
    secrets: [...ofPlan, ...ofEnvironment],
  };
}
