import type { Resolver } from "../env/resolve.js";
import { withClient } from "./account.js";
import type { Context } from "./command.js";

/** A sign-in that fails is no failure of each reference. */
export const SIGNED_IN = { isSignedIn: true } as const;

/** Signs in when it is asked, with what the command line says. */
export function resolverOf(context: Context): Resolver {
  return {
    secrets: {
      resolveAll: (references) =>
        withClient(context, (client) => client.secrets.resolveAll(references), SIGNED_IN),
    },
  };
}
