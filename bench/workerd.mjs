// What workerd takes.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Failure } from "../scripts/lib/run.mjs";

/** Linux counts a process's time in hundredths of a second: many requests make one measure. */
const TICK_MS = 10;

/** Milliseconds of processor time of the workerd that this process has started. */
export function workerdCpuMs() {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const path = `/proc/${pid}/stat`;
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const [, name, rest] = /\((.*)\) (.*)/.exec(text) ?? [];
    const [, parent, ...more] = rest?.split(" ") ?? [];
    if (name === "workerd" && Number(parent) === process.pid) {
      return (Number(more[9]) + Number(more[10])) * TICK_MS;
    }
  }
  throw new Failure("workerd does not run.");
}
