// Whether types.ts is in order.
import { TSC } from "../../scripts/build.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { HERE } from "./kit.mjs";

/** The clients' own declarations are not judged here. */
const OPTIONS = "--strict --noEmit --skipLibCheck --module nodenext --target es2022 --types node";

async function types({ signal }) {
  await run(process.execPath, [TSC, ...OPTIONS.split(" "), "types.ts"], { cwd: HERE, signal });
  return { passed: 1, failed: [] };
}

export const TYPES = { types };
