import { SignedIn, signIn } from "./client.js";
import type { ClientConfig } from "./config.js";
import { loadCore } from "./load.js";
import wasm from "./wasm/op.wasm?module";

export * from "./api.js";

/** As in workerd.ts. Vercel's edge runtime imports modules by this suffix. */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    return new Client(await signIn(config, () => loadCore(wasm), false));
  }
}
