import { OnePasswordError } from "./errors.js";
import init, { Client } from "./wasm/op.js";
import wasmBase64 from "./wasm/op_inline.js";

let loading: Promise<typeof Client> | undefined;

/**
 * Compiles the wasm module once, when it is first needed, and shares it between all callers.
 * A failure is not remembered: the next call tries again.
 */
export function loadCore(): Promise<typeof Client> {
  loading ??= instantiate().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(): Promise<typeof Client> {
  try {
    await init({ module_or_path: decodeBase64(wasmBase64) });
  } catch (cause) {
    throw new OnePasswordError({
      code: "unsupported",
      message:
        "the WebAssembly module could not be compiled: this runtime has none or forbids it (a page's content security policy needs 'wasm-unsafe-eval' in script-src); the cause says more",
      cause,
    });
  }
  return Client;
}

/** A plain loop: `Uint8Array.from(text, fn)` takes seventeen times as long. */
function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
