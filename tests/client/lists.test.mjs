// Lists of items and of vaults, whole and entry by entry, and single vaults.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import init from "../../dist/wasm/op.js";
import { aQuarterHourPasses, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const ID_NAME = "abcdefghijklmnopqrstuvwxya";
const UNNAMED_ID = `${"n".repeat(25)}a`;
const KEYLESS_ID = `${"m".repeat(25)}a`;
const NOBODY = `${"e".repeat(25)}e`;
const titled = (count) => Array.from({ length: count }, (_, n) => ({ title: `item ${n}` }));

const service = await Service.start({
  account: {
    vaults: [
      {
        ...VAULT,
        description: "of the tests",
        items: [
          {
            ...VAULT.items[0],
            category: "Database",
            tags: ["a", "b"],
            urls: ["https://a.example", { url: "https://b.example", label: "b", autofill: "host" }],
            createdAt: "2020-02-29T23:59:59Z",
            updatedAt: "2021-01-02T03:04:05Z",
          },
          { title: "second" },
          { title: "untitled", unreadable: "overview" },
          { title: "also active", state: "alsoActive" },
          { title: "archived", state: "archived" },
          { title: "deleted", state: "deleted" },
          { title: "damaged", unreadable: "details" },
        ],
      },
      { name: "large", items: titled(250) },
      { name: "empty" },
      { name: "spoilt", items: [{ title: "x", unreadable: "overview" }] },
      { name: "double", type: "everyone" },
      { name: "Double", type: "personal" },
      { name: "odd", type: "Q" },
      { name: ID_NAME, items: [{ title: "in a vault named like an id" }] },
      { name: "unnamed", id: UNNAMED_ID, unreadable: "attributes", items: titled(1) },
      { name: "keyless", id: KEYLESS_ID, unreadable: "key" },
    ],
  },
});
const client = await service.authenticate();
const { items, vaults } = client;

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

afterEach(async () => {
  service.change = undefined;
  service.replace = undefined;
  aQuarterHourPasses();
  await sleep(0);
  assert.deepEqual(unhandled, []);
});

const never = () => new Promise(() => {});
const answers = (code) => () => Promise.resolve(new Response(null, { status: code }));
const byState = (active, archived) => ({ type: "ByState", content: { active, archived } });
const titlesOf = (list) => list.map(({ title }) => title);

/** All entries of a list, one by one. */
async function oneByOne(list) {
  const all = [];
  for await (const entry of list) all.push(entry);
  return all;
}

const ACTIVE = ["database", "second", "also active", "damaged"];

test("an entry of a list", async () => {
  const [first, second] = await items.list("app");
  const expected = {
    id: VAULT.items[0].id,
    title: "database",
    category: "Database",
    vaultId: VAULT_ID,
    websites: [
      { url: "https://a.example", label: "", autofillBehavior: "AnywhereOnWebsite" },
      { url: "https://b.example", label: "b", autofillBehavior: "ExactDomain" },
    ],
    tags: ["a", "b"],
    createdAt: new Date("2020-02-29T23:59:59Z"),
    updatedAt: new Date("2021-01-02T03:04:05Z"),
    state: "active",
  };
  assert.deepEqual(first, expected);
  assert.deepEqual(Object.keys(first), Object.keys(expected));
  assert.ok(first.createdAt instanceof Date && second.updatedAt instanceof Date);
  assert.ok(!JSON.stringify(await items.list("app")).includes(SECRET));
});

for (const [what, filters, expected] of [
  ["none", [], ACTIVE],
  ["active", [byState(true, false)], ACTIVE],
  ["archived", [byState(false, true)], ["archived"]],
  ["both", [byState(true, true)], ["database", "second", "also active", "archived", "damaged"]],
  ["neither", [byState(false, false)], []],
  ["two that contradict each other", [byState(true, false), byState(false, true)], []],
  ["two that hold together", [byState(true, true), byState(false, true)], ["archived"]],
]) {
  test(`filters: ${what}; in the service's order, without what cannot be opened`, async () => {
    const list = await items.list("app", ...filters);
    assert.deepEqual(titlesOf(list), expected);
    for (const { title, state } of list) {
      assert.equal(state, title === "archived" ? "archived" : "active");
    }
    assert.deepEqual(await oneByOne(items.list("app", ...filters)), list);
  });
}

test("await and for await give the same, by name, in any case, and by id", async () => {
  for (const [vault, count] of [
    ["app", 4],
    ["APP", 4],
    [VAULT_ID, 4],
    ["large", 250],
    ["empty", 0],
    [ID_NAME, 1],
  ]) {
    const whole = await items.list(vault);
    assert.equal(whole.length, count, vault);
    assert.ok(Array.isArray(whole));
    assert.deepEqual(await oneByOne(items.list(vault)), whole);
  }
  const large = await items.list("large");
  assert.deepEqual(titlesOf(large), titlesOf(titled(250)));
});

test("the items of a vault that does not say which it is are not listed", async () => {
  await service.failure(items.list(UNNAMED_ID), "decryption");
  await service.failure(items.list(KEYLESS_ID), "decryption");
});

test("a list is one request, and items by name are not remembered in its place", async () => {
  await items.list("app");
  service.calls = [];
  assert.equal((await items.list("app")).length, 4);
  assert.equal((await oneByOne(items.list(VAULT_ID))).length, 4);
  assert.deepEqual(service.paths, [PATHS.overviews, PATHS.overviews]);
});

test("nothing is asked for before a list is awaited or iterated", async () => {
  service.calls = [];
  const lists = [items.list("app"), items.list("nowhere"), items.list(7), vaults.list(7)];
  const iterators = lists.map((list) => list[Symbol.asyncIterator]());
  await sleep(20);
  assert.deepEqual(service.calls, []);
  for (const iterator of iterators) {
    assert.deepEqual(await iterator.return(), { value: undefined, done: true });
  }
  assert.deepEqual(service.calls, []);
  assert.equal(String(lists[0]), "[object Listed]");
});

test("two awaits read once, two iterations twice", async () => {
  await items.list("app");
  const list = items.list("app");
  service.calls = [];
  assert.equal(await list, await list);
  assert.equal(service.calls.length, 1);
  assert.deepEqual(await oneByOne(list), await oneByOne(list));
  assert.equal(service.calls.length, 3);
  const [one, other] = await Promise.all([oneByOne(list), oneByOne(list)]);
  assert.deepEqual(one, other);
  assert.equal(service.calls.length, 5);
});

test("a list is as good as a promise", async () => {
  const [app, large, all] = await Promise.all([
    items.list("app"),
    items.list("large"),
    vaults.list(),
  ]);
  assert.deepEqual([app.length, large.length, all.length], [4, 250, 8]);
  assert.equal((await Promise.race([items.list("app"), never()])).length, 4);
  assert.equal(await items.list("app").then(({ length }) => length), 4);
  const code = ({ code }) => code;
  assert.equal(await items.list("nowhere").catch(code), "vaultNotFound");
  assert.equal(await items.list("nowhere").then(assert.fail, code), "vaultNotFound");
  assert.equal((await items.list("app").catch(assert.fail)).length, 4);
  let ended = 0;
  const count = () => {
    ended += 1;
  };
  assert.equal((await items.list("app").finally(count)).length, 4);
  await service.failure(items.list("nowhere").finally(count), "vaultNotFound");
  assert.equal(ended, 2);
  const settled = await Promise.allSettled([items.list("nowhere"), items.list("empty")]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["rejected", "fulfilled"],
  );
});

test("what is missing or ambiguous, both ways to read", async () => {
  for (const read of [(list) => list.then(), oneByOne]) {
    await service.failure(read(items.list("nowhere")), "vaultNotFound");
    await service.failure(read(items.list(NOBODY)), "vaultNotFound");
    const error = await service.failure(read(items.list("double")), "tooManyVaults");
    assert.deepEqual(titlesOf(error.candidates).sort(), ["Double", "double"]);
  }
});

test("a loop that is left ends its call, and the client goes on", async () => {
  const whole = await items.list("large");
  for (const stop of [1, 99, 100, 101, 249, 250]) {
    const seen = [];
    for await (const item of items.list("large")) {
      seen.push(item);
      if (seen.length === stop) break;
    }
    assert.deepEqual(seen, whole.slice(0, stop));
  }
  const thrown = new Error("of the loop");
  const loop = async () => {
    for await (const _ of items.list("large")) throw thrown;
  };
  await assert.rejects(loop(), (error) => error === thrown);
  const iterator = items.list("large")[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value.title, "item 0");
  await iterator.return();
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
});

test("a list that is left before its answer ends its request", async () => {
  const controller = new AbortController();
  const own = await service.authenticate();
  await own.items.list("app");
  let sent;
  service.replace = ({ init }) => {
    sent = init.signal;
    return never();
  };
  for (const read of [(list) => list.then(), oneByOne]) {
    const reading = read(own.vaults.list({}, { signal: controller.signal, timeoutMs: 40 }));
    await service.failure(reading, "timeout");
    assert.ok(sent.aborted);
  }
  await service.failure(own.vaults.list({}, { signal: AbortSignal.timeout(20) }), "aborted");
  assert.ok(sent.aborted);
});

test("loops that are left leave nothing behind in the module", async () => {
  const { memory } = await init();
  const loops = async (count) => {
    for (let n = 0; n < count; n += 1) for await (const _ of items.list("app")) break;
    service.calls = [];
  };
  await loops(100);
  const before = memory.buffer.byteLength;
  await loops(1000);
  assert.equal(memory.buffer.byteLength - before, 0);
});

test("loops that nobody asks again leave nothing behind either", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const { memory } = await init();
  const abandon = async (count) => {
    for (let n = 0; n < count; n += 1) await items.list("large")[Symbol.asyncIterator]().next();
    service.calls = [];
    service.emulator.clearRequests();
    gc();
    await sleep(20);
  };
  // The host says in its own time what it has collected.
  for (let round = 0; round < 4; round += 1) await abandon(50);
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 8; round += 1) await abandon(50);
  // Of a list of 250, a loop keeps 190 KB.
  assert.ok(memory.buffer.byteLength - before < 4_000_000);
});

test("a vault of which nothing opens is not an empty one, nor is an account", async () => {
  for (const read of [(list) => list.then(), oneByOne]) {
    await service.failure(read(items.list("spoilt")), "decryption");
  }
  assert.deepEqual(await items.list("spoilt", byState(false, true)), []);
  const vaultsOf = (...unreadable) => ({
    vaults: unreadable.map((what, n) => ({ name: `v${n}`, unreadable: what })),
  });
  const damaged = await Service.start({ account: vaultsOf("key", "attributes") });
  const own = await damaged.authenticate();
  await damaged.failure(own.vaults.list().then(), "decryption");
  assert.equal((await own.vaults.list({ decryptDetails: false })).length, 2);
});

test("a list's options stand behind its filters", async () => {
  const both = byState(true, true);
  const ids = (list) => list.map(({ id }) => id);
  const all = ids(await items.list("app", both));
  assert.deepEqual(ids(await items.list("app", both, { timeoutMs: 5_000 })), all);
  assert.deepEqual(ids(await items.list("app", {})), ids(await items.list("app")));
  const aborted = { signal: AbortSignal.abort() };
  for (const filters of [[], [both], [both, byState(true, false)]]) {
    await service.failure(items.list("app", ...filters, aborted).then(), "aborted");
  }
  for (const wrong of [{ timeoutMs: 0 }, { signal: 7 }, { content: {} }, { type: "x" }, null, 7]) {
    const list = items.list("app", both, wrong).then();
    await service.failure(list, "argumentInvalid", JSON.stringify(wrong));
  }
  await service.failure(items.list("app", {}, both).then(), "argumentInvalid");
});

test("a page is opened only when the one before it is taken", async () => {
  const own = await service.authenticate();
  const seen = [];
  const loop = async () => {
    for await (const { title } of own.items.list("large")) {
      seen.push(title);
      if (seen.length === 1) {
        await sleep(20);
        own.close();
      }
    }
  };
  await service.failure(loop(), "closed");
  // What has been opened is given.
  assert.deepEqual(seen, titlesOf(titled(100)));
});

test("changes on the way are not seen: the answer is one", async () => {
  const { account } = service.emulator;
  const iterator = items.list("large")[Symbol.asyncIterator]();
  const { value } = await iterator.next();
  await account.setItem("large", "item 200", { title: "renamed" });
  client.clearCache();
  service.emulator.expireSessions();
  const left = await oneByOne(iterator);
  assert.equal(left.length, 249);
  assert.equal(left[199].title, "item 200");
  const again = await items.list("large");
  assert.deepEqual([again[0], again[200].title], [value, "renamed"]);
  await account.setItem("large", "renamed", { title: "item 200" });
});

test("a consumer may take longer than timeoutMs", async () => {
  const own = await service.authenticate({ timeoutMs: 100 });
  await own.items.list("empty");
  let count = 0;
  for await (const _ of own.items.list("large")) {
    count += 1;
    if (count === 1 || count === 100) await sleep(150);
  }
  assert.equal(count, 250);
});

for (const [what, answer, code] of [
  ["404", answers(404), "notFound"],
  ["403", answers(403), "permissionDenied"],
  ["500", answers(500), "serverError"],
  ["429", answers(429), "rateLimited"],
  ["a network error", () => Promise.reject(new TypeError("fetch failed")), "network"],
  ["garbage", () => Promise.resolve(new Response("<html>")), "protocol"],
]) {
  test(`an answer that fails: ${what}`, async () => {
    for (const read of [(list) => list.then(), oneByOne]) {
      const own = await service.authenticate();
      await own.vaults.list();
      service.replace = answer;
      await service.failure(read(own.vaults.list()), code);
      await service.failure(read(own.items.list(VAULT_ID)), code);
      service.replace = undefined;
      own.clearPause();
    }
  });
}

test("an answer without items, and one with items that are none", async () => {
  service.change = ({ path, json }) => {
    if (path === PATHS.overviews) delete json.items;
  };
  await service.failure(items.list("app"), "protocol");
  service.change = ({ path, json }) => {
    if (path === PATHS.overviews) json.items.unshift(null, 7, {}, { uuid: "x", trashed: "N" });
  };
  assert.deepEqual(titlesOf(await items.list("app")), ACTIVE);
});

test("a list that fails once is read anew, and an awaited one stays as it is", async () => {
  const list = items.list("app");
  service.replace = answers(500);
  await service.failure(list, "serverError");
  service.replace = undefined;
  await service.failure(list, "serverError");
  assert.equal((await oneByOne(list)).length, 4);
  assert.equal((await items.list("app")).length, 4);
});

test("a service that hangs: timeoutMs, signals and closing end the call", async () => {
  for (const read of [(list) => list.then(), oneByOne]) {
    const controller = new AbortController();
    const own = await service.authenticate({ timeoutMs: 400, signal: controller.signal });
    await own.items.list("app");
    service.replace = never;
    const error = await service.failure(read(own.items.list("app")), "timeout");
    assert.match(error.message, /400 ms|in time/);
    const late = service.failure(read(own.items.list("app")), "aborted");
    setTimeout(() => controller.abort(), 10);
    await late;
    service.calls = [];
    await service.failure(read(own.items.list("app")), "aborted");
    assert.deepEqual(service.calls, []);
    service.replace = undefined;
    const other = await service.authenticate();
    service.replace = never;
    const open = service.failure(read(other.items.list("app")), "closed");
    setTimeout(() => other.close(), 10);
    await open;
    service.calls = [];
    await service.failure(read(other.items.list("app")), "closed");
    assert.deepEqual(service.calls, []);
    service.replace = undefined;
  }
});

test("a signal that is given between two pages ends a loop at the next", async () => {
  const controller = new AbortController();
  const own = await service.authenticate({ signal: controller.signal });
  const seen = [];
  const loop = async () => {
    for await (const { title } of own.items.list("large")) {
      seen.push(title);
      if (seen.length === 50) controller.abort();
    }
  };
  await service.failure(loop(), "aborted");
  assert.equal(seen.length, 100);
});

test("10,000 items", async () => {
  const account = { vaults: [{ name: "v", items: titled(10_000) }] };
  const huge = await Service.start({ account });
  const own = await huge.authenticate();
  const whole = await own.items.list("v");
  assert.deepEqual(titlesOf(whole), titlesOf(account.vaults[0].items));
  let count = 0;
  for await (const { id } of own.items.list("v")) {
    assert.equal(id, whole[count].id);
    count += 1;
    if (count === 5_000) break;
  }
  assert.equal((await own.items.get("v", whole[9_999].id)).title, "item 9999");
});

test("a vault that was renamed, has a new key, or was replaced by one of its name", async () => {
  const changing = await Service.start({
    account: { vaults: [VAULT, { name: "other", items: titled(3) }] },
  });
  const own = await changing.authenticate();
  const { account } = changing.emulator;
  const lengths = async (...names) => {
    const lists = await Promise.all(names.map((name) => own.items.list(name)));
    return lists.map(({ length }) => length);
  };
  assert.deepEqual(await lengths("app", "other"), [1, 3]);
  await account.renameVault("app", "renamed");
  assert.deepEqual(await lengths("renamed", VAULT_ID), [1, 1]);
  await account.rotateVaultKey("renamed");
  assert.deepEqual(await lengths("renamed", VAULT_ID), [1, 1]);
  await account.renameVault("other", "app");
  own.clearCache();
  assert.deepEqual(await lengths("app", "renamed"), [3, 1]);
  // The remembered one is gone, and another one has its name.
  await account.renameVault("app", "gone");
  await account.renameVault("renamed", "app");
  changing.replace = async (call, ask) => {
    const isGone = call.path.endsWith("/overviews") && call.path !== PATHS.overviews;
    return isGone ? new Response(null, { status: 404 }) : ask();
  };
  assert.deepEqual(await lengths("app"), [1]);
  await service.failure(own.items.list("gone"), "notFound");
});

test("all vaults by their ids, without those that cannot be opened", async () => {
  const all = await vaults.list();
  assert.deepEqual(
    all.map(({ id }) => id),
    all.map(({ id }) => id).sort(),
  );
  assert.deepEqual(
    titlesOf(all).sort(),
    ["Double", ID_NAME, "app", "double", "empty", "large", "odd", "spoilt"].sort(),
  );
  assert.deepEqual(await oneByOne(vaults.list()), all);
  const types = Object.fromEntries(all.map(({ title, vaultType }) => [title, vaultType]));
  assert.equal(types.app, "userCreated");
  assert.deepEqual(
    [types.double, types.Double, types.odd],
    ["everyone", "personal", "unsupported"],
  );
});

const OVERVIEW_KEYS = [
  "id",
  "title",
  "description",
  "vaultType",
  "activeItemCount",
  "contentVersion",
  "attributeVersion",
  "createdAt",
  "updatedAt",
];

test("a vault's names may stay sealed", async () => {
  const named = await vaults.list({ decryptDetails: true });
  const sealed = await vaults.list({ decryptDetails: false });
  assert.deepEqual(Object.keys(sealed[0]), OVERVIEW_KEYS);
  // None has to be opened for it.
  assert.equal(sealed.length, named.length + 2);
  const hide = (vault) => ({ ...vault, title: "[Encrypted]", description: "[Encrypted]" });
  const ids = new Set(named.map(({ id }) => id));
  assert.deepEqual(
    sealed.filter(({ id }) => ids.has(id)),
    named.map(hide),
  );
  assert.deepEqual(await vaults.list({}), named);
});

test("a vault's overview, and a vault, by id and by name", async () => {
  const listed = (await vaults.list()).find(({ id }) => id === VAULT_ID);
  const { createdAt, updatedAt, ...rest } = listed;
  assert.ok(createdAt instanceof Date && updatedAt instanceof Date);
  assert.deepEqual([rest.title, rest.description], ["app", "of the tests"]);
  for (const name of [VAULT_ID, "app", "APP"]) {
    const overview = await vaults.getOverview(name);
    assert.deepEqual(overview, listed);
    assert.deepEqual(Object.keys(overview), OVERVIEW_KEYS);
    for (const params of [undefined, {}, { accessors: false }]) {
      const vault = await vaults.get(name, params);
      assert.deepEqual(vault, { ...rest, access: null });
      assert.deepEqual(Object.keys(vault), [...OVERVIEW_KEYS.slice(0, 7), "access"]);
    }
  }
  assert.equal((await vaults.get(ID_NAME)).title, ID_NAME);
  service.calls = [];
  await vaults.getOverview(VAULT_ID);
  await vaults.getOverview("app");
  assert.deepEqual(service.paths, [PATHS.vault, PATHS.vaults]);
});

test("a vault that is missing, ambiguous or cannot be opened", async () => {
  for (const get of [vaults.get, vaults.getOverview]) {
    for (const name of ["nowhere", "unnamed", NOBODY]) {
      const error = await service.failure(get(name), "vaultNotFound", name);
      assert.ok(error.message.includes(name), error.message);
    }
    const { candidates } = await service.failure(get("double"), "tooManyVaults");
    assert.deepEqual(titlesOf(candidates).sort(), ["Double", "double"]);
    for (const { id, title } of candidates) assert.equal((await get(id)).title, title);
    for (const id of [UNNAMED_ID, KEYLESS_ID]) await service.failure(get(id), "decryption", id);
  }
  service.replace = (call, ask) => (call.path === PATHS.vault ? answers(403)() : ask());
  await service.failure(vaults.get(VAULT_ID), "permissionDenied");
});

test("who has access to a vault, by id and by name", async () => {
  const plain = await vaults.get("app");
  for (const name of [VAULT_ID, "app"]) {
    service.calls = [];
    const vault = await vaults.get(name, { accessors: true });
    const [{ accessorUuid, permissions }] = vault.access;
    assert.match(accessorUuid, /^[a-z2-7]{26}$/i);
    assert.ok(Number.isInteger(permissions) && permissions > 0);
    const access = [{ vaultUuid: VAULT_ID, accessorType: "user", accessorUuid, permissions }];
    assert.deepEqual(vault, { ...plain, access });
    assert.deepEqual(Object.keys(vault.access[0]), Object.keys(access[0]));
    assert.deepEqual(service.paths, name === "app" ? [PATHS.vaults, PATHS.vault] : [PATHS.vault]);
  }
  const group = { vaultUuid: VAULT_ID, accessorType: "group", accessorUuid: "g", acl: 2 ** 40 };
  for (const [answer, shown] of [
    [[], []],
    [null, null],
    ["all", null],
    [[group, group], Array(2).fill({ ...group, permissions: 2 ** 40 })],
  ]) {
    service.change = ({ json }) => {
      json.access = answer;
    };
    const { access } = await vaults.get(VAULT_ID, { accessors: true });
    const wanted = shown?.map(({ acl: _, ...rest }) => rest) ?? null;
    assert.deepEqual(access, wanted, JSON.stringify(answer));
    // What the service says of it unasked is told, as the vendor's client does.
    assert.deepEqual((await vaults.get(VAULT_ID)).access, wanted);
    assert.deepEqual(Object.keys(await vaults.getOverview(VAULT_ID)), OVERVIEW_KEYS);
  }
});

test("what is no question is refused", async () => {
  service.calls = [];
  for (const params of [null, 7, "x", { accessors: 1 }]) {
    await service.failure(vaults.get("app", params), "argumentInvalid", JSON.stringify(params));
  }
  for (const params of [null, 7, "x", { decryptDetails: null }, { decryptDetails: 0 }]) {
    await service.failure(vaults.list(params), "argumentInvalid", JSON.stringify(params));
  }
  for (const name of [undefined, null, 7, "", "\0", ["app"]]) {
    await service.failure(vaults.get(name), "argumentInvalid", JSON.stringify(name));
    await service.failure(vaults.getOverview(name), "argumentInvalid", JSON.stringify(name));
  }
  for (const options of [null, 7, { timeoutMs: 0 }, { signal: 7 }]) {
    const what = JSON.stringify(options);
    await service.failure(vaults.list({}, options), "argumentInvalid", what);
    await service.failure(vaults.get("app", {}, options), "argumentInvalid", what);
    await service.failure(vaults.getOverview("app", options), "argumentInvalid", what);
  }
  assert.deepEqual(service.calls, []);
});

test("a vault that was renamed goes by its new name at once", async () => {
  const changing = await Service.start();
  const own = await changing.authenticate();
  const { attributeVersion } = await own.vaults.get("app");
  await changing.emulator.account.renameVault("app", "renamed");
  const renamed = await own.vaults.get("renamed");
  assert.deepEqual([renamed.id, renamed.attributeVersion], [VAULT_ID, attributeVersion + 1]);
  await changing.failure(own.vaults.get("app"), "vaultNotFound");
});
