// Being watched: events and counts, and silence otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { BY_NAME, ITEM, ITEM_ID, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const file = { name: "read.me", content: "of a file" };
const account = { vaults: [{ ...VAULT, items: [{ ...ITEM, files: [file] }] }] };
const service = await Service.start({ account });

test("every request, cache and sign-in event, without secrets, names or ids", async () => {
  const events = [];
  const client = await service.authenticate({ onEvent: (event) => events.push(event), cache: {} });
  await client.resolve(BY_NAME);
  await client.resolve("op://app/database/read.me");
  await service.failure(client.resolve("op://app/nothing/password"), "itemNotFound");
  const requests = events.filter(({ type }) => type === "request");
  assert.equal(requests.length, service.calls.length);
  const shownOf = ({ method, path }) => `${method} ${path}`;
  // These two are sent at once, and answered in either order.
  const both = requests.splice(4, 2).map(shownOf).sort();
  assert.deepEqual(
    [...requests.slice(0, 4).map(shownOf), ...both, ...requests.slice(4, 6).map(shownOf)],
    [
      `POST ${PATHS.start}`,
      `POST ${PATHS.exchange}`,
      `POST ${PATHS.confirm}`,
      `POST ${PATHS.complete}`,
      `GET ${PATHS.vaults}`,
      `GET ${PATHS.keysets}`,
      "GET /api/v1/vault/:id/items/overviews",
      "GET /api/v1/vault/:id/item/:id",
    ],
  );
  assert.ok(requests.some(({ path }) => path === "/api/v3/file/:id"));
  for (const { status, ms, retry, bytes } of requests) {
    assert.deepEqual([status, retry], [200, 0]);
    assert.ok(ms >= 0 && bytes > 0);
  }
  const types = new Set(events.map(({ type }) => type));
  assert.deepEqual(types, new Set(["request", "signIn", "cache"]));
  const shown = inspect(events, { depth: 5 });
  for (const text of [SECRET, VAULT_ID, ITEM_ID, "database", "nothing", "127.0.0.1"]) {
    assert.ok(!shown.includes(text), text);
  }
});

test("ids in paths, if they are asked for", async () => {
  const paths = [];
  const onEvent = ({ path }) => paths.push(path);
  const client = await service.authenticate({ onEvent, idsInEvents: true });
  await client.resolve(BY_NAME);
  assert.ok(paths.includes(PATHS.item));
});

test("a listener may use the client", async () => {
  let client;
  const onEvent = () => {
    client?.clearCache();
    client?.stats();
  };
  client = await service.authenticate({ onEvent, cache: { secretTtlMs: 1000 } });
  for (let n = 0; n < 3; n += 1) assert.equal(await client.resolve(BY_NAME), SECRET);
  const closing = await service.authenticate({ onEvent: () => closing?.close() });
  await service.failure(closing.resolve(BY_NAME), "closed");
});

test("counts", async () => {
  const client = await service.authenticate({ retry: { retries: 1, minMs: 0, maxMs: 0 } });
  let broken = true;
  service.replace = ({ path }, ask) => {
    if (path !== PATHS.item || !broken) return ask();
    broken = false;
    return new Response("", { status: 503 });
  };
  await client.resolve(BY_NAME);
  service.replace = undefined;
  const stats = client.stats();
  assert.deepEqual([stats.requests, stats.retries, stats.failures], [9, 1, 1]);
  assert.deepEqual([stats.signIns, stats.resumes, stats.throttles], [1, 0, 0]);
  assert.deepEqual([stats.cacheHits, stats.cacheMisses], [0, 2]);
  assert.ok(stats.bytes > 1000);
  stats.requests = 0;
  assert.equal(client.stats().requests, 9);
});

test("a listener that throws disturbs nothing", async () => {
  const onEvent = () => {
    throw new Error("listener");
  };
  const client = await service.authenticate({ onEvent });
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("nothing is written to the console", async (t) => {
  const methods = ["log", "info", "warn", "error", "debug"];
  const spies = methods.map((method) => t.mock.method(console, method, () => {}));
  const client = await service.authenticate();
  await client.resolve(BY_NAME);
  await client.resolve("op://app/nothing/x").catch(() => {});
  client.close();
  for (const spy of spies) assert.equal(spy.mock.callCount(), 0);
});
