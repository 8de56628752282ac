// From nothing to the first secret: `node bench/cold.mjs [--rounds 9]`. Each way in a fresh process, in
// turn, with and without a record that another process has left, at round trips of 0, 20 and 100 ms;
// and in workerd. Writes a section of bench/RESULTS.md.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installPackages } from "../scripts/lib/packages.mjs";
import { ROOT } from "../scripts/lib/paths.mjs";
import { main, run, step } from "../scripts/lib/run.mjs";
import { TOOLS, HERE as TOOLS_FOLDER } from "../tests/runtime/lib/project.mjs";
import { bundleWorker, startWorker } from "../tests/runtime/lib/workers.mjs";
import { digits } from "./figures.mjs";
import { describeMachine } from "./machine.mjs";
import { fetchCounters } from "./meter.mjs";
import { withService } from "./processes.mjs";
import { writeSection } from "./sections.mjs";
import { median, summary } from "./statistics.mjs";
import { workerdCpuMs } from "./workerd.mjs";

const RTTS_MS = [0, 20, 100];
const WAYS = { record: 1, nothing: 8, vendor: 8, "bare 1": 1, "bare 8": 8 };
const ENV = { ...process.env, OP_SERVICE_ACCOUNT_TOKEN: undefined, NODE_OPTIONS: undefined };
const ITEMS = 20;
const REQUESTS = 100;
const MARK = "cold start";

async function once(way, service, store) {
  const before = await fetchCounters(service.counters);
  const given = JSON.stringify({ way, ...service, store });
  const script = join(ROOT, "bench/cold/process.mjs");
  const { stdout } = await run(process.execPath, [script, given], { cwd: ROOT, env: ENV });
  const after = await fetchCounters(service.counters);
  return { ...JSON.parse(stdout), requests: after.requests - before.requests };
}

/** At one round-trip time: `{ way: [measure] }`. */
const inNode = (rttMs, rounds, folder) =>
  withService({ items: ITEMS, rttMs }, async (service) => {
    const store = join(folder, `record-${rttMs}.json`);
    // What leaves the record, and warms the service up.
    await once("record", service, store);
    const found = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
    for (let round = 0; round < rounds; round += 1) {
      const ways = Object.keys(WAYS);
      for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
        found[way].push(await once(way, service, store));
      }
    }
    return found;
  });

/** Processor time of a request in workerd, a hundredth of a second at a time. */
async function inWorkerd(rounds, folder) {
  await installPackages({ folder: TOOLS_FOLDER, name: "runtimes", args: ["--ignore-scripts"] });
  await bundleWorker(join(ROOT, "bench/cold"), folder);
  const found = { first: [], new: [], kept: [] };
  await withService({ items: ITEMS }, async ({ token }) => {
    const options = {
      bindings: { OP_TOKEN: token },
      kvNamespaces: ["STORE"],
      kvPersist: join(folder, "kv"),
    };
    for (let round = 0; round <= rounds; round += 1) {
      const worker = await startWorker(folder, options);
      try {
        const url = await worker.ready;
        const get = async (path) => {
          const answer = await fetch(new URL(path, url));
          if (!answer.ok) throw new Error(`The Worker answered with ${answer.status}.`);
          await answer.text();
        };
        const begin = workerdCpuMs();
        await get("/new");
        const first = workerdCpuMs() - begin;
        for (const path of ["new", "kept"]) {
          const before = workerdCpuMs();
          for (let n = 0; n < REQUESTS; n += 1) await get(`/${path}`);
          found[path].push((workerdCpuMs() - before) / REQUESTS);
        }
        // The first one has left the record.
        if (round > 0) found.first.push(first);
      } finally {
        await worker.dispose();
      }
    }
  });
  const { version } = JSON.parse(readFileSync(join(TOOLS, "workerd/package.json"), "utf8"));
  return { version, ...found };
}

const shown = (numbers) => {
  const { median: middle, least, most } = summary(numbers);
  return `${digits(middle)} (${digits(least)}–${digits(most)})`;
};

const NAMES = {
  record: "ours, with a record",
  nothing: "ours, without",
  vendor: "`@1password/sdk`",
  "bare 1": "Node's `fetch`, one request",
};

function rowsAt(rttMs, found) {
  return Object.entries(NAMES).map(([way, name]) => {
    const of = (what) => found[way].map((one) => one[what]);
    const bare = median(found[`bare ${WAYS[way]}`].map(({ cpuMs }) => cpuMs));
    const net = of("cpuMs").map((cpuMs) => Math.max(cpuMs - bare, 0));
    const isBare = way.startsWith("bare");
    const requests = isBare ? [WAYS[way]] : new Set(of("requests"));
    const cells = [`${rttMs} ms`, name, [...requests].join(", ")];
    const took = [shown(of("wallMs")), shown(of("cpuMs")), isBare ? "" : shown(net)];
    return `| ${[...cells, ...took].join(" | ")} |`;
  });
}

function text(node, workerd) {
  const wall = (way) => median(node[100][way].map(({ wallMs }) => wallMs));
  const net = (way) => {
    const cpuMs = (of) => median(node[20][of].map((one) => one.cpuMs));
    return cpuMs(way) - cpuMs(`bare ${WAYS[way]}`);
  };
  const machine = describeMachine();
  const rows = RTTS_MS.flatMap((rttMs) => rowsAt(rttMs, node[rttMs]));
  return `## From nothing to the first secret

Taken on ${machine.date} with \`node bench/cold.mjs\`, at commit ${machine.commit}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. A fresh process imports the client, signs in or takes what another process has left in a file, and resolves one secret by name. “Net” is without what as many bare requests take in a fresh process of Node. The proxy that makes the round trips knows no TLS.

| round trip | client | requests | time, ms | CPU, ms | CPU net, ms |
| --- | --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}

At 100 ms the vendor's client takes ${digits(wall("vendor") / wall("record"))} times as long as ours with a record, and ${digits(wall("vendor") / wall("nothing"))} times as long as ours without. It was to be 9 times: more than Node itself allows, whose own first request takes a round trip to connect, another one for its answer, and what the last row says besides. Of CPU it was to be a twentieth of what the vendor's client takes, net: it is ${digits(net("vendor") / net("record"))} times less at 20 ms, on a machine where the same run takes half as much again at another time.

In workerd ${workerd.version}, by the processor time of its process, with Workers KV: a request with a client that is kept ${shown(workerd.kept)} ms, with a new client that finds a record ${shown(workerd.new)} ms, both with the KV read, the subrequest and Miniflare's share; the first request of an isolate, which instantiates the module, ${shown(workerd.first)} ms.`;
}

await main(async () => {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-cold-"));
  try {
    const node = {};
    for (const rttMs of RTTS_MS) {
      node[rttMs] = await step(`${rttMs} ms`, () => inNode(rttMs, rounds, folder));
    }
    const workerd = await step("workerd", () => inWorkerd(rounds, folder));
    const section = text(node, workerd);
    console.log(section);
    if (rounds > 3) writeSection(MARK, section);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
