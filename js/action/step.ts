import { check } from "../client/check.js";
import { throwIfAny } from "../env/failures.js";
import { holdsReference, isReference } from "../env/parts.js";
import { type EnvPlan, planEnv } from "../env/plan.js";
import { recording } from "../env/recording.js";
import { resolvePlan } from "../env/resolve.js";
import { withoutNul } from "../env/values.js";
import { nameFailures } from "../github/names.js";
import { append, isMaskable, mask, maskAll, warn } from "../github/runner.js";
import { Client } from "../index.js";
import { type Inputs, pathOf, readInputs, TOKEN } from "./inputs.js";

/**
 * Replaces the references in the step's variables by their secrets, for later steps. Nothing is
 * written if one fails, and nothing before the runner knows what it has to hide.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists everything that failed; what the client throws
 */
export async function runStep(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const inputs = readInputs(env);
  if (inputs.token !== "") await mask(inputs.token);
  const output = pathOf("GITHUB_OUTPUT", env);
  const variables = inputs.exported ? pathOf("GITHUB_ENV", env) : undefined;
  const plan = planOf(inputs);
  await warnOfUnknown(inputs);
  if (plan.size === 0) {
    await warn("no variable of this step holds a secret reference, so nothing was read");
    return;
  }
  const values = await resolved(plan, inputs);
  await append(variables === undefined ? [output] : [output, variables], values);
  const names = [...values.keys()].join(", ");
  process.stdout.write(`Read from 1Password: ${names || "nothing"}\n`);
}

function planOf({ variables, only, exported }: Inputs): EnvPlan {
  const looked = Object.entries(variables).filter(([name]) => only?.includes(name) ?? true);
  const all = [...planEnv([], Object.fromEntries(looked))];
  const plan = new Map(all.filter(([, { parts }]) => holdsReference(parts)));
  throwIfAny(nameFailures(plan.keys(), exported));
  return plan;
}

/** What stands there by mistake would let nothing be missing. */
async function warnOfUnknown({ optional, only = [], variables }: Inputs): Promise<void> {
  for (const [input, names] of Object.entries({ optional, variables: only })) {
    for (const name of names.filter((each) => !Object.hasOwn(variables, each))) {
      await warn(`${input} names ${name}, and this step has no such variable`);
    }
  }
}

async function resolved(plan: EnvPlan, inputs: Inputs): Promise<Map<string, string>> {
  check(inputs.token !== "", NO_TOKEN);
  const client = await Client.authenticate({
    auth: inputs.token,
    integrationName: "onepassword-edge action",
    integrationVersion: "1",
  });
  try {
    const secrets = new Map<string, string>();
    const recorder = recording(client, secrets);
    const values = await resolvePlan(plan, { client: recorder, optional: inputs.optional });
    // Not before all of them are there: for a step that fails nothing has to be hidden.
    // What is too short to be hidden alone may not be so in a value that is made of it and more.
    const texts = Object.values(values).filter((value) => value !== undefined);
    await maskAll([...secrets.values(), ...texts]);
    await warnOfShort(plan, secrets);
    return withoutNul(values, plan);
  } finally {
    client.close();
  }
}

const NO_TOKEN = `there is no token: set the input token, or the variable ${TOKEN}. In pull requests from forks, secrets are empty`;

async function warnOfShort(plan: EnvPlan, secrets: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, { parts }] of plan) {
    const own = parts.filter(isReference).flatMap((part) => secrets.get(part.reference) ?? []);
    if (own.every(isMaskable)) continue;
    await warn(`${name}: its secret is blank or shorter than 4 characters, so logs may show it`);
  }
}
