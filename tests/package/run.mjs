// Projects that use the packed package: each installs it, builds with it, runs.
//
//   node tests/package/run.mjs [NAME…]
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { installInto, pack } from "../../scripts/lib/pack.mjs";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { Failure, main, seconds } from "../../scripts/lib/run.mjs";
import { FIXTURES } from "./fixtures.mjs";
import { copyFixture, environment, fresh, installTools, withService } from "./tools.mjs";

const FOLDER = join(ROOT, "target/fixtures");
const NAME_WIDTH = 25;

function chosen(only = []) {
  const unknown = only.filter((name) => !Object.hasOwn(FIXTURES, name));
  if (unknown.length > 0) {
    const names = Object.keys(FIXTURES).join(", ");
    throw new Failure(`No fixture is called ${unknown.join(", ")}: ${names}.`);
  }
  return only.length > 0 ? only : Object.keys(FIXTURES);
}

/** The project as its user has it: the package installed, the fixture's files beside it. */
async function layOut(name, tarball) {
  const cwd = join(FOLDER, name);
  await installInto(cwd, tarball);
  copyFixture(name, cwd);
  return cwd;
}

/** Runs one fixture and tells how it went on one line, with the reason below if it failed. */
async function runFixture(name, { tarball, token, url, env }) {
  const start = performance.now();
  const tell = (word, note) =>
    console.log(
      `${word.padEnd(5)}${name.padEnd(NAME_WIDTH)} ${seconds(start)} s  ${note}`.trimEnd(),
    );
  try {
    const cwd = await layOut(name, tarball);
    const note = await FIXTURES[name]({ cwd, env, token, url, tarball: tarball.path });
    tell("ok", note ?? "");
    return true;
  } catch (error) {
    tell("FAIL", "");
    console.log(error instanceof Failure ? error.message : error);
    return false;
  }
}

/** Runs the fixtures of these names, or all; resolves to how many failed. */
export async function runFixtures({ only } = {}) {
  const names = chosen(only);
  await installTools();
  const tarball = await pack(FOLDER);
  return await withService(async (service) => {
    const { token, url } = service;
    const env = environment(fresh(join(FOLDER, "home")), service);
    let failed = 0;
    for (const name of names) {
      if (!(await runFixture(name, { tarball, token, url, env }))) failed += 1;
    }
    console.log(`\n${names.length - failed} passed, ${failed} failed`);
    return failed;
  });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(async () => ((await runFixtures({ only: process.argv.slice(2) })) > 0 ? 1 : 0));
}
