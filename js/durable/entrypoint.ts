import { WorkerEntrypoint } from "cloudflare:workers";
import { check, checkNames } from "../client/check.js";
import { OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";
import { type Patterns, parsePatterns, refusalOf, refused } from "./allow.js";
import { toData } from "./error_data.js";
import { failure } from "./failure.js";
import { checkRequest, type ReadAnswer, type ReadRequest, type ReadResult } from "./message.js";
import { checkNamespace, DEFAULT_NAME, reach, readableOf, TIMEOUT_MS } from "./reach.js";
import type { EntrypointOptions, NarrowedClient, OnePasswordEntrypointClass } from "./types.js";

/**
 * A class of entrypoints like {@link OnePasswordEntrypoint}, for another namespace or object.
 *
 * ```ts
 * export const Secrets = onePasswordEntrypoint((env: Env) => ({ namespace: env.SECRETS }));
 * ```
 */
export function onePasswordEntrypoint<Env = unknown>(
  options: (env: Env) => EntrypointOptions = () => ({}),
): OnePasswordEntrypointClass {
  class OnePasswordEntrypoint extends WorkerEntrypoint {
    async read(request: ReadRequest): Promise<ReadAnswer> {
      try {
        return { results: await forward(request, this.ctx.props, this.env, options as Options) };
      } catch (thrown) {
        return { error: toData(thrown) };
      }
    }
  }
  return OnePasswordEntrypoint as unknown as OnePasswordEntrypointClass;
}

type Options = (env: unknown) => EntrypointOptions;

/** Passes on what the binding allows. */
async function forward(given: unknown, props: unknown, env: unknown, options: Options) {
  const request = checkRequest(given);
  const { kind, references } = request;
  const allow = allowIn(props);
  const refusals = references.map((each) =>
    allow === undefined ? refused(NO_LIST, each) : refusalOf(allow, each),
  );
  const passed = references.filter((_, at) => refusals[at] === undefined);
  const results = await send({ ...request, references: passed }, env, options);
  return refusals.map((refusal) => (refusal ? failure(kind, refusal) : (results.shift() ?? {})));
}

async function send(request: ReadRequest, env: unknown, options: Options): Promise<ReadResult[]> {
  if (request.references.length === 0) return [];
  const { namespace, name } = target(env, options);
  const endsMs = Date.now() + (request.timeoutMs ?? TIMEOUT_MS);
  const results = await reach(() => readableOf(namespace, name), request, endsMs);
  // RPC takes no object without a prototype.
  return results.map((result) => ({ ...result }));
}

const NO_LIST =
  'this service binding has no valid allow list, so it allows nothing: give it props such as { "allow": ["op://app/**"] }';

/** Nothing is allowed unless a list says so. */
function allowIn(props: unknown): Patterns | undefined {
  try {
    const { allow }: { allow?: unknown } = ownOf(Object(props));
    return parsePatterns(allow);
  } catch {
    return undefined;
  }
}

function target(env: unknown, options: Options) {
  const own = ownOf(Object(attempt(() => options(env)))) as EntrypointOptions;
  checkNames(own, ["namespace", "name"], "onePasswordEntrypoint");
  const { namespace = ownOf(Object(env)).OP, name = DEFAULT_NAME } = own;
  checkNamespace(namespace);
  check(typeof name === "string", "name must be a string");
  return { namespace, name };
}

/** What a function of the program's throws may hold a secret, so it is withheld. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new OnePasswordError({
      code: "argumentInvalid",
      message:
        "the options of the entrypoint could not be read: the function that returns them threw",
    });
  }
}

/** An instance of the class {@link OnePasswordEntrypoint}. */
export type OnePasswordEntrypoint = NarrowedClient;

/**
 * What another Worker binds as a service in place of the object, to be allowed less: what the `allow` list
 * in the binding's `props` says, and nothing without one. It asks the object `default` of `env.OP`.
 *
 * ```jsonc
 * "services": [{
 *   "binding": "OP", "service": "secrets", "entrypoint": "OnePasswordEntrypoint",
 *   "props": { "allow": ["op://app/database/*"] }
 * }]
 * ```
 */
export const OnePasswordEntrypoint: OnePasswordEntrypointClass =
  /* @__PURE__ */ onePasswordEntrypoint();
