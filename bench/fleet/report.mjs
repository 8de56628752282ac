// The fleet's section of RESULTS.md, and its plot.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { writeSection } from "../sections.mjs";

export const RAW = join(ROOT, "target/bench/fleet.json");

const NAMES = {
  vendor: "`@1password/sdk`",
  "no store": "ours, no store",
  KV: "ours, `kvStore`",
  "KV, secrets": "ours, `kvStore`, secrets for 15 minutes",
  "Redis, secrets": "ours, `redisStore`, secrets for 15 minutes",
  "Durable Object": "ours, the Durable Object, secrets for 5 minutes",
};
const COLOURS = ["#b9bec6", "#8a6d3b", "#d9822b", "#3b7dd8", "#8e44ad", "#0a7d5a"];
const plain = (way) => NAMES[way].replaceAll("`", "");
const count = (number) => number.toLocaleString("en-US");
const percent = (part, of) =>
  of === 0 ? "–" : `${((100 * part) / of).toFixed(1).replace(/\.0$/, "")} %`;

async function drawPlot(results) {
  const values = results.map(({ way, isolates, reads, refused }) => ({
    isolates,
    way: plain(way),
    requests: Math.max(reads + refused, 1),
  }));
  const scale = { type: "log" };
  const { spec } = compile({
    width: 460,
    height: 300,
    layer: [
      {
        data: { values: [{ limit: 1_000 }] },
        mark: { type: "rule", strokeDash: [4, 4], color: "#b00" },
        encoding: { y: { field: "limit", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "line", point: true },
        encoding: {
          x: {
            field: "isolates",
            type: "quantitative",
            scale,
            title: "isolates that start within an hour",
          },
          y: {
            field: "requests",
            type: "quantitative",
            scale,
            title: "requests within that hour; the quota is 1,000",
          },
          color: {
            field: "way",
            type: "nominal",
            title: null,
            scale: { domain: Object.keys(NAMES).map(plain), range: COLOURS },
            legend: { labelLimit: 400 },
          },
        },
      },
    ],
  });
  return `${await new View(parse(spec), { renderer: "none" }).toSVG()}\n`;
}

function rows(results) {
  return results.map(
    ({ way, isolates, reads, signIns, refused, asks, late, never, lateMinutes }) => {
      const lateness = late > 0 ? ` (${lateMinutes.toFixed(0)} min)` : "";
      const cells = [NAMES[way], isolates, reads, signIns, refused].map((cell) =>
        typeof cell === "number" ? count(cell) : cell,
      );
      return `| ${[...cells, `${percent(late, asks)}${lateness}`, percent(never, asks)].join(" | ")} |`;
    },
  );
}

const text = (results) => `## A fleet within one quota

Taken with \`node bench/fleet.mjs\`: an hour of simulated time, in which so many isolates start at random moments, live for five minutes on average, and want between 1 and 20 of the 20 secrets of a vault, all at once, when they start and every minute after that. The service is the emulator with the quota of a service account in a Teams account: 1,000 reads an hour, 5,000 requests a day; its hour began half an hour before, so that what is refused in the first half may be served in the second. The clients are the real ones, each in a module of its own, without the Durable Object's own code and RPC; the vendor's is counted by its pattern (four requests to sign in, one for keys, three for each batch), which is checked against itself. Requests take no time. A program that is refused asks again after a minute. KV is a model of Workers KV: 30 places that keep what they have read for 60 seconds, and one write of a key a second. The Durable Object is one client with that object's options and its alarm, evicted when nobody has asked it for 70 seconds.

![Requests of a fleet within an hour](fleet.svg)

“Refused” are answers with 429. “Late” is the part of the asks that were served after a refusal, with the median of how late; “never”, of those whose isolate ended before.

| | isolates | reads | sign-ins | refused | late | never |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows(results).join("\n")}

Without a store 10,000 isolates were not simulated: what they ask for beyond the first thousand reads is refused as it is for 1,000.

Most of what a fleet of 10,000 reads with KV it reads in its first minute, when the store is empty and no place sees what another has written: 167 isolates start then, with four reads each. From about 15,000 an hour on that alone would use up the quota: fill the store before such a fleet starts, with one client anywhere that resolves the secrets once.

### A million isolates an hour

On paper, from the figures above. 278 isolates start each second, and about 23,000 are alive.

- **\`kvStore\` without secrets**: each isolate makes a request for each time that it asks. No quota of 1Password's is enough; what is spared is the sign-in.
- **\`kvStore\` with secrets**, filled before: all isolates read one key, which KV takes (reads of a hot key are served where they are asked). A write is seen everywhere after a minute, in which 17,000 isolates start; by the random early end about three of them read anew for each \`ttlMs\`, as long as \`ttlMs\` is well above 60 s × ln(278 × 60) = 10 minutes. Below that some read anew as soon as they see a write, and reads grow with the fleet: of a record that is a minute old, at 5 minutes, 278/s × e^(−4) = 5 a second. Writes: about three per secret and \`ttlMs\`; 20 secrets that are read apart, for 15 minutes: 240 an hour, far below one a second. So the limit is freshness: 15 minutes and more.
- **\`redisStore\` with secrets**: a write is seen at once, and \`ttlMs\` may be short. 278 reads a second of a record of a few KB is nothing for Redis. What limits it is the network between isolate and Redis.
- **The Durable Object**: one object takes about a thousand calls a second. Where each isolate asks once a minute, 23,000 isolates are 390 calls a second: one object will do. Where each of their requests asks, it will not: \`localTtlMs\` keeps answers in the isolate, or one object a vault (\`name\`) spreads them; n objects read each secret once each, and sign in n times.`;

/** Draws the plot and writes the section. */
export async function writeFleet(results) {
  writeFileSync(join(ROOT, "bench/fleet.svg"), await drawPlot(results));
  writeSection("fleet", text(results));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await writeFleet(JSON.parse(readFileSync(RAW, "utf8")));
}
