/** The module, compiled or not, or the answer that holds it. */
export type Wasm = WebAssembly.Module | BufferSource | Response;

/** One of these, a promise of one, or a function that gives it when it is needed. */
export type WasmSource = Wasm | Promise<Wasm> | (() => Wasm | Promise<Wasm>);
