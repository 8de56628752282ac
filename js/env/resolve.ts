import type { ResolveAllResponse } from "../client/answers.js";
import { check, isObject, isStringArray } from "../client/check.js";
import type { CallOptions } from "../client/config.js";
import type { EnvFailure } from "../client/errors.js";
import { isTold } from "../client/told.js";
import { addFailure, type Place, throwIfAny } from "./failures.js";
import { holdsReference, isReference, referencesIn, type TemplatePart } from "./parts.js";
import { type EnvPlan, type PlannedVariable, planBase } from "./plan.js";
import { parseTemplate, type TemplateOptions } from "./template.js";

/** Whatever resolves secret references: a client, that of a Durable Object, a test's own. */
export interface Resolver {
  readonly secrets: {
    /** As a client has it; each reference is in a call once. */
    resolveAll(references: readonly string[], options?: CallOptions): Promise<ResolveAllResponse>;
  };
}

/** What all ways to resolve need. */
export interface ResolveOptions {
  /** What reads the secrets. It is asked once, and not at all where there is no reference. */
  readonly client: Resolver;
  /** Options of that call. */
  readonly call?: CallOptions | undefined;
}

/** How variables are resolved. */
export interface ResolveEnvOptions extends ResolveOptions {
  /** The names of the variables to look at; all others stay as they are. Default: all. */
  readonly only?: readonly string[] | undefined;
  /**
   * Variables whose item or field may be missing: they become `undefined`, or the default given here.
   * Any other failure of them is an error all the same.
   */
  readonly optional?: readonly string[] | Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * A copy of a Worker's bindings, of `process.env` or of any other record, in which secret references are
 * replaced by their secrets: values that are a reference as a whole, and `{{ op://… }}` within a value.
 * Everything else is passed on as it is, bindings that are no strings as the same objects.
 *
 * ```ts
 * const secrets = await resolveEnv(env, { client });
 * ```
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists every variable that failed; what the
 * client throws
 */
export async function resolveEnv<T extends object>(
  source: T,
  options: ResolveEnvOptions,
): Promise<T> {
  check(isObject(options), NO_CLIENT);
  const { only = [] } = options;
  check(isStringArray(only), NAMES_RULE);
  const failures: EnvFailure[] = [];
  const plan = new Map<string, PlannedVariable>();
  const copy = { ...source };
  for (const [name, value] of Object.entries(copy)) {
    if (typeof value !== "string" || (options.only && !only.includes(name))) continue;
    const planned = planBase(value, { name }, failures);
    if (holdsReference(planned.parts)) plan.set(name, planned);
  }
  throwIfAny(failures);
  return { ...copy, ...(await resolvePlan(plan, options)) };
}

/**
 * The values of planned variables.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists every variable that failed; what the
 * client throws
 */
export async function resolvePlan(
  plan: EnvPlan,
  options: ResolveEnvOptions,
): Promise<Record<string, string | undefined>> {
  const { optional = [] } = options;
  check(isObject(optional), NAMES_RULE);
  const defaults = new Map<string, string | undefined>(
    Array.isArray(optional) ? optional.map((name) => [name, undefined]) : Object.entries(optional),
  );
  const secrets = await Secrets.read(
    [...plan.values()].flatMap(({ parts }) => parts),
    options,
  );
  const values = [...plan].map(([name, { parts, ...place }]) => {
    if (defaults.has(name) && secrets.isMissing(parts)) return [name, defaults.get(name)];
    return [name, secrets.render(parts, { name, ...place })];
  });
  secrets.throwFailures();
  return Object.fromEntries(values);
}

/** How a template is resolved. */
export interface ResolveTemplateOptions extends ResolveOptions, TemplateOptions {}

/**
 * A template with secrets in place of its references: see `parseTemplate`. What the secrets hold is
 * not read again.
 *
 * @throws {OnePasswordError} `envUnresolved`, which lists every failure with its line; what the
 * client throws
 */
export async function resolveTemplate(
  text: string,
  options: ResolveTemplateOptions,
): Promise<string> {
  return (await resolveParts(parseTemplate(text, options), options)).join("");
}

/**
 * The pieces that make a template's result, for templates that are too long to be put together.
 *
 * @throws {OnePasswordError} as `resolveTemplate`
 */
export async function resolveParts(
  parts: readonly TemplatePart[],
  options: ResolveOptions & { readonly file?: string | undefined },
): Promise<string[]> {
  const secrets = await Secrets.read(parts, options);
  const { file } = options;
  const pieces = parts.map((part) => {
    if (!isReference(part)) return part;
    const { reference, ...spot } = part;
    return secrets.render([part], file === undefined ? spot : { file, ...spot });
  });
  secrets.throwFailures();
  return pieces;
}

/** What may be missing of an optional variable. */
const MISSING = ["itemNotFound", "noMatchingSections", "fieldNotFound"];

/** What a client answered, and what failed of it. */
class Secrets {
  readonly #answers: ResolveAllResponse["individualResponses"];
  readonly #failures: EnvFailure[] = [];
  #retryAfterMs: number | undefined;

  private constructor(answers: ResolveAllResponse["individualResponses"]) {
    this.#answers = answers;
  }

  static async read(parts: readonly TemplatePart[], options: ResolveOptions): Promise<Secrets> {
    const asked = referencesIn(parts);
    if (asked.length === 0) return new Secrets({});
    const { client, call } = options;
    check(typeof client?.secrets?.resolveAll === "function", NO_CLIENT);
    const answer: Partial<ResolveAllResponse> | undefined = await client.secrets.resolveAll(
      asked,
      call,
    );
    const responses = answer?.individualResponses;
    return new Secrets(isObject(responses) ? responses : {});
  }

  /** The value; nothing, and a failure for each reference that failed. */
  render(parts: readonly TemplatePart[], place: Place): string {
    const pieces = parts.map((part) => {
      if (!isReference(part)) return part;
      const { content, error } = this.#answer(part.reference);
      if (typeof content?.secret === "string") return content.secret;
      const isWhole = typeof error?.type === "string" && typeof error.message === "string";
      const { type, message, retryAfterMs = 0 } = isWhole ? error : UNANSWERED;
      const told = isTold(part.reference) ? { reference: part.reference } : {};
      addFailure(this.#failures, { ...place, ...told, code: type, message });
      if (retryAfterMs > (this.#retryAfterMs ?? 0)) this.#retryAfterMs = retryAfterMs;
      return "";
    });
    return pieces.join("");
  }

  /** Whether something is missing, and nothing else is wrong. */
  isMissing(parts: readonly TemplatePart[]): boolean {
    const failed = referencesIn(parts).flatMap((reference) => {
      const { content, error = UNANSWERED } = this.#answer(reference);
      return content === undefined ? [error.type] : [];
    });
    return failed.length > 0 && failed.every((code) => MISSING.includes(code));
  }

  throwFailures(): void {
    throwIfAny(this.#failures, this.#retryAfterMs);
  }

  #answer(reference: string): ResolveAllResponse["individualResponses"][string] {
    return (Object.hasOwn(this.#answers, reference) && this.#answers[reference]) || {};
  }
}

const NO_CLIENT = "the option client must be a client, or something else with secrets.resolveAll";
const NAMES_RULE = "only and optional are arrays of names; optional may be an object of defaults";
const UNANSWERED = {
  type: "protocol",
  message: "the client gave no answer",
  retryAfterMs: undefined,
} as const;
