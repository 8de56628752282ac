// What page and worker run, as the address asks for it: `token`, and `slim`, `relay`, or `code` and
// `says` of the error that has to come. Addresses are relative: an import map stands in the page,
// where a strict policy forbids it.
import { runRefusal, runSuite } from "./suite.mjs";

const DIST = "./node_modules/onepassword-edge/dist";

export async function run(asked) {
  const [token, relay, code] = ["token", "relay", "code"].map((name) => asked.get(name));
  const slim = asked.has("slim");
  const entries = [slim ? "slim" : "index", "env"].map((name) => import(`${DIST}/${name}.js`));
  const [client, environment] = await Promise.all(entries);
  const library = { ...client, ...environment };
  const more = { ...(slim && { wasm: fetch(`${DIST}/wasm/op.wasm`) }), ...(relay && { relay }) };
  if (code === null) return runSuite(library, { token }, more);
  return runRefusal(library, { token }, { code, says: asked.get("says") ?? "" });
}
