// Ours and `@1password/sdk` side by side: `npm run bench [-- --only NAME[,NAME]] [-- --quick]`.
// Measures, and writes bench/RESULTS.md with its plot; `--quick` takes one round of each and writes
// nothing, `--only` writes nothing either. Names are those of the plan, and of the runtimes.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { installPackages } from "../scripts/lib/packages.mjs";
import { ROOT } from "../scripts/lib/paths.mjs";
import { Failure, main, step } from "../scripts/lib/run.mjs";
import { describeMachine } from "./machine.mjs";
import { PLAN } from "./plan.mjs";
import { measureOnce, withService } from "./processes.mjs";
import { RUNTIMES } from "./runtimes.mjs";
import { sizesByOwner } from "./sizes.mjs";
import { summary } from "./statistics.mjs";

const CLIENTS = ["ours", "vendor"];

/** All measures of one entry of the plan: `{ client: { what: [measure] } }`. */
async function measure(key, rounds) {
  const { scenario, service, inside, isCold, isPinned } = PLAN[key];
  const once = (client, round, of) =>
    measureOnce({ given: { ...service, ...of, client, round }, isCold, isPinned });
  if (inside) {
    return inTurns(CLIENTS, rounds, (client, round) => once(client, round, { scenario, inside }));
  }
  const measured = async (address) => {
    // The service is a Node as well, which is slow at first.
    await measureOnce({ given: { ...address, client: "ours", scenario: "warmUp" } });
    return inTurns(scenario === "start" ? [...CLIENTS, "bare"] : CLIENTS, rounds, (client, round) =>
      once(client, round, { ...address, scenario: client === "bare" ? "bare" : scenario }),
    );
  };
  return withService(service, measured, { isPinned });
}

/** Each client once a round. Whoever comes first finds another machine than the second. */
async function inTurns(clients, rounds, once) {
  const found = Object.fromEntries(clients.map((client) => [client, {}]));
  for (let round = 0; round < rounds; round += 1) {
    for (const client of round % 2 === 0 ? clients : clients.toReversed()) {
      for (const one of await once(client, round)) {
        found[client][one.what] ??= [];
        found[client][one.what].push({ ...one, round });
      }
    }
  }
  return found;
}

function tell(key, found) {
  for (const [client, all] of Object.entries(found)) {
    for (const [what, measures] of Object.entries(all)) {
      const shown = ["netMs", "wallMs", "cpuMs", "requests", "value"].flatMap((name) => {
        const numbers = measures.map((one) => one[name]).filter((value) => value !== undefined);
        return numbers.length > 0 ? [`${name} ${summary(numbers).median.toFixed(1)}`] : [];
      });
      const failed = measures.filter((one) => one.failed !== undefined).length;
      if (failed > 0) shown.push(`failed ${failed} times`);
      console.log(`${key.padEnd(14)}${client.padEnd(8)}${what.padEnd(34)}${shown.join(", ")}`);
    }
  }
}

function chosen(only) {
  const all = [...Object.keys(PLAN), ...Object.keys(RUNTIMES)];
  const names = only?.split(",") ?? all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return names;
  throw new Failure(`Nothing is called ${unknown.join(", ")}: ${all.join(", ")}.`);
}

await main(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string" }, quick: { type: "boolean", default: false } },
  });
  const names = chosen(values.only);
  await build();
  await installPackages({ folder: join(ROOT, "bench"), name: "bench packages" });
  const sizes = sizesByOwner();
  const results = { machine: describeMachine(), sizes, plan: {}, runtimes: {} };
  for (const name of names) {
    if (PLAN[name]) {
      const rounds = values.quick ? 1 : PLAN[name].rounds;
      results.plan[name] = await step(name, () => measure(name, rounds));
      tell(name, results.plan[name]);
    } else {
      results.runtimes[name] = await step(name, () => RUNTIMES[name](values.quick ? 1 : 5));
      tell(name, { ours: results.runtimes[name].measures });
    }
  }
  if (values.only !== undefined || values.quick) return;
  // Not before what it imports is installed.
  const { RAW, writeReport } = await import("./report.mjs");
  mkdirSync(dirname(RAW), { recursive: true });
  writeFileSync(RAW, JSON.stringify(results));
  await writeReport(results);
});
