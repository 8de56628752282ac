// From nothing to the first secret, in this process: `node process.mjs '{"way":"record","token":…}'`.
// Prints what it took as one line of JSON.
import process from "node:process";
import { byName, passwordOf } from "../account.mjs";

const { way, token, store } = JSON.parse(process.argv[2]);
const { signInAddress } = JSON.parse(Buffer.from(token.slice("ops_".length), "base64url"));
const integration = { auth: token, integrationName: "bench", integrationVersion: "1.0.0" };

/** How each way comes by a secret. */
const WAYS = {
  /** Node's own share: its first `fetch`, and so many after it as the clients make. */
  async bare(requests) {
    const url = `${signInAddress}/api/v1/vaults`;
    for (let sent = 0; sent < requests; sent += 1) await (await fetch(url)).text();
    return passwordOf(7);
  },
  async record() {
    const { Client } = await import("../../dist/index.js");
    const { fileStore } = await import("../../dist/node/file_store.js");
    const client = await Client.authenticate({
      ...integration,
      allowedHosts: ["127.0.0.1"],
      store: fileStore(store),
    });
    return client.resolve(byName(7));
  },
  async nothing() {
    const { Client } = await import("../../dist/index.js");
    const client = await Client.authenticate({ ...integration, allowedHosts: ["127.0.0.1"] });
    return client.resolve(byName(7));
  },
  async vendor() {
    const { createClient } = await import("@1password/sdk");
    const client = await createClient(integration);
    return client.secrets.resolve(byName(7));
  },
};

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const [name, requests] = way.split(" ");
const [cpu, start] = [cpuMs(), performance.now()];
if ((await WAYS[name](Number(requests))) !== passwordOf(7)) throw new Error("a wrong secret");
const took = { wallMs: performance.now() - start, cpuMs: cpuMs() - cpu };
process.stdout.write(`${JSON.stringify(took)}\n`);
process.exit();
