import { SignedIn, signIn } from "./client.js";
import type { ClientConfig } from "./config.js";
import wasm from "./wasm/op.wasm?module";

export * from "./api.js";

/** As in index.ts. Vercel's edge runtime compiles no bytes, and imports modules by this suffix. */
export class Client extends SignedIn {
  static async authenticate(config: ClientConfig): Promise<Client> {
    return new Client(await signIn(config, () => wasm));
  }
}
