import { OnePasswordError } from "../client/errors.js";
import type {
  EntrypointOptions,
  HeldClient,
  NarrowedClient,
  ObjectOptions,
  OnePasswordEntrypointClass,
  OnePasswordObjectClass,
} from "./types.js";

class Elsewhere {
  constructor() {
    throw new OnePasswordError({
      code: "unsupported",
      message:
        "Durable Objects and entrypoints exist in Cloudflare Workers alone; a bundler for them sets the condition workerd",
    });
  }
}

/**
 * A class of Durable Objects like {@link OnePasswordObject}, with options of your own.
 *
 * ```ts
 * export const Secrets = onePasswordObject((env: Env) => ({ auth: env.TOKEN, allow: ["op://app/database/*"] }));
 * ```
 *
 * Options are checked when an object is first asked; what is wrong with them is the error of each call.
 */
export function onePasswordObject<Env = unknown>(
  _options?: (env: Env) => ObjectOptions | Promise<ObjectOptions>,
): OnePasswordObjectClass {
  return Elsewhere as unknown as OnePasswordObjectClass;
}

/**
 * A class of entrypoints like {@link OnePasswordEntrypoint}, for another namespace or object.
 *
 * ```ts
 * export const Secrets = onePasswordEntrypoint((env: Env) => ({ namespace: env.SECRETS }));
 * ```
 */
export function onePasswordEntrypoint<Env = unknown>(
  _options?: (env: Env) => EntrypointOptions,
): OnePasswordEntrypointClass {
  return Elsewhere as unknown as OnePasswordEntrypointClass;
}

/** An instance of the class {@link OnePasswordObject}. */
export type OnePasswordObject = HeldClient;

/**
 * A Durable Object that holds one client, with the token in `env.OP_SERVICE_ACCOUNT_TOKEN`. It signs in
 * once for all that ask it, reads what is asked for at the same time once, remembers secrets for
 * `secretTtlMs`, five minutes if absent, and reads those that are in use again before that is over. Names
 * it remembers for `metadataTtlMs`, a quarter of an hour if absent. What it has learned, the session too,
 * is in its storage, sealed.
 *
 * ```ts
 * export { OnePasswordObject } from "onepassword-edge/durable-object";
 * ```
 */
export const OnePasswordObject: OnePasswordObjectClass = /* @__PURE__ */ onePasswordObject();

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
