// Fixtures that are tests themselves: what they say of their results is read.
import { Failure } from "../../scripts/lib/run.mjs";
import { link, runTool } from "./tools.mjs";

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
