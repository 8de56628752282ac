// What must hold of the bare module wherever JavaScript runs: knows no runtime, is given the module,
// started, and a service. `checks.mjs` is that of tests/runtime.
import { checkCalls } from "./calls.mjs";
import { checks, equal } from "./checks.mjs";
import { checkErrors } from "./errors.mjs";
import { kitOf } from "./kit.mjs";
import { checkOptions } from "./options.mjs";
import { checkReads } from "./reads.mjs";
import { checkReferences } from "./references.mjs";
import { checkSignIn } from "./sign_in.mjs";
import { watchUncaught } from "./uncaught.mjs";
import { checkWatching } from "./watching.mjs";

const SUBJECTS = [
  checkSignIn,
  checkReferences,
  checkCalls,
  checkOptions,
  checkReads,
  checkWatching,
  checkErrors,
];

/** What is written to the console until `restore()`. */
function watchConsole() {
  const written = [];
  const names = ["log", "info", "warn", "error", "debug"];
  const own = names.map((name) => console[name]);
  for (const name of names) console[name] = (...words) => written.push(words.join(" "));
  const restore = () =>
    Object.assign(console, Object.fromEntries(names.map((n, i) => [n, own[i]])));
  return { written, restore };
}

/**
 * Runs all of it, one check after the other, and resolves to `{ passed, failed: ["name: why"] }`.
 * `more` are subjects of this runtime's own.
 */
export async function runSuite(bare, { token }, more = []) {
  const { results, check } = checks();
  const kit = kitOf(bare, token);
  const uncaught = watchUncaught();
  const { written, restore } = watchConsole();
  try {
    for (const checkSubject of [...SUBJECTS, ...more]) await checkSubject(check, kit);
  } finally {
    restore();
  }
  await check("nothing is written to the console", () => equal(written.join(), "", "written"));
  await check("no promise is left rejected, nothing is thrown where nobody catches", async () => {
    equal((await uncaught.end()).join(), "", "uncaught");
  });
  return results;
}
