// The suite in workerd: one request runs it, the answer is what came out.
import * as library from "onepassword-edge";
import { runSuite } from "./suite.mjs";

export default {
  async fetch(_request, { OP_TOKEN: token }) {
    return Response.json(await runSuite(library, { token }));
  },
};
