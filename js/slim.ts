import { SignedIn, signIn } from "./client.js";
import { type ClientConfig, check } from "./config.js";
import type { WasmSource } from "./load.js";

export * from "./api.js";
export type { WasmSource } from "./load.js";

/** What a client is made from that brings its own module. */
export interface SlimConfig extends ClientConfig {
  /**
   * `onepassword-edge/op.wasm` of the same version: compiled, as bytes, as the `Response` of a
   * fetch, or a promise of one of these. Looked at once, by the first client.
   */
  readonly wasm: WasmSource;
}

/** The client of the main entry, for programs that load the wasm module themselves. */
export class Client extends SignedIn {
  /**
   * As in the main entry.
   *
   * @throws {OnePasswordError} `unsupported` if `wasm` is not the module.
   */
  static async authenticate(config: SlimConfig): Promise<Client> {
    check(config?.wasm !== undefined, "wasm must be the module onepassword-edge/op.wasm");
    return new Client(await signIn(config, () => config.wasm));
  }
}
