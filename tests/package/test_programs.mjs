// Fixtures that are tests themselves: what they say of their results is read.
import { existsSync } from "node:fs";
import { Failure, skipped } from "../../scripts/lib/run.mjs";
import { link, runTool, toolFile } from "./tools.mjs";

/** How Node's TAP, Jest and Vitest say how many tests have passed. */
const PASSED = /^# pass (\d+)|^ *Tests\b.*?(\d+) passed/m;

/** Tests that fake timers, run by this framework. */
export function fakeTimers(framework, ...args) {
  return async (fixture) => {
    if (framework !== "node") link(fixture, framework);
    const { all } = await runTool(framework, args, fixture);
    const [, tap, sum] = PASSED.exec(all) ?? [];
    const passed = Number(tap ?? sum ?? 0);
    if (passed === 0) throw new Failure(`${all}\nNo test has passed.`);
    return `${passed} tests`;
  };
}

/** Installed on Linux on x64 alone. */
const NEWER_NODE = toolFile("node24/bin/node");

export async function fetchMatrix(fixture) {
  link(fixture, "msw2", "msw3", "node-fetch", "undici6", "undici7", "undici8");
  const env = { ...fixture.env, NEWER_NODE: existsSync(NEWER_NODE) ? NEWER_NODE : "" };
  const { stdout } = await runTool("node", ["main.mjs"], { ...fixture, env });
  const sum = stdout.trim().split("\n").at(-1);
  if (sum.includes("skipped")) skipped("some rows need a newer Node", "Run it with one");
  return sum;
}
