import { SignedIn } from "./client.js";
import type { ClientConfig } from "./config.js";
import { loadCoreSync } from "./load.js";
import wasm from "./wasm/op.wasm";

export * from "./api.js";

/**
 * As in index.ts. Cloudflare Workers compile no bytes, and import a module's file compiled. They
 * end a request that waits for what another request is doing, so no call waits for another's.
 */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    const client = new Client(config, { load: () => loadCoreSync(wasm), waits: false });
    await client.start();
    return client;
  }
}
