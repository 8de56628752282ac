import { SignedIn } from "./client.js";
import type { ClientConfig } from "./config.js";
import { loadCore } from "./load.js";
import wasm from "./wasm/op.wasm?module";

export * from "./api.js";

/** As in workerd.ts. Vercel's edge runtime imports modules by this suffix. */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    const client = new Client(config, { load: () => loadCore(wasm), waits: false });
    await client.start();
    return client;
  }
}
