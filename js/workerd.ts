import { SignedIn, signIn } from "./client.js";
import type { ClientConfig } from "./config.js";
import wasm from "./wasm/op.wasm";

export * from "./api.js";

/** As in index.ts. Cloudflare Workers compile no bytes, and import a module's file compiled. */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    return new Client(await signIn(config, () => wasm));
  }
}
