// The suite in workerd, which compiles no bytes: the module is imported, compiled.
import * as bare from "./pkg/op.js";
import module from "./pkg/op_bg.wasm";
import { runSuite } from "./suite.mjs";

bare.initSync({ module });

export default {
  async fetch(_request, { OP_TOKEN: token }) {
    return Response.json(await runSuite(bare, { token }));
  },
};
