// The command: `node bench/command.mjs [--rounds 20]`. Fresh processes in turn, against the emulator in
// another one: Node by itself, Node with eight requests of its own, and the command; then how fast
// secrets are masked. Writes a section of bench/RESULTS.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createMasker } from "../dist/env.js";
import { Client } from "../dist/index.js";
import { ROOT } from "../scripts/lib/paths.mjs";
import { main, run, step } from "../scripts/lib/run.mjs";
import { byName } from "./account.mjs";
import { digits } from "./figures.mjs";
import { describeMachine } from "./machine.mjs";
import { withService } from "./processes.mjs";
import { writeSection } from "./sections.mjs";
import { median, summary } from "./statistics.mjs";

const ITEMS = 20;
const MARK = "the command";
const MB = 1_000_000;
const MASKED_BYTES = 32 * MB;
const CHUNK_BYTES = 65_536;

/** What each process does: its arguments after `node`, and its environment's variables. */
function ways(folder, { token }) {
  const command = join(ROOT, "dist/cli.js");
  const template = join(folder, "template");
  writeFileSync(template, Array.from({ length: ITEMS }, (_, n) => `{{ ${byName(n)} }}`).join("\n"));
  const bare = JSON.stringify({ way: "bare 8", token });
  const all = Object.fromEntries(
    Array.from({ length: ITEMS }, (_, n) => [`SECRET_${n}`, byName(n)]),
  );
  return {
    "`node -e 0`": { args: ["-e", "0"] },
    "`node -e 0`, twice, one from the other": {
      args: ["-e", "require('child_process').spawnSync(process.execPath, ['-e', '0'])"],
    },
    "Node, and eight bare requests": { args: [join(ROOT, "bench/cold/process.mjs"), bare] },
    "`--version`": { args: [command, "--version"] },
    "`read`": { args: [command, "read", byName(7)] },
    "`inject`, 20 secrets": { args: [command, "inject", "-i", template] },
    "`run -- node -e 0`, 20 secrets": {
      args: [command, "run", "--", process.execPath, "-e", "0"],
      env: all,
    },
  };
}

async function processes(rounds, folder) {
  return await withService({ items: ITEMS }, async (service) => {
    const all = Object.entries(ways(folder, service));
    const found = Object.fromEntries(all.map(([name]) => [name, []]));
    const env = {
      ...process.env,
      NODE_OPTIONS: undefined,
      OP_SERVICE_ACCOUNT_TOKEN: service.token,
      ONEPASSWORD_EDGE_EMULATOR: addressOf(service.token),
    };
    const once = async ({ args, env: more }) => {
      const start = performance.now();
      await run(process.execPath, args, { cwd: ROOT, env: { ...env, ...more } });
      return performance.now() - start;
    };
    // The service is a Node as well, which is slow at first.
    for (const [, way] of all) await once(way);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, way] of round % 2 === 0 ? all : all.toReversed()) {
        found[name].push(await once(way));
      }
    }
    return { found, requestsMs: await requests(service, rounds) };
  });
}

const addressOf = (token) =>
  JSON.parse(Buffer.from(token.slice("ops_".length), "base64url")).signInAddress;

/** How long the eight requests take, the service's work included, in a process that is warm. */
async function requests({ token }, rounds) {
  const sums = [];
  for (let round = 0; round < rounds; round += 1) {
    let ms = 0;
    const client = await Client.authenticate({
      auth: token,
      allowedHosts: ["127.0.0.1"],
      integrationName: "bench",
      integrationVersion: "1.0.0",
      onEvent: (event) => {
        if (event.type === "request") ms += event.ms;
      },
    });
    await client.resolve(byName(7));
    client.close();
    sums.push(ms);
  }
  return median(sums);
}

/** Of 20 secrets, one in each kilobyte. */
function maskingMbPerSecond() {
  const secrets = Array.from({ length: 20 }, (_, n) => `secret-${n}-${"x7k2m9".repeat(4)}`);
  const lines = secrets.map((secret) => `${"some text of a log, ".repeat(50)}${secret}\n`).join("");
  const text = Buffer.from(lines.repeat(Math.ceil(MASKED_BYTES / lines.length)));
  const masker = createMasker(secrets);
  const start = performance.now();
  for (let at = 0; at < text.length; at += CHUNK_BYTES) {
    masker.write(text.subarray(at, at + CHUNK_BYTES));
  }
  masker.end();
  return text.length / MB / ((performance.now() - start) / 1000);
}

const shown = (numbers) => {
  const { median: middle, least, most } = summary(numbers);
  return `${digits(middle)} (${digits(least)}–${digits(most)})`;
};

function text({ found, requestsMs }, masking) {
  const machine = describeMachine();
  const rows = Object.entries(found).map(([name, all]) => `| ${name} | ${shown(all)} |`);
  const start = median(found["`node -e 0`"]);
  const read = median(found["`read`"]);
  const toBare = (read / median(found["Node, and eight bare requests"])).toFixed(2);
  const toWarm = (read / (start + requestsMs)).toFixed(2);
  return `## The command

Taken on ${machine.date} with \`node bench/command.mjs\`, at commit ${machine.commit}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. From the start of a process to its end, with the emulator in another one.

| process | time, ms |
| --- | ---: |
${rows.join("\n")}

\`read\` takes ${toBare} times as long as a process of Node that makes eight requests by itself, without the service's work for a sign-in; it was to be 1.3 times at most. Its eight requests take ${digits(requestsMs)} ms in a process that is warm, the service's work included: it takes ${toWarm} times as long as Node's start and these.

With 20 secrets to find, one in each kilobyte, ${shown(masking)} MB are masked a second.`;
}

await main(async () => {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-command-"));
  try {
    const measured = await step("processes", () => processes(rounds, folder));
    const masking = Array.from({ length: 9 }, maskingMbPerSecond);
    const section = text(measured, masking);
    console.log(section);
    if (rounds > 3) writeSection(MARK, section);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
