// This package alone in the other runtimes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../scripts/lib/lock.mjs";
import { installPackages } from "../scripts/lib/packages.mjs";
import { CACHE, ROOT } from "../scripts/lib/paths.mjs";
import { ask, Failure } from "../scripts/lib/run.mjs";
import { findBrowsers, LAUNCH, PROGRAMS } from "../tests/runtime/lib/browsers.mjs";
import { withLimit } from "../tests/runtime/lib/limit.mjs";
import { TOOLS, HERE as TOOLS_FOLDER } from "../tests/runtime/lib/project.mjs";
import { serveSite } from "../tests/runtime/lib/site.mjs";
import { bundleWorker, startWorker } from "../tests/runtime/lib/workers.mjs";
import { fetchCounters } from "./meter.mjs";
import { measureOnce, withService } from "./processes.mjs";
import { workerdCpuMs } from "./workerd.mjs";

const SERVICE = { items: 20 };
const LIMIT_SECONDS = 120;
const SIGN_INS = 20;
const SECRETS = 200;

const install = () =>
  withLock(CACHE, () =>
    installPackages({ folder: TOOLS_FOLDER, name: "runtimes", args: ["--ignore-scripts"] }),
  );

function collect(measures, more) {
  for (const one of more) {
    measures[one.what] ??= [];
    measures[one.what].push(one);
  }
}

/** A runtime that is a program which runs client.mjs. */
function program(path, args) {
  return async (rounds) => {
    await install();
    const command = [join(TOOLS, path), ...args];
    const measures = {};
    await withService(SERVICE, async (service) => {
      const given = { ...SERVICE, ...service, client: "ours", scenario: "start" };
      for (let round = 0; round < rounds; round += 1) {
        collect(measures, await measureOnce({ given, isCold: true, command }));
      }
    });
    const version = /\d+\.\d+\.\d+/.exec(ask(command[0], ["--version"]) ?? "")?.[0];
    return { version, measures };
  };
}

async function chromium(rounds) {
  await install();
  const missing = await findBrowsers(["chromium"]);
  if (missing.length > 0) throw new Failure("There is no Chromium here.");
  const measures = {};
  let version;
  await withService(SERVICE, async (service) => {
    for (let round = 0; round < rounds; round += 1) {
      await withLimit(LIMIT_SECONDS, async ({ defer }) => {
        const site = await serveSite({ project: ROOT, defer }, () => "");
        const browser = await LAUNCH.chromium(PROGRAMS.chromium);
        defer(() => browser.close());
        version = /\d+(\.\d+)+/.exec(await browser.version())?.[0];
        const before = await fetchCounters(service.counters);
        const given = { ...SERVICE, ...service, scenario: "start", before };
        const page = await browser.newPage();
        await page.goto(
          `${site}/bench/page.html?${new URLSearchParams({ given: JSON.stringify(given) })}`,
        );
        collect(measures, await page.evaluate(() => globalThis.outcome));
      });
    }
  });
  return { version, measures };
}

async function workerd(rounds) {
  await install();
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-bench-"));
  const measures = {};
  try {
    await bundleWorker(join(ROOT, "bench"), folder);
    await withService(SERVICE, async ({ token }) => {
      for (let round = 0; round < rounds; round += 1) {
        const start = performance.now();
        const worker = await startWorker(folder, { bindings: { OP_TOKEN: token } });
        try {
          collect(measures, await measureWorker(await worker.ready, start));
        } finally {
          await worker.dispose();
        }
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { version } = JSON.parse(readFileSync(join(TOOLS, "workerd/package.json"), "utf8"));
  return { version, measures };
}

/**
 * Requests of each kind, one after the other, and what they took workerd. The first sign-in counts
 * from `startMs`, when workerd was not yet there.
 */
async function measureWorker(url, startMs) {
  const measures = [];
  const step = async (what, count, pathOf, [cpu, start] = [workerdCpuMs(), performance.now()]) => {
    for (let n = 0; n < count; n += 1) {
      const answer = await fetch(new URL(pathOf(n), url));
      if (!answer.ok) throw new Failure(`The Worker answered with ${answer.status}.`);
      await answer.text();
    }
    const wallMs = (performance.now() - start) / count;
    measures.push({ what, wallMs, cpuMs: (workerdCpuMs() - cpu) / count });
  };
  await step("import to signed in", 1, () => "/sign-in", [0, startMs]);
  await step("sign-in, warm", SIGN_INS, () => "/sign-in");
  await step("byName", SECRETS, (n) => `/secret?n=${n % SERVICE.items}`);
  return measures;
}

export const RUNTIMES = {
  deno: program("deno/deno", ["run", "--quiet", "--allow-all"]),
  bun: program("bun/bin/bun", []),
  chromium,
  workerd,
};
