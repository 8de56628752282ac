// In workerd: one request runs the suite, the answer is what came out; others share a client.
import * as library from "onepassword-edge";
import * as environment from "onepassword-edge/env";
import { kvStore } from "onepassword-edge/stores";
import { runSuite } from "./suite.mjs";

let shared;

async function resolveShared(auth) {
  shared ??= await library.Client.authenticate({
    auth,
    integrationName: "shared",
    allowedHosts: ["127.0.0.1"],
    integrationVersion: "1",
  });
  return new Response(await shared.resolve("op://app/kinds/all/text"));
}

/** As in an isolate that has just started: answers how the client came by its session. */
async function resolveAnew(auth, namespace) {
  const client = await library.Client.authenticate({
    auth,
    integrationName: "anew",
    allowedHosts: ["127.0.0.1"],
    integrationVersion: "1",
    store: kvStore(namespace),
  });
  await client.resolve("op://app/kinds/all/text");
  const { signIns, resumes } = client.stats();
  return new Response(`${signIns} sign-ins, ${resumes} resumed`);
}

export default {
  async fetch(request, { OP_TOKEN: token, SESSIONS: sessions }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/shared") return resolveShared(token);
    if (pathname === "/anew") return resolveAnew(token, sessions);
    return Response.json(await runSuite({ ...library, ...environment }, { token }));
  },
};
