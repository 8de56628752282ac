// Timers that are put into the global object later, as fake ones are, do not reach the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../dist/index.js";
import { BY_NAME, SECRET, Service } from "./support.mjs";

/** Who called the function that made this error, past the mock around it. */
function callerOf({ stack }) {
  const lines = stack.split("\n").filter((line) => !line.includes("node:internal/test_runner"));
  return lines[2];
}

const service = await Service.start();

test("the glue calls the timers that it was loaded with", async (t) => {
  const callers = [];
  // Others go on: Node's own Response needs queueMicrotask.
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
