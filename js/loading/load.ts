import { OnePasswordError } from "../client/errors.js";
import init, { Client, initSync } from "../wasm/op.js";
import { causeOf } from "./cause.js";
import type { Wasm, WasmSource } from "./wasm_source.js";

/** The wasm module's own class. */
export type CoreClass = typeof Client;

/** What no other module exports. */
const EXPORT = "client_resolve";

let loading: Promise<WebAssembly.Module> | undefined;

/**
 * Loads the wasm module once, when it is first needed, and shares it between all callers. Starts it
 * unless it runs already: a trap ends it.
 * A failure is not remembered: the next call, and a call that waited for another's, tries its own.
 */
export async function loadCore(source: WasmSource): Promise<CoreClass> {
  await init({ module_or_path: await loaded(source) });
  return Client;
}

async function loaded(source: WasmSource): Promise<WebAssembly.Module> {
  const others = loading;
  if (others !== undefined) {
    const module = await others.catch(() => undefined);
    if (module !== undefined) return module;
  }
  loading ??= load(source).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return await loading;
}

/** The same at once, where a module is imported compiled and nobody may wait for another. */
export function loadCoreSync(module: WebAssembly.Module): CoreClass {
  initSync({ module });
  return Client;
}

async function load(source: WasmSource): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== "object") {
    throw unsupported("this runtime has no WebAssembly, which this package is made of");
  }
  // Looked at before it is started: what fails while it starts would be kept.
  const module = await compile(await bytesOf(source));
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === EXPORT)) {
    throw unsupported(
      "the WebAssembly module is not this package's: take onepassword-edge/op.wasm",
    );
  }
  // Before it is kept: what is of another version does not start.
  await init({ module_or_path: module });
  return module;
}

async function bytesOf(source: WasmSource): Promise<WebAssembly.Module | BufferSource> {
  try {
    const wasm: Wasm = await (typeof source === "function" ? source() : source);
    if (!isAnswer(wasm)) return wasm;
    if (!wasm.ok) throw new Error(`it was answered with HTTP ${wasm.status}`);
    return await wasm.arrayBuffer();
  } catch (cause) {
    throw unsupported("the WebAssembly module could not be had; the cause says why", cause);
  }
}

async function compile(wasm: WebAssembly.Module | BufferSource): Promise<WebAssembly.Module> {
  if (isModule(wasm)) return wasm;
  try {
    return await WebAssembly.compile(wasm);
  } catch (cause) {
    throw unsupported(
      "the WebAssembly module could not be compiled: this runtime forbids it (a page's content security policy needs 'wasm-unsafe-eval' in script-src), or what was given is no module; the cause says more",
      cause,
    );
  }
}

/** Of whichever realm: Next.js hands its edge routes modules of another one. */
function isModule(wasm: WebAssembly.Module | BufferSource): wasm is WebAssembly.Module {
  return tagOf(wasm) === "[object WebAssembly.Module]";
}

/** Not by `in` alone: bytes may inherit an `arrayBuffer` that somebody put on `Object.prototype`. */
function isAnswer(wasm: Wasm): wasm is Response {
  const isBytes = ArrayBuffer.isView(wasm) || /^\[object (Shared)?ArrayBuffer\]$/.test(tagOf(wasm));
  return !isBytes && tagOf(wasm) !== "[object WebAssembly.Module]" && "arrayBuffer" in wasm;
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

function unsupported(message: string, ...thrown: unknown[]): OnePasswordError {
  const [cause] = thrown.map(causeOf);
  return new OnePasswordError({ code: "unsupported", message, cause });
}
