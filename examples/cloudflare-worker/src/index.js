// npx wrangler secret put OP_SERVICE_ACCOUNT_TOKEN && npx wrangler deploy
import { waitUntil } from "cloudflare:workers";
import { Client } from "onepassword-edge";
import { kvStore } from "onepassword-edge/stores";

const QUARTER_HOUR_MS = 15 * 60_000;

/** One client for all requests that this isolate serves. */
let client;

export default {
  async fetch(_request, env) {
    // The client is kept, not the promise of one: a request must not wait for another's work.
    client ??= await Client.authenticate({
      auth: env.OP_SERVICE_ACCOUNT_TOKEN,
      integrationName: "example for Workers",
      integrationVersion: "1.0.0",
      // Without this line, only 1Password's own domains.
      allowedHosts: env.ALLOWED_HOSTS?.split(","),
      // All isolates together sign in about once in a quarter of an hour, and read a secret as often.
      store: kvStore(env.STORE),
      share: { secrets: { ttlMs: QUARTER_HOUR_MS } },
      cache: { metadataTtlMs: QUARTER_HOUR_MS },
      waitUntil,
    });
    const password = await client.secrets.resolve(env.SECRET_REFERENCE);
    // A real Worker uses the secret, and shows it to nobody.
    return new Response(`The secret has ${[...password].length} characters.\n`);
  },
};
