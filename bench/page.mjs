// One scenario in a page, as the address asks for it. The driver waits for `outcome`.
import { ours } from "./clients.mjs";
import { fetchCounters, Meter } from "./meter.mjs";
import { SCENARIOS } from "./scenarios.mjs";

const given = JSON.parse(new URL(location.href).searchParams.get("given"));
// A page is not told what it takes.
const cpuMs = () => undefined;
const readCounters = () => fetchCounters(given.counters);
const meter = new Meter({ readCounters, cpuMs, before: given.before });
const load = async () => ours(await import("../dist/index.js"));
const memoryMiB = () => undefined;
globalThis.outcome = SCENARIOS[given.scenario]({ ...given, meter, memoryMiB, load }).then(
  () => meter.measures,
);
