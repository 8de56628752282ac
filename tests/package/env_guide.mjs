// What docs/environments.md says of Workers, Next.js, Vite and Vitest, run as it stands there.
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { Failure } from "../../scripts/lib/run.mjs";
import { filesUnder } from "../../scripts/lib/stamp.mjs";
import { BLOCKS } from "../env/guide.mjs";
import { passedTests } from "./test_programs.mjs";
import { fixtureFolder, link, runTool, serving } from "./tools.mjs";

/** “pass word” in the service's account. */
const TOLD = "The password has 9 characters.\n";
const DB_URL = "postgres://app:pass word@db.example/app";

/** Lays a file of the guide out, with references to the service's account. */
function layOut({ cwd, token }, name, change = (text) => text) {
  const path = join(cwd, name);
  mkdirSync(dirname(path), { recursive: true });
  const text = BLOCKS.get(name).replaceAll("op://app/database/", "op://app/kinds/");
  writeFileSync(path, change(text.replace("ops_…", token)));
}

async function expectText(address, expected) {
  const answer = await fetch(address);
  const text = await answer.text();
  if (text !== expected) throw new Failure(`${address} answered ${JSON.stringify(text)}.`);
}

/** `wrangler dev` with one of the guide's Workers, which is told where the emulator is. */
async function worker(fixture, name, bindings = {}) {
  layOut(fixture, name);
  layOut(fixture, ".dev.vars");
  const { url } = fixture;
  const start = `globalThis.ONEPASSWORD_EDGE_EMULATOR = ${JSON.stringify(url)};`;
  writeFileSync(
    join(fixture.cwd, "start.js"),
    `${start}\nexport * from "./${name}";\nexport { default } from "./${name}";\n`,
  );
  const config = { name: "guide", main: "start.js", compatibility_date: "2026-04-01", ...bindings };
  writeFileSync(join(fixture.cwd, "wrangler.json"), JSON.stringify(config));
  const args = ["dev", "--local", "--port", "0", "--inspector-port", "0", "--persist-to", "state"];
  await serving("wrangler", args, fixture, (address) => expectText(address, TOLD));
  rmSync(join(fixture.cwd, ".dev.vars"));
}

const OBJECT = {
  durable_objects: { bindings: [{ name: "OP", class_name: "OnePasswordObject" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["OnePasswordObject"] }],
};

/** Checked as TypeScript; run as JavaScript, for which Next.js needs no compiler of its own. */
async function next(fixture) {
  layOut(fixture, "instrumentation.ts");
  link(fixture, "@types/node", "undici-types");
  await runTool("tsc", ["-p", "tsconfig.check.json"], fixture);
  const at = (name) => join(fixture.cwd, name);
  renameSync(at("instrumentation.ts"), at("instrumentation.js"));
  rmSync(at("tsconfig.check.json"));
  copyFileSync(join(fixtureFolder("next"), "next.config.mjs"), at("next.config.mjs"));
  link(fixture, "next", "react", "react-dom");
  await runTool("next", ["build"], fixture);
  const args = ["start", "--port", "0", "--hostname", "127.0.0.1"];
  await serving("next", args, fixture, (address) => expectText(`${address}/api/env`, DB_URL));
}

/** The development server adds the token to what it hands on; what is built knows nothing of it. */
async function vite(fixture) {
  const seen = [];
  const api = createServer(({ headers }, answer) => {
    seen.push(headers.authorization);
    answer.end("from the API");
  });
  await new Promise((resolve) => api.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${api.address().port}`;
    layOut(fixture, ".env.op", (text) => text.replace("http://localhost:8080", url));
    layOut(fixture, "vite.config.js");
    link(fixture, "vite");
    await runTool("vite", ["build"], fixture);
    const built = filesUnder(join(fixture.cwd, "dist")).map((file) => readFileSync(file, "utf8"));
    if (built.length === 0 || built.join().includes("someone")) {
      throw new Failure(`A secret is in the ${built.length} files that Vite built.`);
    }
    const args = ["dev", "--port", "0", "--host", "127.0.0.1"];
    await serving("vite", args, fixture, (address) =>
      expectText(`${address}/api/x`, "from the API"),
    );
  } finally {
    api.close();
    api.closeAllConnections();
  }
  if (seen.join() !== "Bearer someone")
    throw new Failure(`The API was sent ${seen.length} tokens.`);
}

async function vitest(fixture) {
  layOut(fixture, "vitest.config.js");
  link(fixture, "vitest");
  await passedTests("vitest", ["run"], fixture);
}

export async function envGuide(fixture) {
  await worker(fixture, "src/index.js");
  await worker(fixture, "src/object.js", OBJECT);
  layOut(fixture, ".env.op");
  await next(fixture);
  await vite(fixture);
  await vitest(fixture);
  return "Workers, Next.js, Vite, Vitest";
}
