declare module "*/op.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*/op.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
