/**
 * The client, with its wasm module carried inside as text. Workers and Vercel's edge runtime get the
 * same names under the same name, with the module imported as such.
 *
 * @module onepassword-edge
 */

import { SignedIn } from "./client/client.js";
import type { ClientConfig } from "./client/config.js";
import { inlinedWasm } from "./loading/inline.js";
import { loadCore } from "./loading/load.js";

export * from "./client/api.js";

/**
 * A client that is signed in. Calls may overlap.
 *
 * ```ts
 * const client = await Client.authenticate({
 *   auth: process.env.OP_SERVICE_ACCOUNT_TOKEN ?? "",
 *   integrationName: "My integration",
 *   integrationVersion: "v1.0.0",
 * });
 * const password = await client.secrets.resolve("op://vault/item/password");
 * ```
 */
export class Client extends SignedIn {
  /**
   * Signs in with a service-account token.
   *
   * @throws {OnePasswordError} `tokenInvalid`, `argumentInvalid` or `hostNotAllowed` before any
   * request; `authenticationFailed` if the service refuses the token; `serverNotTrusted` if
   * the server does not prove that it knows the account; what the network and the service say.
   */
  static async authenticate(config: ClientConfig): Promise<Client> {
    const client = new Client(config, () => loadCore(inlinedWasm));
    await client.start();
    return client;
  }
}
