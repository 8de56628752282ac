import { SignedIn } from "./client/client.js";
import type { ClientConfig } from "./client/config.js";
import { loadCore } from "./loading/load.js";
import wasm from "./wasm/op.wasm?module";

export * from "./client/api.js";

/** As in workerd.ts. Vercel's edge runtime imports modules by this suffix. */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    const client = new Client(config, () => loadCore(wasm), { waitsForOthers: false });
    await client.start();
    return client;
  }
}
