// One scenario in this process: `node client.mjs '{"client":"ours","scenario":"start","token":…}'`.
// For Deno and Bun as well. Prints the measures as one line of JSON.
import process from "node:process";
import { CLIENTS } from "./clients.mjs";
import { startInside } from "./inside.mjs";
import { fetchCounters, Meter } from "./meter.mjs";
import { SCENARIOS } from "./scenarios.mjs";

const MIB = 2 ** 20;
const KIB_A_MIB = 1024;

const given = JSON.parse(process.argv[2]);

/** Of all threads. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What the process has in memory, now or at its `peak`. */
const memoryMiB = (when) =>
  when === "peak" ? process.resourceUsage().maxRSS / KIB_A_MIB : process.memoryUsage().rss / MIB;

/** The one that was named, or one in this process. */
const service = given.inside
  ? await startInside(given.inside)
  : { token: given.token, readCounters: () => fetchCounters(given.counters) };
const { token, readCounters } = service;
const meter = new Meter({ readCounters, cpuMs, before: given.before });
await SCENARIOS[given.scenario]({ ...given, token, meter, memoryMiB, load: CLIENTS[given.client] });
process.stdout.write(`${JSON.stringify(meter.measures)}\n`);
process.exit();
