// In workerd: one request runs the suite, the answer is what came out; others share a client.
import * as library from "onepassword-edge";
import { runSuite } from "./suite.mjs";

let shared;

async function resolveShared(auth) {
  shared ??= await library.Client.authenticate({
    auth,
    integrationName: "shared",
    integrationVersion: "1",
  });
  return new Response(await shared.resolve("op://app/kinds/all/text"));
}

export default {
  async fetch(request, { OP_TOKEN: token }) {
    if (new URL(request.url).pathname === "/shared") return resolveShared(token);
    return Response.json(await runSuite(library, { token }));
  },
};
