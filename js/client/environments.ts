import type { Client as CoreClient } from "../wasm/op.js";
import { check, membersOf } from "./check.js";
import type { CallOptions } from "./config.js";
import { OnePasswordError } from "./errors.js";
import { quoted } from "./told.js";

/**
 * Reads the variables of 1Password Environments. Each is named by its id or by its name. They are
 * remembered and read together as secrets are.
 */
export interface Environments {
  /**
   * All variables of an Environment, in their order.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  getVariables(environment: string, options?: CallOptions): Promise<GetVariablesResponse>;
  /**
   * The values of an Environment's variables by their names.
   *
   * @throws {OnePasswordError} saying what stands in the way: `duplicateVariables` if several have
   * one name and the option `duplicates` is not `"last"`
   */
  get(environment: string, options?: EnvironmentOptions): Promise<Record<string, string>>;
}

/** How an Environment is to be read. */
export interface EnvironmentOptions extends CallOptions {
  /** Of several variables of one name the last counts. Without it they are an error. */
  readonly duplicates?: "last" | undefined;
}

/** The variables of an Environment. */
export interface GetVariablesResponse {
  variables: EnvironmentVariable[];
}

/** A variable of an Environment. */
export interface EnvironmentVariable {
  /** As somebody has entered it: it may be empty, hold any character, and be another's, too. */
  name: string;
  value: string;
  /** Whether it is not to be shown; also if it is the secret of a one-time password. */
  masked: boolean;
}

/**
 * Asks the module for variables.
 *
 * @internal
 */
type Ask = <T>(ask: (client: CoreClient) => unknown) => Promise<T>;

/**
 * Reads Environments by way of the module.
 *
 * @internal
 */
export function environmentsOf(ask: Ask): Environments {
  const getVariables: Environments["getVariables"] = (environment, options) =>
    ask((client) => client.getVariables(environment, options));
  return {
    getVariables,
    get: async (environment, options) => {
      const { duplicates, call } = partsOf(options);
      const isKnown = duplicates === undefined || duplicates === "last";
      check(isKnown, 'duplicates must be "last" if it is there');
      const { variables } = await getVariables(environment, call);
      const entries = variables.map(({ name, value }) => [name, value] as const);
      const values = Object.fromEntries(entries);
      if (duplicates === "last" || Object.keys(values).length === entries.length) return values;
      const names = entries.map(([name]) => name);
      const several = new Set(names.filter((name, at) => names.indexOf(name) !== at));
      const others = several.size > 20 ? ", and others" : "";
      throw new OnePasswordError({
        code: "duplicateVariables",
        message: `the Environment ${quoted(environment)} has several variables of one name: ${[...several].slice(0, 20).map(quoted).join(", ")}${others}; rename all but one, pass { duplicates: "last" }, or read them with getVariables`,
      });
    },
  };
}

/** What is for the module: it says what is wrong with what is no object. */
function partsOf(options: EnvironmentOptions | undefined): {
  duplicates: unknown;
  call: CallOptions | undefined;
} {
  if (typeof options !== "object" || options === null) {
    return { duplicates: undefined, call: options };
  }
  const { duplicates, ...call } = membersOf(options);
  return { duplicates, call };
}
