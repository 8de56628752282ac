// Closing, and calls that overlap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BY_ID, BY_NAME, ITEM, PATHS, SECRET, Service, VAULT } from "./support.mjs";

const service = await Service.start();

test("a closed client refuses calls, and sends nothing", async () => {
  const client = await service.authenticate();
  assert.equal(await client.resolve(BY_NAME), SECRET);
  service.calls = [];
  for (let round = 0; round < 2; round += 1) {
    assert.equal(client.close(), undefined);
    for (const resolve of [client.resolve.bind(client), client.secrets.resolve]) {
      const error = await service.failure(resolve(BY_NAME), "closed");
      assert.equal(error.reference, BY_NAME);
      assert.equal(error.retryable, false);
    }
  }
  assert.deepEqual(service.calls, []);
});

test("Symbol.dispose closes", async () => {
  const client = await service.authenticate();
  client[Symbol.dispose]();
  await service.failure(client.resolve(BY_NAME), "closed");
  client[Symbol.dispose]();
  client.close();
});

for (const path of [PATHS.vaults, PATHS.keysets, PATHS.overviews]) {
  test(`closing during ${path} ends a call before its next request`, async () => {
    const client = await service.authenticate();
    service.replace = async (call, ask) => {
      const response = await ask();
      if (call.path === path) client.close();
      return response;
    };
    await service.failure(client.resolve(BY_NAME), "closed");
    service.replace = undefined;
    // Vaults and keysets are asked for at the same time.
    const last = service.paths.lastIndexOf(path);
    assert.deepEqual(service.paths.slice(last + 1), path === PATHS.vaults ? [PATHS.keysets] : []);
  });
}

test("closing ends a call whose answer never comes", async () => {
  const client = await service.authenticate();
  service.replace = () => new Promise(() => {});
  const call = client.resolve(BY_NAME);
  client.close();
  await service.failure(call, "closed");
  service.replace = undefined;
});

test("closing during the last answer ends the call", async () => {
  const client = await service.authenticate();
  service.replace = async (call, ask) => {
    const response = await ask();
    if (call.path === PATHS.item) client.close();
    return response;
  };
  await service.failure(client.resolve(BY_NAME), "closed");
  service.replace = undefined;
});

test("closing while a session is renewed", async () => {
  const client = await service.authenticate();
  service.emulator.expireSessions();
  service.replace = (call, ask) => {
    if (call.path === PATHS.exchange) client.close();
    return ask();
  };
  await service.failure(client.resolve(BY_NAME), "closed");
  service.replace = undefined;
  assert.equal(service.paths.at(-1), PATHS.exchange);
});

test("closing at any moment lets every call end", async () => {
  for (const delay of [0, 1, 3, 6, 10]) {
    const client = await service.authenticate();
    const calls = Array.from({ length: 5 }, (_, n) => client.resolve(n % 2 ? BY_ID : BY_NAME));
    await new Promise((resolve) => setTimeout(resolve, delay));
    client.close();
    for (const call of await Promise.allSettled(calls)) {
      if (call.status === "fulfilled") assert.equal(call.value, SECRET);
      else assert.equal(call.reason.code, "closed");
    }
    await service.failure(client.resolve(BY_NAME), "closed");
  }
});

test("closing one client leaves the others", async () => {
  const [first, second] = await Promise.all([service.authenticate(), service.authenticate()]);
  first.close();
  await service.failure(first.resolve(BY_NAME), "closed");
  assert.equal(await second.resolve(BY_NAME), SECRET);
});

test("a fetch that closes its own client", async () => {
  const client = await service.authenticate();
  service.replace = (_, ask) => {
    client.close();
    return ask();
  };
  await service.failure(client.resolve(BY_NAME), "closed");
  service.replace = undefined;
});

/** An account with `count` items, each with a password that ends with its number. */
function itemsOf(name, count) {
  const items = Array.from({ length: count }, (_, n) => ({
    title: `item ${n}`,
    password: `${name} ${n}`,
  }));
  return { vaults: [{ name: "app", items }] };
}

test("fifty calls at once", async () => {
  const here = await Service.start({ account: itemsOf("password", 25) });
  const client = await here.authenticate();
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  const found = await Promise.allSettled(
    numbers.map((n) => client.resolve(`op://app/item ${n}/password`)),
  );
  for (const [n, { value, reason }] of found.entries()) {
    if (n < 25) assert.equal(value, `password ${n}`);
    else assert.equal(reason.code, "itemNotFound");
  }
});

test("answers in reverse order", async () => {
  const here = await Service.start({ account: itemsOf("password", 8) });
  const client = await here.authenticate();
  await client.resolve("op://app/item 0/password");
  const waiting = [];
  here.replace = (_, ask) =>
    new Promise((resolve) => {
      waiting.push(() => resolve(ask()));
      if (waiting.length === 8) for (const go of waiting.splice(0).reverse()) go();
    });
  const numbers = Array.from({ length: 8 }, (_, n) => n);
  const found = await Promise.all(
    numbers.map(async (n) => {
      // Not in one go, which would be one request.
      await sleep(n);
      return client.resolve(`op://app/item ${n}/password`);
    }),
  );
  assert.deepEqual(
    found,
    numbers.map((n) => `password ${n}`),
  );
});

test("two accounts side by side", async () => {
  const other = { ...VAULT, items: [{ ...ITEM, password: "another secret" }] };
  const there = await Service.start({ account: { vaults: [other] } });
  const clients = await Promise.all([service.authenticate(), there.authenticate()]);
  const calls = Array.from({ length: 20 }, (_, n) => clients[n % 2].resolve(BY_ID));
  const expected = Array.from({ length: 20 }, (_, n) => (n % 2 ? "another secret" : SECRET));
  assert.deepEqual(await Promise.all(calls), expected);
});
