// The suites in workerd: one request runs the one that it names.
import { kvStore, upstashStore } from "../../dist/stores.js";
import { runSuite } from "./suite.mjs";

/** KV keeps what it has for a minute at least. */
const kv = ({ STORE }) => runSuite({ make: () => kvStore(STORE), ends: false, prefixes: false });
const upstash = ({ UPSTASH }) =>
  runSuite({ make: (options) => upstashStore({ ...UPSTASH, ...options }) });
const SUITES = { "/kv": kv, "/upstash": upstash };

export default {
  async fetch(request, env) {
    return Response.json(await SUITES[new URL(request.url).pathname](env));
  },
};
