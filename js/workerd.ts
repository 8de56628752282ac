import { SignedIn } from "./client/client.js";
import type { ClientConfig } from "./client/config.js";
import { loadCoreSync } from "./loading/load.js";
import wasm from "./wasm/op.wasm";

export * from "./client/api.js";

/**
 * As in index.ts. Cloudflare Workers compile no bytes, and import a module's file compiled. They
 * end a request that waits for what another request is doing, so no call waits for another's.
 */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    const client = new Client(config, () => loadCoreSync(wasm), { waitsForOthers: false });
    await client.start();
    return client;
  }
}
