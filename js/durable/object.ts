import { DurableObject } from "cloudflare:workers";
import { Holder } from "./holder.js";
import type { ReadAnswer, ReadRequest } from "./message.js";
import type {
  HeldClient,
  ObjectOptions,
  ObjectStateLike,
  OnePasswordObjectClass,
} from "./types.js";

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
  options: (env: Env) => ObjectOptions | Promise<ObjectOptions> = () => ({}),
): OnePasswordObjectClass {
  // Whatever its prototype has can be called by all who have the binding.
  class OnePasswordObject extends DurableObject {
    readonly #holder: Holder;

    constructor(ctx: ObjectStateLike, env: unknown) {
      super(ctx, env);
      this.#holder = new Holder(ctx, env, () => options(env as Env));
    }

    read(request: ReadRequest): Promise<ReadAnswer> {
      return this.#holder.read(request);
    }

    alarm(): Promise<void> {
      return this.#holder.refresh();
    }
  }
  return OnePasswordObject as unknown as OnePasswordObjectClass;
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
