import type { EnvFailure } from "../client/errors.js";
import { addFailure, throwIfAny } from "./failures.js";
import type { EnvPlan } from "./plan.js";

/**
 * The values that are there, for the environment of a process, which ends a value at a NUL.
 *
 * @throws {OnePasswordError} `envUnresolved`
 */
export function withoutNul(
  values: Readonly<Record<string, string | undefined>>,
  plan: EnvPlan,
): Map<string, string> {
  const failures: EnvFailure[] = [];
  const all = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    if (value?.includes("\0") === true) {
      const { parts, ...place } = plan.get(name) ?? { parts: [] };
      const message = "its secret holds a NUL character, which no variable can";
      addFailure(failures, { code: "valueInvalid", message, name, ...place });
    } else if (value !== undefined) all.set(name, value);
  }
  throwIfAny(failures);
  return all;
}
