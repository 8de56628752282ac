// How many requests it takes, and what is remembered between them.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  aQuarterHourPasses,
  BY_ID,
  BY_NAME,
  ITEM,
  PATHS,
  SECRET,
  Service,
  VAULT,
  VAULT_ID,
} from "./support.mjs";

const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;
const many = Array.from({ length: 60 }, (_, n) => ({ title: `item ${n}`, password: `pw ${n}` }));
const OTP = { title: "code", kind: "otp", value: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" };
const account = {
  vaults: [
    {
      ...VAULT,
      items: [ITEM, ...many, { title: "otp", sections: [{ title: "s", fields: [OTP] }] }],
    },
    { name: "other", items: [{ title: "x", password: "in another vault" }] },
  ],
};
const service = await Service.start({ account });
const reference = (n) => `op://app/item ${n}/password`;
const numbers = (count) => Array.from({ length: count }, (_, n) => n);

/** A client that remembers as it does by default, unless `config` says otherwise. */
async function newClient(config) {
  const client = await service.authenticate({ cache: {}, ...config });
  service.calls = [];
  return client;
}

/** The paths of what `work` sent. */
async function sent(work) {
  service.calls = [];
  await work();
  return service.paths;
}

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

test("by names: four requests at first, one later", async () => {
  const client = await newClient();
  const first = await sent(() => client.resolve(BY_NAME));
  assert.deepEqual(first, [PATHS.vaults, PATHS.keysets, PATHS.overviews, PATHS.item]);
  assert.deepEqual(await sent(() => client.resolve(BY_NAME)), [PATHS.item]);
  assert.equal((await sent(() => client.resolve(reference(7)))).length, 1);
});

test("vaults and keysets at the same time", async () => {
  const client = await newClient();
  let go;
  const second = new Promise((resolve) => {
    go = resolve;
  });
  service.replace = async ({ path }, ask) => {
    if (path === PATHS.vaults) await second;
    if (path === PATHS.keysets) go();
    return ask();
  };
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("by ids: one request in a known vault", async () => {
  const client = await newClient();
  assert.deepEqual(await sent(() => client.resolve(BY_ID)), [
    PATHS.vault,
    PATHS.keysets,
    PATHS.item,
  ]);
  assert.deepEqual(await sent(() => client.resolve(BY_ID)), [PATHS.item]);
});

test("twenty at once: four requests at first, one later", async () => {
  const client = await newClient();
  const twenty = () => Promise.all(numbers(20).map((n) => client.resolve(reference(n))));
  assert.deepEqual(await sent(twenty), [PATHS.vaults, PATHS.keysets, PATHS.overviews, BATCH]);
  assert.deepEqual(await sent(twenty), [BATCH]);
  assert.deepEqual(
    await twenty(),
    numbers(20).map((n) => `pw ${n}`),
  );
  const all = () => client.secrets.resolveAll(numbers(60).map(reference));
  assert.deepEqual(await sent(all), [BATCH, BATCH]);
});

test("the same reference is asked for once, also while it is on its way", async () => {
  const client = await newClient();
  await client.resolve(BY_NAME);
  const asked = await sent(async () => {
    const first = Array.from({ length: 10 }, () => client.resolve(BY_NAME));
    await Promise.resolve();
    await null;
    const found = await Promise.all([...first, client.resolve(BY_NAME)]);
    assert.deepEqual(new Set(found), new Set([SECRET]));
  });
  assert.deepEqual(asked, [PATHS.item]);
});

test("two vaults at once: the vaults are listed once", async () => {
  const client = await newClient();
  const paths = await sent(() =>
    Promise.all([client.resolve(BY_NAME), client.resolve("op://other/x/password")]),
  );
  assert.equal(paths.length, 6);
  for (const path of [PATHS.vaults, PATHS.keysets]) {
    assert.equal(paths.filter((other) => other === path).length, 1);
  }
});

test("a lazy client does nothing until it is asked, then signs in once for all", async () => {
  const client = await newClient({ lazy: true });
  assert.deepEqual(service.paths, []);
  const found = await Promise.all([
    client.resolve(BY_NAME),
    client.resolve("op://other/x/password"),
  ]);
  assert.deepEqual(found, [SECRET, "in another vault"]);
  assert.equal(service.paths.filter((path) => path === PATHS.start).length, 1);
  assert.equal(service.paths.length, 10);
});

test("a lazy client says at its first call that the token is bad, and can be closed before", async () => {
  const bad = await newClient({ lazy: true, auth: "ops_nonsense" });
  await service.failure(bad.resolve(BY_NAME), "tokenInvalid");
  await service.failure(bad.resolve(BY_NAME), "tokenInvalid");
  const closed = await newClient({ lazy: true });
  closed.close();
  await service.failure(closed.resolve(BY_NAME), "closed");
});

test("a lazy client has the options, and the fetch, of when it was made", async () => {
  for (const auth of [undefined, null, 5]) {
    await service.failure(newClient({ lazy: true, auth }), "tokenInvalid");
  }
  const retry = { retries: 0 };
  const allowedHosts = ["elsewhere.example"];
  const refused = await newClient({ lazy: true, allowedHosts, retry });
  allowedHosts.push("127.0.0.1");
  retry.retries = 99;
  await service.failure(refused.resolve(BY_NAME), "hostNotAllowed");
  const hosts = globalThis.fetch;
  globalThis.fetch = service.fetch;
  const mocked = await newClient({ lazy: true, fetch: undefined });
  globalThis.fetch = () => assert.fail("the token goes elsewhere");
  try {
    assert.equal(await mocked.resolve(BY_NAME), SECRET);
  } finally {
    globalThis.fetch = hosts;
  }
});

test("an item that was renamed or replaced is not answered under its old name", async () => {
  const client = await newClient();
  assert.equal(await client.resolve(BY_NAME), SECRET);
  const { emulator } = service;
  await emulator.account.setItem(VAULT_ID, ITEM.id, { title: "database of old" });
  await service.failure(client.resolve(BY_NAME), "itemNotFound");
  const id = await emulator.account.addItem(VAULT_ID, {
    title: "database",
    password: "the new one",
  });
  assert.equal(await client.resolve(BY_NAME, { fresh: true }), "the new one");
  assert.equal(await client.resolve("op://app/database of old/password"), SECRET);
  await emulator.account.removeItem(VAULT_ID, id);
  await emulator.account.setItem(VAULT_ID, ITEM.id, { title: "database" });
  assert.equal(await client.resolve(BY_NAME, { fresh: true }), SECRET);
});

test("an item whose id is gone is looked for by its name again", async () => {
  const client = await newClient();
  await client.resolve(BY_NAME);
  let isGone = true;
  service.replace = ({ path }, ask) => {
    if (path !== PATHS.item || !isGone) return ask();
    isGone = false;
    return new Response("{}", { status: 404 });
  };
  const paths = await sent(async () => assert.equal(await client.resolve(BY_NAME), SECRET));
  assert.deepEqual(paths, [PATHS.item, PATHS.vaults, PATHS.overviews, PATHS.item]);
});

test("names are read again when their time is over", async () => {
  const client = await newClient({ cache: { metadataTtlMs: 30 } });
  await client.resolve(BY_NAME);
  await sleep(40);
  const paths = await sent(() => client.resolve(BY_NAME));
  assert.deepEqual(paths, [PATHS.vaults, PATHS.overviews, PATHS.item]);
});

test("secrets are not remembered unless that is asked for", async () => {
  const client = await newClient({ cache: { secretTtlMs: 60_000 } });
  await client.resolve(BY_NAME);
  assert.deepEqual(await sent(() => client.resolve(BY_NAME)), []);
  assert.deepEqual(await sent(() => client.secrets.resolveAll([BY_NAME])), []);
  const fresh = await sent(() => client.resolve(BY_NAME, { fresh: true }));
  assert.deepEqual(fresh, [PATHS.vaults, PATHS.overviews, PATHS.item]);
  client.clearCache();
  const cleared = await sent(() => client.resolve(BY_NAME));
  assert.deepEqual(cleared, [PATHS.vaults, PATHS.overviews, PATHS.item]);
});

test("one-time passwords are never remembered", async () => {
  const client = await newClient({ cache: { secretTtlMs: 60_000, staleIfErrorMs: 60_000 } });
  for (const query of ["otp", "totp"]) {
    const asked = `op://app/otp/code?attribute=${query}`;
    assert.match(await client.resolve(asked), /^\d{6}$/);
    assert.equal((await sent(() => client.resolve(asked))).length, 1);
  }
});

test("a name that is missing is not asked for again and again", async () => {
  const client = await newClient({ cache: { negativeTtlMs: 50 } });
  for (const [missing, code] of [
    ["op://nowhere/x/password", "vaultNotFound"],
    ["op://app/nothing/password", "itemNotFound"],
    ["op://app/database/nothing", "fieldNotFound"],
    ["op://app/database/nothing/password", "noMatchingSections"],
  ]) {
    await service.failure(client.resolve(missing), code);
    const again = await sent(async () => {
      for (let n = 0; n < 20; n += 1) await service.failure(client.resolve(missing), code);
    });
    assert.ok(again.length <= 3, `${code}: ${again}`);
    const fresh = await sent(() => service.failure(client.resolve(missing, { fresh: true }), code));
    assert.ok(fresh.length > 0, code);
  }
});

test("without remembered names each is still read once a call", async () => {
  const client = await newClient({ cache: { metadataTtlMs: 0 } });
  const twenty = () => client.secrets.resolveAll(numbers(20).map(reference));
  const first = [PATHS.vaults, PATHS.keysets, PATHS.overviews, BATCH];
  assert.deepEqual(await sent(twenty), first);
  const later = first.filter((path) => path !== PATHS.keysets);
  assert.deepEqual(await sent(twenty), later);
  const both = [BY_NAME, "op://other/x/password"];
  const paths = await sent(() => client.secrets.resolveAll(both));
  assert.equal(paths.filter((path) => path === PATHS.vaults).length, 1);
});

test("titles that cannot be read are asked for once a call", async () => {
  const client = await newClient({ cache: { negativeTtlMs: 0 } });
  for (const answer of [() => new Response("", { status: 403 }), () => new Response("?")]) {
    service.replace = ({ path }, ask) => (path === PATHS.overviews ? answer() : ask());
    const paths = await sent(() => client.secrets.resolveAll(numbers(20).map(reference)));
    assert.equal(paths.filter((path) => path === PATHS.overviews).length, 1);
    service.replace = undefined;
  }
});

test("a name of several things is not asked for again and again", async () => {
  const client = await newClient({ cache: {} });
  const id = await service.emulator.account.addItem("app", { title: "item 1", password: "2nd" });
  await service.failure(client.resolve(reference(1)), "tooManyItems");
  const again = await sent(() => service.failure(client.resolve(reference(1)), "tooManyItems"));
  assert.deepEqual(again, []);
  await service.emulator.account.removeItem("app", id);
  assert.equal(await client.resolve(reference(1), { fresh: true }), "pw 1");
});

test("a name that is missing costs two requests: titles, and vaults for another of that name", async () => {
  const client = await newClient();
  await client.resolve(BY_NAME);
  const typo = () => service.failure(client.resolve("op://app/databse/password"), "itemNotFound");
  assert.deepEqual(await sent(typo), [PATHS.overviews, PATHS.vaults]);
});

test("what was missing is not missing any more once it was found", async () => {
  const client = await newClient({ cache: { negativeTtlMs: 60_000 } });
  const asked = "op://app/later/password";
  await service.failure(client.resolve(asked), "itemNotFound");
  const id = await service.emulator.account.addItem("app", { title: "later", password: "there" });
  await service.failure(client.resolve(asked), "itemNotFound");
  assert.equal(await client.resolve(asked, { fresh: true }), "there");
  assert.equal(await client.resolve(asked), "there");
  await service.emulator.account.removeItem("app", id);
});

test("an expired secret is given while the service is away, if that is asked for", async () => {
  const events = [];
  const client = await newClient({
    cache: { secretTtlMs: 1, staleIfErrorMs: 60_000, negativeTtlMs: 0 },
    onEvent: (event) => events.push(event),
    timeoutMs: 200,
  });
  await client.resolve(BY_NAME);
  await sleep(5);
  for (const away of [
    () => new Response("", { status: 503 }),
    () => Promise.reject(new TypeError("no network")),
    () => new Promise(() => {}),
    () => new Response("<html>of a proxy"),
    () => new Response("", { status: 302, headers: { location: "https://portal.example" } }),
    () => new Response("", { status: 429, headers: { "retry-after": "0" } }),
  ]) {
    service.replace = away;
    events.length = 0;
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.ok(events.some(({ type, result }) => type === "cache" && result === "stale"));
  }
  // What is not so any more is not given.
  service.replace = undefined;
  aQuarterHourPasses();
  await client.resolve(BY_NAME);
  await sleep(5);
  service.replace = ({ path }, ask) =>
    path === PATHS.item ? new Response("", { status: 403 }) : ask();
  await service.failure(client.resolve(BY_NAME), "permissionDenied");
  service.replace = () => new Response("", { status: 503 });
  await service.failure(client.resolve(BY_NAME), "serverError");
});

test("bytes that two callers get are two copies", async () => {
  const client = await newClient();
  const [one, other] = await Promise.all([
    client.secrets.resolveBytes(BY_NAME),
    client.secrets.resolveBytes(BY_NAME),
  ]);
  one.fill(0);
  assert.equal(new TextDecoder().decode(other), SECRET);
});
