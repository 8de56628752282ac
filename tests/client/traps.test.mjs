// A module that traps, as it does when its memory ends: all of its calls fail with one error, nothing
// is uncaught (node:test fails for what is), and the next client starts it anew.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import init, { Client as Core } from "../../dist/wasm/op.js";
import { PACK_FOLDER } from "../../scripts/lib/wasm.mjs";
import { readToken } from "../emulator/raw_client.mjs";
import { BY_ID, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
const NAMES = { integrationName: "traps", integrationVersion: "1" };
const service = await Service.start();
const key = readToken(service.token).muk.k;

afterEach(() => {
  service.replace = undefined;
});

/** Takes what memory is left, so that the module's own growth fails. What is not used costs nothing. */
async function exhaust(exports = undefined) {
  const { memory } = exports ?? (await init());
  for (let pages = 2 ** 15; pages >= 1; pages /= 2) {
    try {
      for (;;) memory.grow(pages);
    } catch {}
  }
  return memory;
}

/** Has the next item be so long that the module needs more memory. */
function answerLongItems() {
  service.replace = async ({ path }, ask) => {
    const response = await ask();
    if (path !== PATHS.item) return response;
    return new Response((await response.text()).padEnd(3 * 2 ** 20));
  };
}

async function isOver(promise, what) {
  const error = await service.failure(promise, "closed", what);
  assert.match(error.message, /ran out of memory or stopped/);
  assert.equal(error.retryable, true);
}

test("memory ends in an answer: all clients of the module end, the next starts it anew", async () => {
  const [one, other] = [await service.authenticate(), await service.authenticate()];
  assert.equal(await one.resolve(BY_NAME), SECRET);
  let hangs;
  // Under way before memory is short, or the module may end before there is a request.
  const signal = await new Promise((resolve) => {
    service.replace = (call, ask) => {
      if (call.path !== PATHS.vaults) return ask();
      resolve(call.init.signal);
      return new Promise(() => {});
    };
    hangs = other.resolve(BY_NAME, { timeoutMs: 600_000 });
  });
  const memory = await exhaust();
  answerLongItems();
  const calls = [BY_NAME, BY_ID, "op://app/nothing/x"].map((reference) => one.resolve(reference));
  const listed = one.items.list("app").then();
  await Promise.all([...calls, listed, hangs].map((call, n) => isOver(call, `call ${n}`)));
  assert.ok(signal.aborted, "a request that nobody waits for goes on");
  service.replace = undefined;
  for (const client of [one, other]) {
    await isOver(client.resolve(BY_NAME));
    await isOver(client.secrets.resolveAll([BY_NAME]));
    await isOver(client.items.list("app").then());
    await isOver(client.vaults.get("app"));
    client.clearCache();
    assert.equal(typeof client.stats().requests, "number");
    client.close();
    client.close();
  }
  assert.ok(!Buffer.from(memory.buffer, 0, 2 ** 27).includes(key), "a key is left");
  const next = await service.authenticate();
  assert.equal(await next.resolve(BY_NAME), SECRET);
  assert.notEqual((await init()).memory, memory);
  assert.ok((await init()).memory.buffer.byteLength < 2 ** 26);
  next.close();
});

test("the memory is given back, and what is collected frees nothing in the next module", async () => {
  let memory;
  await (async () => {
    const clients = await Promise.all([1, 2, 3].map(() => service.authenticate()));
    const pages = clients[0].items.list("app")[Symbol.asyncIterator]();
    await pages.next();
    memory = new WeakRef(await exhaust());
    answerLongItems();
    await isOver(clients[0].resolve(BY_ID));
  })();
  service.replace = undefined;
  service.calls = [];
  const next = await service.authenticate();
  // Without a look at the reference, which would keep it until this turn is over.
  for (let round = 0; round < 20; round += 1) {
    gc();
    await sleep(10);
  }
  assert.equal(memory.deref(), undefined, "the memory is kept");
  assert.equal(await next.resolve(BY_NAME), SECRET);
  next.close();
});

test("a client that is being made when memory ends", async () => {
  const client = await service.authenticate();
  await exhaust();
  const paths = service.calls.length;
  service.replace = async ({ path }, ask) => {
    const response = await ask();
    if (path === PATHS.start) await client.resolve(BY_ID).catch(() => {});
    if (path !== PATHS.item) return response;
    return new Response((await response.text()).padEnd(3 * 2 ** 20));
  };
  await isOver(service.authenticate());
  assert.ok(service.calls.length > paths);
  service.replace = undefined;
  const lazy = await service.authenticate({ lazy: true });
  assert.equal(await lazy.resolve(BY_NAME), SECRET);
});

/** Calls where the stack is full, and a little further up each time; the codes of what is thrown. */
function dive(call) {
  const codes = [];
  const down = () => {
    try {
      down();
    } catch {}
    if (codes.length > 3_000) return;
    try {
      call();
      codes[codes.length] = "none";
    } catch (error) {
      codes[codes.length] = error.code;
    }
  };
  down();
  return codes;
}

const CONFIG = { auth: service.token, fetch: service.fetch, ...NAMES };

test("a stack that is too deep", async () => {
  const client = await service.authenticate();
  const lazy = await service.authenticate({ lazy: true });
  const pending = service.failure(client.resolve(BY_NAME), "closed");
  const core = Core.create(CONFIG);
  const codes = dive(() => core.stats());
  assert.ok(codes.includes("closed"), "the module did not trap");
  await pending;
  assert.throws(() => core.stats(), { code: "closed" });
  assert.equal(await lazy.resolve(BY_NAME), SECRET);
  assert.equal(await (await service.authenticate()).resolve(BY_NAME), SECRET);
});

test("a trap within a call of the module from within the module", async () => {
  const client = await service.authenticate();
  const core = Core.create(CONFIG);
  const create = () => core.constructor.create({ ...CONFIG, auth: "x".repeat(2 ** 27) });
  let inner;
  const timers = {
    setTimeout: (...args) => {
      if (inner === "now") {
        try {
          create();
        } catch (error) {
          inner = error.code;
        }
      }
      return setTimeout(...args);
    },
    clearTimeout: (timer) => clearTimeout(timer),
  };
  const other = await service.authenticate({ timers });
  await exhaust();
  inner = "now";
  const outcome = await other.resolve(BY_NAME).catch((error) => error);
  assert.ok(outcome === SECRET || outcome.code === "closed", outcome);
  assert.equal(inner, "closed");
  await isOver(client.resolve(BY_NAME));
  assert.throws(() => core.stats(), { code: "closed" });
  assert.equal(await (await service.authenticate()).resolve(BY_NAME), SECRET);
});

test("many times over", async () => {
  for (let round = 0; round < 5; round += 1) {
    const client = await service.authenticate();
    await exhaust();
    answerLongItems();
    await isOver(client.resolve(BY_ID), `round ${round}`);
    service.replace = undefined;
    assert.equal(await (await service.authenticate()).resolve(BY_ID), SECRET);
  }
});

test("the bare module ends and begins as well", async () => {
  const bare = await import(pathToFileURL(`${PACK_FOLDER}/op.js`).href);
  const { readFileSync } = await import("node:fs");
  const bytes = readFileSync(`${PACK_FOLDER}/op_bg.wasm`);
  const exports = await bare.default({ module_or_path: bytes });
  const options = CONFIG;
  const { Client } = bare;
  const client = await Client.authenticate(options);
  const { items } = client;
  await exhaust(exports);
  answerLongItems();
  const fails = async (promise) => {
    assert.ok(promise instanceof Promise);
    const error = await promise.then(
      () => assert.fail(),
      (thrown) => thrown,
    );
    assert.equal(error.name, "OnePasswordError");
    assert.equal(error.code, "closed");
    assert.match(error.message, /ran out of memory or stopped/);
  };
  await fails(client.resolve(BY_ID));
  service.replace = undefined;
  await fails(client.resolve(BY_ID));
  await fails(items.get("app", "database"));
  client.close();
  items.free();
  client.free();
  assert.notEqual(bare.Client, Client);
  const next = await bare.Client.authenticate(options);
  assert.equal(await next.resolve(BY_ID), SECRET);
  assert.equal(await bare.Client.create(options).resolve(BY_ID), SECRET);
  await bare.default({ module_or_path: bytes });
  bare.initSync({ module: bytes });
  assert.equal(await next.resolve(BY_ID), SECRET);
});
