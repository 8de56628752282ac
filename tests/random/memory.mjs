// What this process and the wasm module hold.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import init from "../../dist/wasm/op.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** Collects all that can be, and measures what is left. */
export async function settledMemory() {
  for (let n = 0; n < 3; n += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return currentMemory();
}

/** In bytes, as it is. A client must have started the module. */
export async function currentMemory() {
  const { rss, heapUsed } = process.memoryUsage();
  // The module is loaded by now, so this gives the one that the clients run in.
  const { memory } = await init();
  return { rss, heapUsed, wasm: memory.buffer.byteLength };
}
