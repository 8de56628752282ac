// Workers in workerd, and the service that they read.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEmulator } from "../../dist/emulator/index.js";
import { bundleWorker, startMiniflare, workerIn } from "../runtime/lib/workers.mjs";

export const HERE = fileURLToPath(new URL(".", import.meta.url));

const secrets = (count) =>
  Array.from({ length: count }, (_, n) => ({ title: `item ${n}`, password: `pw ${n}` }));

const wire = (k, n, v, more) => ({ k, n, t: n, v, ...more });

export const ACCOUNT = {
  vaults: [
    {
      name: "app",
      items: [
        {
          title: "database",
          username: "app",
          password: "correct-horse",
          sections: [{ title: "replica", fields: { password: "second", host: "db.example" } }],
        },
        {
          title: "login",
          fields: [{ title: "code", kind: "otp", value: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
        },
        {
          title: "files",
          files: [
            { name: "read.me", content: "of a file" },
            { name: "bytes.bin", content: Uint8Array.of(0, 255, 128, 7) },
          ],
        },
        {
          title: "odd",
          details: {
            sections: [
              {
                name: "s",
                title: "",
                fields: [
                  wire("string", "one", "1", { t: "twice" }),
                  wire("string", "two", "2", { t: "twice" }),
                  wire("hologram", "hologram", "3"),
                ],
              },
            ],
          },
        },
        { title: "twice", password: "1" },
        { title: "twice", password: "2" },
        { title: "gone", password: "3", id: "e4mwsz6ohkwwbwdnyn6xddfa6i", state: "archived" },
        ...secrets(20),
      ],
    },
    {
      name: "hidden",
      id: "hidden7hidden7hidden7hidde",
      items: [
        { title: "safe", id: "safe77safe77safe77safe77sa", password: "not for all" },
        { title: "app", password: "not for all" },
      ],
    },
    { name: "same" },
    { name: "Same" },
  ],
};

/** A service of its own: `{ emulator, url, token }`, and `fault`, which a test may set. */
export async function startService({ defer }, more = {}) {
  const service = { fault: undefined };
  service.emulator = await createEmulator({
    account: ACCOUNT,
    faults: (request) => service.fault?.(request),
    ...more,
  });
  const { url, token, close } = await service.emulator.serve();
  defer(close);
  Object.assign(service, { url, token });
  return service;
}

const CLASSES = [
  ...[
    "Default",
    "Configured",
    "Failing",
    "Odd",
    "Hanging",
    "Throwing",
    "Malformed",
    "Stored",
    "Slow",
    "Rotated",
    "Unset",
  ],
];

/**
 * An owner of objects, and so many callers, each an isolate: `ask(program, caller)` runs a program in
 * one of them. `services` are bindings to the owner's entrypoints, by name.
 */
export async function startWorkers(kit, service, more = {}) {
  const { options = {}, callers = 1, services = {}, persist = false, bindings = {} } = more;
  const folder = join(kit.folder, "durable");
  const parts = ["owner", "caller"];
  await Promise.all(parts.map((name) => bundleWorker(HERE, join(folder, name), `${name}.mjs`)));
  const workerOf = (name) => workerIn(join(folder, name), `${name}.js`);
  const objects = (scriptName) =>
    Object.fromEntries(
      CLASSES.map((className) => [
        className === "Configured" ? "OP" : className.toUpperCase(),
        { className, useSQLite: true, ...(scriptName && { scriptName }) },
      ]),
    );
  const owner = {
    ...workerOf("owner"),
    name: "owner",
    bindings: {
      ...(service.token && { OP_SERVICE_ACCOUNT_TOKEN: service.token }),
      EMULATOR: service.url,
      OPTIONS: options,
      ...bindings,
    },
    durableObjects: objects(),
  };
  const serviceBindings = Object.fromEntries(
    Object.entries(services).map(([name, { entrypoint = "OnePasswordEntrypoint", props }]) => [
      name,
      { name: "owner", entrypoint, ...(props && { props }) },
    ]),
  );
  const all = Array.from({ length: callers }, (_, n) => ({
    ...workerOf("caller"),
    name: `caller-${n}`,
    durableObjects: objects("owner"),
    serviceBindings,
  }));
  const config = {
    workers: [owner, ...all],
    cf: false,
    ...(persist && { durableObjectsPersist: join(kit.folder, "state") }),
  };
  const start = async () => {
    const miniflare = await startMiniflare(config);
    kit.defer(() => miniflare.dispose());
    await miniflare.ready;
    return miniflare;
  };
  let miniflare = await start();
  const ask = async (program, caller = 0) => {
    const worker = await miniflare.getWorker(`caller-${caller}`);
    const answer = await worker.fetch("http://worker/", {
      method: "POST",
      body: JSON.stringify(program),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the Worker answered with ${answer.status}: ${text}`);
    return JSON.parse(text);
  };
  /** As if all objects and isolates were evicted. */
  const restart = async () => {
    await miniflare.dispose();
    miniflare = await start();
  };
  return { ask, restart, stop: () => miniflare.dispose() };
}

export const resolve = (reference, options) => ({ method: "resolve", args: [reference, options] });

/** Runs tests one after the other: `{ passed, failed }`. */
export async function runTests(tests) {
  const results = { passed: 0, failed: [] };
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      results.passed += 1;
    } catch (error) {
      results.failed.push(`${name}: ${error?.stack ?? error}`);
    }
  }
  return results;
}

export const { equal, deepEqual, ok, match } = assert;
