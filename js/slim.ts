/**
 * The client without its wasm module, for programs that load `onepassword-edge/op.wasm` themselves.
 *
 * @module onepassword-edge/slim
 */

import { check } from "./client/check.js";
import { copyOf, SignedIn } from "./client/client.js";
import type { ClientConfig } from "./client/config.js";
import { loadCore } from "./loading/load.js";
import type { WasmSource } from "./loading/wasm_source.js";

export * from "./client/api.js";
export type { Wasm, WasmSource } from "./loading/wasm_source.js";

/** Client options of a program that loads the module itself. */
export interface SlimConfig extends ClientConfig {
  /**
   * `onepassword-edge/op.wasm` of the same version: compiled, as bytes, as the `Response` of a
   * fetch, a promise of one of these, or a function that gives it. Only the first client needs
   * it: a function is not called for the others.
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
    const { wasm, ...options } = copyOf(config);
    check(wasm !== undefined, "wasm must be the module onepassword-edge/op.wasm");
    // If it is not needed, nobody else would see a promise fail.
    if (wasm instanceof Promise) wasm.catch(() => {});
    const client = new Client(options, () => loadCore(wasm));
    await client.start();
    return client;
  }
}
