// cp .dev.vars.example .dev.vars && npx wrangler dev
import { Client } from "onepassword-edge";
import { durableClient, onePasswordObject } from "onepassword-edge/durable-object";
import { resolveEnv } from "onepassword-edge/env";

/** One client for all requests that this isolate serves. */
let client;

/** One client for all isolates: signs in once, and remembers secrets for five minutes. */
export const OnePasswordObject = onePasswordObject((env) => ({ allowedHosts: hostsIn(env) }));

export default {
  async fetch(request, env) {
    const isObject = new URL(request.url).pathname === "/object";
    // Use one of the two: both read all references of the bindings in one batch.
    const secrets = await resolveEnv(env, {
      client: isObject ? durableClient(env.OP) : await ownClient(env),
      optional: { SENTRY_DSN: "" },
    });
    return new Response(describe(env, secrets));
  },
};

async function ownClient(env) {
  // The client is kept, not the promise of one: a request must not wait for another's work.
  client ??= await Client.authenticate({
    auth: env.OP_SERVICE_ACCOUNT_TOKEN,
    integrationName: "example for Worker bindings",
    integrationVersion: "1.0.0",
    allowedHosts: hostsIn(env),
  });
  return client;
}

/** Without the variable, only 1Password's own domains. */
const hostsIn = (env) => env.ALLOWED_HOSTS?.split(",");

/** A real Worker uses its secrets, and shows them to nobody. */
function describe(env, secrets) {
  const lines = Object.keys(env)
    .filter((name) => secrets[name] !== env[name])
    .map((name) => `${name} has ${[...secrets[name]].length} characters.\n`);
  return lines.sort().join("");
}
