// Fake timers, which replace those of the global object, do not reach the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../dist/index.js";
import { BY_NAME, SECRET, Service } from "./support.mjs";

/** The caller of the function that made this error; the mock in between does not count. */
function callerOf({ stack }) {
  const lines = stack.split("\n").filter((line) => !line.includes("node:internal/test_runner"));
  return lines[2];
}

const service = await Service.start();

test("the glue keeps the timers that it was loaded with", async (t) => {
  const callers = [];
  // They still work: Node's Response relies on queueMicrotask.
  const watched = (name, real) =>
    function watched(...args) {
      callers.push(`${name} ${callerOf(new Error())}`);
      return real.apply(this, args);
    };
  for (const name of ["queueMicrotask", "setTimeout", "clearTimeout"]) {
    t.mock.method(globalThis, name, watched(name, globalThis[name]));
  }
  t.mock.method(performance, "now", watched("performance.now", performance.now));
  const client = await Client.authenticate({
    auth: service.token,
    fetch: service.fetch,
    integrationName: "timers",
    integrationVersion: "1",
  });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  client.close();
  assert.notEqual(callers.length, 0);
  assert.deepEqual(
    callers.filter((caller) => caller.includes("/wasm/")),
    [],
  );
});
