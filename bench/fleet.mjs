// A simulated fleet: `node bench/fleet.mjs [--most 1000] [--only KV]`. Isolates start and end at random for an hour
// of simulated time, each wants its secrets when it starts and every minute while it lives, and the
// service, the project's emulator, has the quota of a service account in a Teams account. The clients
// are the real ones, each in a module of its own; the vendor's is counted by its pattern, which
// `checkPattern` compares with itself. Requests take no time. Writes a section of bench/RESULTS.md with
// its plot, unless `--most` is given; `--only` takes one way anew; `node bench/fleet/report.mjs` writes them once more.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { createEmulator } from "../dist/emulator/index.js";
import { installPackages } from "../scripts/lib/packages.mjs";
import { ROOT } from "../scripts/lib/paths.mjs";
import { Failure, main, step } from "../scripts/lib/run.mjs";
import { accountOf, byName } from "./account.mjs";
import { WAYS } from "./fleet/ways.mjs";
import { clock, Events, fleetOf } from "./fleet/world.mjs";
import { median } from "./statistics.mjs";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECRETS = 20;
const SIZES = [1, 10, 100, 1_000, 10_000];
const QUOTA = { readsPerHour: 1_000, writesPerHour: 100, requestsPerDay: 5_000 };
const MEAN_LIFE_MS = 5 * MINUTE_MS;
/** A program that was told no asks again after so long. */
const RETRY_MS = MINUTE_MS;
/** A client that signs in by itself takes the emulator so much time that the rest is reckoned. */
const MOST_SIGN_INS = 1_000;

/** The service with its quota, and what was asked of it. */
async function newService() {
  const quota = QUOTA;
  const counts = { reads: 0, signIns: 0, refused: 0 };
  const emulator = await createEmulator({ account: accountOf({ items: SECRETS }), quota });
  const fetch = async (...request) => {
    const path = new URL(request[0]).pathname;
    const response = await emulator.fetch(...request);
    if (path === "/api/v3/auth/start") counts.signIns += 1;
    if (response.status === 429) counts.refused += 1;
    else if (!path.includes("/auth") && !path.includes("/device")) counts.reads += 1;
    // The emulator remembers the last thousand.
    emulator.clearRequests();
    return response;
  };
  const service = { token: emulator.token, fetch, counts };
  // The quota's hour began before: what is refused in the first half is served in the second.
  const client = WAYS["no store"](service).open({ place: 0 });
  await client.read([0]);
  client.close();
  const quotaHour = { sinceMs: clock.nowMs, reads: counts.reads };
  clock.nowMs += HOUR_MS / 2;
  Object.assign(counts, { reads: 0, signIns: 0, refused: 0 });
  /** The same for what is only reckoned. */
  service.countSignIn = () => {
    counts.signIns += 1;
  };
  service.takeRead = () => {
    if (clock.nowMs - quotaHour.sinceMs >= HOUR_MS) {
      Object.assign(quotaHour, { sinceMs: clock.nowMs, reads: 0 });
    }
    const isServed = quotaHour.reads < QUOTA.readsPerHour;
    quotaHour.reads += Number(isServed);
    counts[isServed ? "reads" : "refused"] += 1;
    return isServed;
  };
  return service;
}

/** An hour of a fleet. */
async function simulate(way, isolates, seed = 1) {
  const service = await newService();
  const events = new Events();
  const opened = WAYS[way](service, events);
  const beginMs = clock.nowMs;
  const asks = { onTime: 0, late: 0, never: 0 };
  const lateMs = [];
  const settings = { isolates, seed, hourMs: HOUR_MS, meanLifeMs: MEAN_LIFE_MS, secrets: SECRETS };
  const fleet = fleetOf(settings);
  for (const isolate of fleet) {
    const { startMs, lifeMs, wanted } = isolate;
    const endMs = Math.min(beginMs + startMs + lifeMs, beginMs + HOUR_MS);
    let reader;
    const ask = async (sinceMs) => {
      reader ??= opened.open(isolate);
      const isServed = await reader.read(wanted).catch((error) => {
        if (error.code === "rateLimited") return false;
        throw error;
      });
      const waitedMs = clock.nowMs - sinceMs;
      const againMs = clock.nowMs + (isServed ? MINUTE_MS : RETRY_MS);
      if (isServed && waitedMs === 0) asks.onTime += 1;
      if (isServed && waitedMs > 0) {
        asks.late += 1;
        lateMs.push(waitedMs);
      }
      if (againMs < endMs) return events.at(againMs, () => ask(isServed ? againMs : sinceMs));
      if (!isServed) asks.never += 1;
      reader.close();
    };
    events.at(beginMs + startMs, () => ask(beginMs + startMs));
  }
  await events.run(beginMs + HOUR_MS);
  const total = asks.onTime + asks.late + asks.never;
  return {
    way,
    isolates,
    started: fleet.length,
    ...service.counts,
    asks: total,
    late: asks.late,
    never: asks.never,
    lateMinutes: lateMs.length > 0 ? median(lateMs) / MINUTE_MS : 0,
  };
}

/** The vendor's client itself, as often as its pattern says. */
async function checkPattern() {
  const { createClient } = await import("@1password/sdk");
  const emulator = await createEmulator({ account: accountOf({ items: SECRETS }) });
  const server = await emulator.serve();
  try {
    for (const count of [1, 3]) {
      const [reads, signIns] = [[], []];
      for (let isolate = 0; isolate < count; isolate += 1) {
        emulator.clearRequests();
        const integration = { integrationName: "fleet", integrationVersion: "1" };
        const client = await createClient({ auth: server.token, ...integration });
        signIns.push(emulator.requests.length);
        for (const wanted of [[0], [1, 2], [3, 4, 5, 6]]) {
          emulator.clearRequests();
          await client.secrets.resolveAll(wanted.map(byName));
          reads.push(emulator.requests.length);
        }
      }
      const expected = Array.from({ length: count }, () => [4, 3, 3]).flat();
      if (`${reads}` !== `${expected}` || signIns.some((requests) => requests !== 4)) {
        throw new Failure(`The vendor's client made ${signIns} and ${reads} requests.`);
      }
    }
  } finally {
    await server.close();
  }
}

await main(async () => {
  const { values } = parseArgs({ options: { most: { type: "string" }, only: { type: "string" } } });
  const most = Number(values.most ?? Math.max(...SIZES));
  await checkPattern();
  const results = [];
  const ways = Object.keys(WAYS);
  for (const way of ways.filter((one) => (values.only ?? one) === one)) {
    for (const isolates of SIZES.filter((size) => size <= most)) {
      if (way === "no store" && isolates > MOST_SIGN_INS) continue;
      results.push(await step(`${way}, ${isolates}`, () => simulate(way, isolates)));
      console.log(JSON.stringify(results.at(-1)));
    }
  }
  if (values.most !== undefined) return;
  await installPackages({ folder: join(ROOT, "bench"), name: "bench packages" });
  // Not before what it imports is installed.
  const { RAW, writeFleet } = await import("./fleet/report.mjs");
  mkdirSync(dirname(RAW), { recursive: true });
  const others = values.only ? JSON.parse(readFileSync(RAW, "utf8")) : [];
  const all = [...others.filter(({ way }) => way !== values.only), ...results];
  all.sort((one, other) => ways.indexOf(one.way) - ways.indexOf(other.way));
  writeFileSync(RAW, JSON.stringify(all));
  await writeFleet(all);
});
