// npx wrangler secret put OP_SERVICE_ACCOUNT_TOKEN && npx wrangler deploy
import { Client } from "onepassword-edge";

let signingIn;

/** One client for all requests that this isolate serves. A sign-in that failed is not kept. */
function signIn(env) {
  signingIn ??= Client.authenticate({
    auth: env.OP_SERVICE_ACCOUNT_TOKEN,
    integrationName: "example for Workers",
    integrationVersion: "1.0.0",
  }).catch((error) => {
    signingIn = undefined;
    throw error;
  });
  return signingIn;
}

export default {
  async fetch(_request, env) {
    const client = await signIn(env);
    const password = await client.secrets.resolve(env.SECRET_REFERENCE);
    // A real Worker uses the secret, and shows it to nobody.
    return new Response(`The secret has ${[...password].length} characters.\n`);
  },
};
