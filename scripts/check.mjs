// What CI checks beside the tests: `npm run check [-- --only NAME[,NAME]] [-- --fix] [-- --accept]`.
import { parseArgs } from "node:util";
import { checkApi } from "./api.mjs";
import { build } from "./build.mjs";
import { OPTIONAL_CHECKS, TOOL_CHECKS } from "./lib/checks.mjs";
import { checkConstantTime } from "./lib/constant_time.mjs";
import { checkInstructions } from "./lib/instructions.mjs";
import { PACKAGE_CHECKS } from "./lib/package-checks.mjs";
import { checkReproducible } from "./lib/reproducible.mjs";
import { Failure, main, seconds } from "./lib/run.mjs";
import { BUILD_TOOLS, CHECK_TOOLS } from "./setup.mjs";

const DEFAULT_CHECKS = {
  ...TOOL_CHECKS,
  ...PACKAGE_CHECKS,
  api: checkApi,
  "constant-time": checkConstantTime,
  instructions: checkInstructions,
  reproducible: checkReproducible,
};
const CHECKS = { ...DEFAULT_CHECKS, ...OPTIONAL_CHECKS };
const NAME_WIDTH = 14;

function chosen(only) {
  if (!only) return Object.keys(DEFAULT_CHECKS);
  const names = only.split(",");
  const unknown = names.filter((name) => !Object.hasOwn(CHECKS, name));
  if (unknown.length === 0) return names;
  throw new Failure(`No check is called ${unknown.join(", ")}: ${Object.keys(CHECKS).join(", ")}.`);
}

/** Runs one check and tells how it went on one line, with the reason below if it failed. */
async function runCheck(name, context) {
  const start = performance.now();
  const tell = (word, note) => {
    const line = `${word.padEnd(5)}${name.padEnd(NAME_WIDTH)} ${seconds(start)} s`;
    console.log(note ? `${line}  ${note}` : line);
  };
  try {
    const note = await CHECKS[name](context);
    tell("ok", typeof note === "string" ? note : "");
    return true;
  } catch (error) {
    tell("FAIL", "");
    console.log(error instanceof Failure ? error.message : error);
    return false;
  }
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      fix: { type: "boolean", default: false },
      accept: { type: "boolean", default: false },
    },
  });
  const names = chosen(values.only);
  const needsDeny = names.includes("deny") || names.includes("advisories");
  const toolchain = await build(needsDeny ? [...BUILD_TOOLS, ...CHECK_TOOLS] : BUILD_TOOLS);
  let failed = 0;
  for (const name of names) {
    if (!(await runCheck(name, { toolchain, ...values }))) failed += 1;
  }
  console.log(`\n${names.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
});
