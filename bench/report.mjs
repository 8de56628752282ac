// bench/RESULTS.md and its plot, out of the measures of one run. By itself it writes them once more
// from target/bench/results.json: `node bench/report.mjs`.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../scripts/lib/paths.mjs";
import { digits, ratios, read, shown, shownRatio } from "./figures.mjs";
import { drawPlot } from "./plot.mjs";
import { CAN_PIN } from "./processes.mjs";
import { withSections } from "./sections.mjs";
import { median } from "./statistics.mjs";
import { judge } from "./targets.mjs";

export const RAW = join(ROOT, "target/bench/results.json");
const FOLDER = join(ROOT, "bench");
const KIB = 1024;
const MIB = 2 ** 20;
/** How many parts of the module are named. */
const PARTS = 24;

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) =>
  [row(head), row(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(row)].join(
    "\n",
  );

/** One kind of number of both clients, and theirs over ours. */
const pair = (found, what, kind) => [
  shown(read(found, "ours", what, kind)),
  shown(read(found, "vendor", what, kind)),
  shownRatio(ratios(found, what, kind)),
];

/** How many requests, and KiB both ways. */
function traffic(found, client, what) {
  const requests = read(found, client, what, "requests");
  if (requests === undefined) return "–";
  const done = found[client][what].filter((one) => one.failed === undefined);
  const bytes = median(done.map((one) => one.sent + one.received));
  return `${digits(requests.median)}, ${digits(bytes / KIB)}`;
}

/** What a client failed at, how often, and what it said. */
function failures(found, steps) {
  return steps.flatMap(([title, what]) =>
    ["ours", "vendor"].flatMap((client) => {
      const measures = found[client]?.[what] ?? [];
      const failed = measures.filter((one) => one.failed !== undefined);
      if (failed.length === 0) return [];
      const name = client === "vendor" ? "the SDK" : "ours";
      const times = `${failed.length} of ${measures.length} rounds`;
      return [
        `\n\n${title}: ${name} failed in ${times}, which do not count: “${failed[0].failed}”.`,
      ];
    }),
  );
}

/** Time, requests and bytes of steps, of both clients. `steps`: what it is called, and its key. */
function sideBySide(found, steps) {
  const rows = steps.map(([title, what]) => [
    title,
    ...pair(found, what, "cpuMs"),
    ...pair(found, what, "wallMs"),
    traffic(found, "ours", what),
    traffic(found, "vendor", what),
  ]);
  const head = ["", "CPU, ms", "SDK", "ratio", "time, ms", "SDK", "ratio", "requests, KiB", "SDK"];
  return [table(head, rows), ...failures(found, steps)].join("");
}

/** The same without HTTP and without what the service takes. */
function netOf(found, steps) {
  const rows = steps.map(([title, what]) => [title, ...pair(found, what, "netMs")]);
  return table(["", "ms", "SDK", "ratio"], rows);
}

const START = [
  ["import to signed in, fresh process", "import to signed in"],
  ["first secret after that", "first secret"],
  ["sign-in, warm", "sign-in, warm"],
  ["resolve by name, warm", "byName"],
  ["resolve by id, warm", "byId"],
];
const MANY = [1, 20, 500].flatMap((count) => [
  [`\`resolve\` × ${count} at once, by name`, `${count} by name`],
  [`\`resolve\` × ${count} at once, by id`, `${count} by id`],
  [`\`resolveAll\` of ${count}, by name`, `resolveAll of ${count}`],
]);
const LARGE = [
  ["first by name, signed in", "first byName"],
  ["the same, warm", "first byName, warm"],
  ["the next ones by name", "next byName"],
  ["first by id, signed in", "first byId"],
  ["the next ones by id", "next byId"],
  ["`items.list`, warm", "list, warm"],
  ["`items.get` by id, warm", "items.get"],
];
const NETWORK = [
  ["import to first secret", "import to first secret"],
  ["next secret", "next secret"],
  ["20 at once", "20 by name"],
];

function memory(plan) {
  const of = (client) => read(plan.start, client, "memory", "value");
  const names = { bare: "Node after a few requests, no client", ours: "ours", vendor: "SDK" };
  const rows = Object.entries(names).map(([client, name]) => [name, shown(of(client))]);
  return table(["resident memory with one client, MiB", ""], rows);
}

function files(plan) {
  const rows = [1, 40].map((size) => {
    const found = plan[`file ${size}`];
    const of = (client, what, kind) => shown(read(found, client, what, kind));
    const grown = "memory for the file";
    return [
      `${size} MB`,
      of("ours", "file", "cpuMs"),
      of("vendor", "file", "cpuMs"),
      of("ours", "file", "wallMs"),
      of("vendor", "file", "wallMs"),
      of("ours", grown, "value"),
      of("vendor", grown, "value"),
    ];
  });
  const head = ["a file", "CPU, ms", "SDK", "time, ms", "SDK", "peak memory grows, MiB", "SDK"];
  return table(head, rows);
}

function throughput(found) {
  const rows = [1, 50].map((count) => {
    const what = `secrets a second, ${count} at once`;
    const [ours, theirs] = ["ours", "vendor"].map((client) => read(found, client, what, "value"));
    return [
      `${count} at once`,
      shown(ours),
      shown(theirs),
      `${digits(ours.median / theirs.median)}×`,
    ];
  });
  const cores = CAN_PIN ? "client on one core" : "client on any core";
  return table([`secrets a second, ${cores}`, "ours", "SDK", "ratio"], rows);
}

function runtimes(all) {
  const rows = Object.entries(all).map(([name, { version, measures }]) => {
    const of = (what, kind) => shown(read({ ours: measures }, "ours", what, kind));
    return [
      `${name} ${version}`,
      ...["import to signed in", "sign-in, warm", "byName"].flatMap((what) => [
        of(what, "cpuMs"),
        of(what, "wallMs"),
      ]),
      of("memory", "value"),
    ];
  });
  const head = ["ours alone", "cold start, CPU ms", "time", "sign-in, CPU ms", "time"];
  return table([...head, "by name, CPU ms", "time", "memory, MiB"], rows);
}

/** The largest parts of the module, and the rest as one. */
function parts(sizes) {
  const shownSizes = sizes.slice(0, PARTS);
  const rest = sizes.slice(PARTS).reduce((sum, [, bytes]) => sum + bytes, 0);
  const rows = [...shownSizes, [`${sizes.length - PARTS} more`, rest]];
  return table(
    ["of the module", "KiB"],
    rows.map(([name, bytes]) => [`\`${name}\``, digits(bytes / KIB)]),
  );
}

function text({ machine, sizes, plan, runtimes: others }) {
  const size = ({ bytes, zipped }) =>
    `${digits(bytes / MIB)} MiB, gzipped ${digits(zipped / KIB)} KiB`;
  return `# Side by side with \`@1password/sdk\` ${machine.vendorVersion}

Taken on ${machine.date} with \`npm run bench\`, at commit ${machine.commit}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}. Ours is ${machine.version}.

Each round is a fresh process of each client, in turn; the service is the project's emulator. Numbers are medians, with the least and the most in brackets; “SDK” is the vendor's client, and a ratio is its number over ours, taken round by round: above 1 is in our favour. The machine is shared and noisy: look at ratios, not at milliseconds.

![Processor time beside the vendor's SDK](plot.svg)

## What was to be reached

${table(["", "at least", "measured", ""], judge(plan, machine))}

Ratios of this table are those of the next one. What they look like with HTTP, stands below it.

## What the clients themselves take

The service is in the client's process, in the place of \`fetch\`: the client stands still while it answers, and the time of that is taken off. There is no HTTP, and nothing of a client's work hides behind a request.

Ours remembers names of vaults and items for five minutes, never secrets: what is asked for by name after the first time takes one request, and the SDK's takes three. That is part of what is compared, also where secrets a second are counted; the rows by id compare without it.

${netOf(plan.inside, START)}

A vault of 1,000 items:

${netOf(plan["inside 1000"], LARGE)}

And of 10,000:

${netOf(plan["inside 10000"], LARGE)}

## Over HTTP, one at a time, a vault of 20 items

From here on the service has a process of its own, over HTTP on loopback. “CPU” is the processor time of the client's process, of all its threads, with Node's own HTTP; “time” is what a caller waits, with the service's own work.

${sideBySide(plan.start, START)}

What four bare requests take: ${shown(read(plan.start, "bare", "import to signed in", "cpuMs"))} ms of CPU in a fresh process, ${shown(read(plan.start, "bare", "sign-in, warm", "cpuMs"))} in a warm one.

${memory(plan)}

## Many, a vault of 500 items

${sideBySide(plan.many, MANY)}

${throughput(plan.throughput)}

## A vault of 1,000 items

${sideBySide(plan["large 1000"], LARGE)}

## A vault of 10,000 items

${sideBySide(plan["large 10000"], LARGE)}

## Across a network

${[0, 20, 100].map((ms) => `Round trips of ${ms} ms:\n\n${sideBySide(plan[`network ${ms}`], NETWORK)}`).join("\n\n")}

The proxy that makes them knows no TLS, which takes one or two more for each connection.

## Files

${files(plan)}

## Other runtimes

${runtimes(others)}

The SDK is made for Node and was not tried here. Chromium does not tell a page what it takes, and workerd not what it holds. A cold start of workerd counts from before there is a workerd, with what Miniflare takes to start one; its CPU is told in hundredths of a second.

## Sizes

The wasm module: ours ${size(machine.wasm)}; the vendor's ${size(machine.vendorWasm)}.

${parts(sizes)}

By crate, before compression; what is generic counts where it is defined, and \`onepassword_edge\` by its modules. [docs/performance.md](../docs/performance.md) says what each feature costs, and what was found on the way.
`;
}

/** Writes both beside this file. */
export async function writeReport(results) {
  writeFileSync(join(FOLDER, "plot.svg"), await drawPlot(results.plan));
  writeFileSync(join(FOLDER, "RESULTS.md"), withSections(text(results)));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await writeReport(JSON.parse(readFileSync(RAW, "utf8")));
}
