// Bindings that hold references, through a client of the isolate's own and through the object: the
// program of examples/worker-env, and how many requests it makes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvFile } from "../../dist/env.js";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { bundleWorker, startMiniflare, workerIn } from "../runtime/lib/workers.mjs";
import { equal, ok, runTests, startService } from "./kit.mjs";

const EXAMPLE = join(ROOT, "examples/worker-env");
const ITEMS = 5;
const FIELDS = 3;
const BINDINGS = 20;

/** The nth secret: each has a length of its own, which is what the program tells. */
const secretOf = (n) => "ü".repeat(n + 10);
const items = Array.from({ length: ITEMS }, (_, item) => ({
  title: `item ${item}`,
  fields: Array.from({ length: FIELDS }, (_, field) => ({
    title: `field ${field}`,
    value: secretOf(item * FIELDS + field),
  })),
}));
const database = { title: "database", username: "someone", password: "correct-horse" };
const account = { vaults: [{ name: "app", items: [...items, database] }] };
const DISTINCT = ITEMS * FIELDS;
const referenceOf = (n) => `op://app/item ${Math.floor(n / FIELDS)}/field ${n % FIELDS}`;

/** 20 bindings, with 15 references in them, to 5 items. */
const MANY = Object.fromEntries(
  Array.from({ length: BINDINGS }, (_, n) => [`SECRET_${n}`, referenceOf(n % DISTINCT)]),
);
const MANY_LINES = Object.keys(MANY)
  .map((name, n) => `${name} has ${secretOf(n % DISTINCT).length} characters.\n`)
  .sort()
  .join("");

/** What wrangler makes bindings of. */
const devVars = () => {
  const text = readFileSync(join(EXAMPLE, ".dev.vars.example"), "utf8");
  return Object.fromEntries(parseEnvFile(text).map(({ key, value }) => [key, value]));
};

/** The example in an isolate of its own: `read(path)` answers its text and how many requests it took. */
async function startExample(kit, service, bindings) {
  const { emulator, url, token } = service;
  const worker = await startMiniflare({
    ...workerIn(kit.bundle, "index.js"),
    cf: false,
    bindings: { ...bindings, OP_SERVICE_ACCOUNT_TOKEN: token, ALLOWED_HOSTS: new URL(url).origin },
    durableObjects: { OP: { className: "OnePasswordObject", useSQLite: true } },
  });
  kit.defer(() => worker.dispose());
  return async (path) => {
    emulator.clearRequests();
    const answer = await worker.dispatchFetch(new URL(path, "http://worker.example"));
    return { text: await answer.text(), requests: emulator.requests.length };
  };
}

export async function env(kit) {
  const bundle = join(kit.folder, "env");
  await bundleWorker(EXAMPLE, bundle, "src/index.js");
  const start = async (bindings) => {
    const service = await startService(kit, { account });
    return await startExample({ ...kit, bundle }, service, bindings);
  };
  return await runTests({
    "20 bindings take 4 requests to sign in and 4, then 1": async () => {
      const read = await start(MANY);
      for (const requests of [8, 1, 1]) {
        const answer = await read("/");
        equal(answer.text, MANY_LINES);
        equal(answer.requests, requests);
      }
    },
    "through the object 8, then none": async () => {
      const read = await start(MANY);
      for (const requests of [8, 0, 0]) {
        const answer = await read("/object");
        equal(answer.text, MANY_LINES);
        equal(answer.requests, requests);
      }
    },
    "bindings without a reference take none": async () => {
      const read = await start({ PLAIN: "see op://app/item 0/field 0" });
      const answer = await read("/object");
      equal(answer.text, "");
      equal(answer.requests, 0);
    },
    "the .dev.vars that the example comes with": async () => {
      const read = await start(devVars());
      for (const path of ["/", "/object"]) {
        const { text } = await read(path);
        ok(text.includes("DATABASE_PASSWORD has 13 characters.\n"), text);
        ok(text.includes("DATABASE_URL has 47 characters.\n"), text);
        ok(text.includes("SENTRY_DSN has 0 characters.\n"), text);
      }
    },
  });
}
