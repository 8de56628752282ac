// The suite in a page or its worker, which tests/runtime's page.mjs asks for.
import init, * as bare from "./pkg/op.js";
import { startsOf } from "./starts.mjs";
import { runSuite } from "./suite.mjs";

export async function run(asked) {
  await init();
  const response = await fetch(new URL("./pkg/op_bg.wasm", import.meta.url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  return runSuite(bare, { token: asked.get("token") }, [startsOf(bytes)]);
}
