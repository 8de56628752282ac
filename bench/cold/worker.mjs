// In workerd: `/new` resolves with a client of its own, as an isolate does that has just started, with
// what it finds in the store; `/kept` with one that it keeps.

import { kvStore } from "../../dist/stores.js";
import { Client } from "../../dist/workerd.js";
import { byName, passwordOf } from "../account.mjs";

let kept;

export default {
  async fetch(request, { OP_TOKEN: auth, STORE: namespace }) {
    const options = {
      auth,
      integrationName: "bench",
      integrationVersion: "1.0.0",
      allowedHosts: ["127.0.0.1"],
      store: kvStore(namespace),
    };
    const { pathname } = new URL(request.url);
    if (pathname === "/new" || kept === undefined) kept = await Client.authenticate(options);
    const isRight = (await kept.resolve(byName(7))) === passwordOf(7);
    return new Response(isRight ? "right" : "wrong", { status: isRight ? 200 : 500 });
  },
};
