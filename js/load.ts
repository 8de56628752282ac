import { OnePasswordError } from "./errors.js";
import init, { Client } from "./wasm/op.js";

/** The wasm module's own class. */
export type Core = typeof Client;
/** The module, compiled or not, or what will give it. */
export type WasmSource = Wasm | Promise<Wasm>;

type Wasm = WebAssembly.Module | BufferSource | Response;

let loading: Promise<Core> | undefined;

/**
 * Starts the wasm module once, when it is first needed, and shares it between all callers.
 * A failure is not remembered: the next call tries again.
 */
export function loadCore(source: () => WasmSource): Promise<Core> {
  loading ??= instantiate(source).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(source: () => WasmSource): Promise<Core> {
  if (typeof WebAssembly !== "object") {
    throw new OnePasswordError({
      code: "unsupported",
      message: "this runtime has no WebAssembly, which this package is made of",
    });
  }
  try {
    await init({ module_or_path: await source() });
  } catch (cause) {
    throw new OnePasswordError({
      code: "unsupported",
      message:
        "the WebAssembly module could not be compiled: this runtime forbids it (a page's content security policy needs 'wasm-unsafe-eval' in script-src), or what was given is not this package's module; the cause says more",
      cause,
    });
  }
  return Client;
}
