// What processes leave for each other in a store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readToken } from "../emulator/raw_client.mjs";
import {
  aQuarterHourPasses,
  BY_ID,
  BY_NAME,
  ITEM_ID,
  PATHS,
  SECRET,
  Service,
  VAULT_ID,
} from "./support.mjs";

const SIGN_IN = [PATHS.start, PATHS.exchange, PATHS.confirm, PATHS.complete];
const COLD = [...SIGN_IN, PATHS.vaults, PATHS.keysets, PATHS.overviews, PATHS.item];

function memory() {
  const records = new Map();
  return {
    records,
    reads: 0,
    writes: 0,
    get(key) {
      this.reads += 1;
      return records.get(key)?.value;
    },
    set(key, value, ttlSeconds) {
      this.writes += 1;
      records.set(key, { value, ttlSeconds });
    },
  };
}

/** Another service, because a token whose session was refused shares none in this process. */
async function newService() {
  const here = await Service.start();
  return { here, store: memory() };
}

/** A service, and what a first process has left in a store. */
async function lent(config = {}) {
  const { here, store } = await newService();
  const lender = await here.authenticate({ store, ...config });
  assert.equal(await lender.resolve(BY_NAME), SECRET);
  here.calls = [];
  return { here, store, lender };
}

const only = (store) => [...store.records.entries()][0];
const signIns = ({ paths }) => paths.filter((path) => path === PATHS.start).length;

test("a cold process that finds a record makes one request for its first secret", async () => {
  const { here, store } = await lent({ lazy: true });
  assert.deepEqual([store.reads, store.writes], [1, 1]);
  const events = [];
  const second = await here.authenticate({ store, onEvent: (event) => events.push(event.type) });
  assert.deepEqual(here.paths, []);
  assert.equal(await second.resolve(BY_NAME), SECRET);
  assert.deepEqual(here.paths, [PATHS.item]);
  assert.equal(events[0], "resume");
  assert.ok(!events.includes("signIn"));
  assert.deepEqual([second.stats().resumes, second.stats().signIns], [1, 0]);
  // By ids, too: the key of the vault is known.
  const third = await here.authenticate({ store });
  here.calls = [];
  assert.equal(await third.resolve(BY_ID), SECRET);
  assert.deepEqual(here.paths, [PATHS.item]);
  assert.deepEqual([store.reads, store.writes], [3, 1], "nothing new was learned");
});

test("requests from cold, without a store, with a record, with secrets", async () => {
  const table = {};
  for (const [name, share] of Object.entries({
    "no store": undefined,
    "nothing but pauses": { session: false, names: false },
    "the session": { session: true, names: false },
    names: { session: false, names: true },
    "session and names": {},
    secrets: { secrets: { ttlMs: 60_000 } },
  })) {
    const { here, store } = await newService();
    const config = name === "no store" ? {} : { store, share };
    for (const process of ["first", "second"]) {
      here.calls = [];
      const client = await here.authenticate({ ...config, lazy: true });
      assert.equal(await client.resolve(BY_NAME), SECRET);
      table[`${name}, ${process}`] = here.paths.length;
    }
  }
  assert.deepEqual(table, {
    "no store, first": 8,
    "no store, second": 8,
    "nothing but pauses, first": 8,
    "nothing but pauses, second": 8,
    "the session, first": 8,
    "the session, second": 4,
    "names, first": 8,
    "names, second": 5,
    "session and names, first": 8,
    "session and names, second": 1,
    "secrets, first": 8,
    "secrets, second": 0,
  });
});

test("what is stored tells nothing, and ends", async () => {
  const { here, store, lender } = await lent({ share: { secrets: { ttlMs: 60_000 } } });
  await lender.resolve(BY_ID, { fresh: true });
  const [key, { value, ttlSeconds }] = only(store);
  assert.match(key, /^onepassword-edge-[\w-]{22}$/);
  assert.equal(ttlSeconds, 24 * 3_600, "the keys");
  const session = here.calls.at(-1).headers["X-AgileBits-Session-ID"];
  const throttling = here.calls.at(-1).headers["OP-Throttling-Token"];
  const { kid, enc, iv, data, ...rest } = JSON.parse(value);
  assert.deepEqual([kid, enc, rest], ["record", "A256GCM", { cty: "b5+jwk+json" }]);
  const name = key.replace("onepassword-edge-", "");
  const stored = [name, value, iv, Buffer.from(data, "base64url").toString("latin1")].join("\n");
  const { signInAddress, email, secretKey, deviceUuid } = readToken(here.token);
  for (const text of [
    ...["app", "database", "password", "op://", SECRET, VAULT_ID, ITEM_ID],
    ...[session, throttling, email, secretKey, deviceUuid, signInAddress],
  ]) {
    for (const form of ["utf8", "utf16le", "base64", "base64url", "hex"]) {
      const encoded = form === "utf8" ? text : Buffer.from(text, "utf8").toString(form);
      // Three letters come up by chance.
      if (encoded.length > 4) assert.ok(!stored.includes(encoded), `${form} of ${text.length}`);
    }
  }
});

test("records of one state differ, and hide how many names they hold from nobody's key", async () => {
  const { here, store } = await lent();
  const first = only(store)[1].value;
  store.records.clear();
  const other = await here.authenticate({ store, lazy: true });
  await other.resolve(BY_NAME);
  assert.notEqual(only(store)[1].value, first);
});

test("twenty processes on one session send no number twice", async () => {
  const { here, store } = await lent();
  const clients = await Promise.all(Array.from({ length: 20 }, () => here.authenticate({ store })));
  for (let round = 0; round < 5; round += 1) {
    const found = await Promise.all(clients.map((client) => client.resolve(BY_NAME)));
    assert.deepEqual(new Set(found), new Set([SECRET]));
  }
  assert.equal(signIns(here), 0);
  const numbers = here.calls.map(({ headers }) => headers["X-AgileBits-MAC"]?.split("|")[1]);
  assert.equal(new Set(numbers).size, 20 * 5);
  assert.ok(numbers.every((number) => Number(number) >= 2 ** 26));
  assert.equal(here.emulator.repeatedNumbers, 0);
});

const USELESS = {
  "another token's": async () => only((await lent()).store)[1],
  damaged: (record) => ({ value: `${record.slice(0, -9)}AAAA"}` }),
  "cut off": (record) => ({ value: record.slice(0, 40) }),
  "no text": () => ({ value: 5 }),
  "an object": (record) => ({ value: JSON.parse(record) }),
  empty: () => ({ value: "" }),
  "far too long": () => ({ value: "x".repeat(5_000_000) }),
  "of a hundred thousand brackets": () => ({ value: "[".repeat(100_000) }),
};
for (const [name, spoil] of Object.entries(USELESS)) {
  test(`a record that is ${name} is as if there was none`, async () => {
    const { here, store } = await lent();
    const [key, { value }] = only(store);
    store.records.set(key, await spoil(value));
    const client = await here.authenticate({ store, lazy: true });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.deepEqual(here.paths.slice(0, 4), SIGN_IN);
    assert.deepEqual(here.paths.slice().sort(), COLD.slice().sort());
    // And it is mended.
    here.calls = [];
    const next = await here.authenticate({ store });
    assert.equal(await next.resolve(BY_NAME), SECRET);
    assert.deepEqual(here.paths, [PATHS.item]);
  });
}

/** What has changed since the record was written, and what is resolved then. */
const CHANGES = {
  "the item was renamed, and another has its name": async (account) => {
    await account.setItem("app", "database", { title: "former" });
    await account.addItem("app", { title: "database", password: "another" });
    return "another";
  },
  "the item was replaced": async (account) => {
    await account.replaceItem("app", "database", { title: "database", password: "replaced" });
    return "replaced";
  },
  "the item was archived, and another has its name": async (account) => {
    await account.setItem("app", "database", { state: "archived" });
    await account.addItem("app", { title: "database", password: "another" });
    return "another";
  },
  "the vault has another key": async (account) => {
    await account.rotateVaultKey("app");
    return SECRET;
  },
  "the value is another": async (account) => {
    await account.setItem("app", "database", { password: "changed" });
    return "changed";
  },
};
for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name}: repaired, and so is the record`, async () => {
    const { here, store } = await lent();
    const expected = await change(here.emulator.account);
    const second = await here.authenticate({ store });
    assert.equal(await second.resolve(BY_NAME), expected);
    assert.ok(here.paths.length <= 7, `${here.paths.length} requests`);
    assert.equal(signIns(here), 0);
    here.calls = [];
    const third = await here.authenticate({ store });
    assert.equal(await third.resolve(BY_NAME), expected);
    assert.deepEqual(here.paths, [here.paths[0]], "one request again");
  });
}

test("a new key of a vault is stored, too, where everything is asked for by ids", async () => {
  const { here, store } = await lent();
  await here.emulator.account.rotateVaultKey("app");
  const second = await here.authenticate({ store });
  assert.equal(await second.resolve(BY_ID), SECRET);
  assert.deepEqual(here.paths, [PATHS.item, PATHS.vault, PATHS.keysets, PATHS.item]);
  here.calls = [];
  const third = await here.authenticate({ store });
  assert.equal(await third.resolve(BY_ID), SECRET);
  assert.deepEqual(here.paths, [PATHS.item]);
});

test("an item that is gone is not found, and its name leaves the record", async () => {
  const { here, store } = await lent();
  await here.emulator.account.removeItem("app", "database");
  const second = await here.authenticate({ store });
  await here.failure(second.resolve(BY_NAME), "itemNotFound");
  here.calls = [];
  const third = await here.authenticate({ store });
  await here.failure(third.resolve(BY_NAME), "itemNotFound");
  assert.equal(here.paths[0], PATHS.overviews);
  assert.ok(!here.paths.includes(PATHS.item));
});

test("a vault that was renamed is found under its former name for as long as names are", async () => {
  const { here, store } = await lent();
  await here.emulator.account.renameVault("app", "former");
  const second = await here.authenticate({ store });
  assert.equal(await second.resolve(BY_NAME), SECRET);
  for (let minutes = 0; minutes < 5; minutes += 15) aQuarterHourPasses();
  const third = await here.authenticate({ store });
  await here.failure(third.resolve(BY_NAME), "vaultNotFound");
});

test("a session that is refused is given up, and none is shared for a while", async () => {
  const { here, store } = await lent();
  here.emulator.expireSessions();
  const client = await here.authenticate({ store });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.deepEqual(here.paths, [PATHS.item, ...SIGN_IN, PATHS.item], "names and keys hold");
  here.calls = [];
  const next = await here.authenticate({ store });
  assert.equal(await next.resolve(BY_NAME), SECRET);
  assert.deepEqual(here.paths, [...SIGN_IN, PATHS.item]);
});

const REFUSALS = {
  400: () => new Response("{}", { status: 400 }),
  403: () => new Response("{}", { status: 403 }),
  "an answer under another key": () =>
    Response.json({
      kid: "k",
      enc: "A256GCM",
      cty: "b5+jwk+json",
      iv: "A".repeat(16),
      data: "AAAA",
    }),
};

/** Answers so whatever is asked, until somebody has signed in. */
function untilSignedIn(answer) {
  let isSignedIn = false;
  return (call, ask) => {
    isSignedIn ||= call.path === PATHS.complete;
    return isSignedIn || SIGN_IN.includes(call.path) ? ask() : answer();
  };
}

for (const [name, answer] of Object.entries(REFUSALS)) {
  test(`a resumed session that is refused with ${name} is given up, too`, async () => {
    const { here, store } = await lent();
    here.replace = untilSignedIn(answer);
    const client = await here.authenticate({ store });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(signIns(here), 1);
  });
}

const FAILURES = {
  404: () => new Response("{}", { status: 404 }),
  500: () => new Response("", { status: 500 }),
  302: () => new Response("", { status: 302, headers: { location: "https://elsewhere.example" } }),
  "a lost connection": () => Promise.reject(new TypeError("reset")),
};
for (const [name, answer] of Object.entries(FAILURES)) {
  test(`a resumed session that only gets ${name} is given up after a call`, async () => {
    const { here, store } = await lent();
    const client = await here.authenticate({ store });
    here.replace = untilSignedIn(answer);
    await client.resolve(BY_NAME).catch(() => {});
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(client.stats().signIns, 1);
    here.replace = undefined;
    const next = await here.authenticate({ store });
    assert.equal(await next.resolve(BY_NAME), SECRET);
    assert.equal(next.stats().signIns, 0);
  });
}

test("a 404 in the words of the service makes no session one that works", async () => {
  const { here, store } = await lent();
  const client = await here.authenticate({ store });
  const error = { errorCode: 117, errorMessage: "not found" };
  here.replace = () => Response.json(error, { status: 404 });
  await client.resolve(BY_ID).catch(() => {});
  here.replace = untilSignedIn(() => new Response("{}", { status: 403 }));
  assert.equal(await client.resolve(BY_NAME, { fresh: true }), SECRET);
  assert.equal(client.stats().signIns, 1);
});

test("once a resumed session has worked, what is forbidden is forbidden", async () => {
  const { here, store } = await lent();
  const client = await here.authenticate({ store });
  await client.resolve(BY_NAME);
  here.calls = [];
  here.replace = () => new Response("{}", { status: 403 });
  await here.failure(client.resolve(BY_NAME, { fresh: true }), "permissionDenied");
  assert.equal(signIns(here), 0);
});

test("a session that has merely ended after its time does not end the sharing", async () => {
  const { here, store, lender } = await lent();
  aQuarterHourPasses();
  here.emulator.expireSessions();
  assert.equal(await lender.resolve(BY_NAME), SECRET);
  assert.equal(signIns(here), 1);
  const next = await here.authenticate({ store });
  assert.equal(await next.resolve(BY_NAME), SECRET);
  assert.equal(next.stats().resumes, 1);
});

test("a lender whose session has ended takes up a newer one", async () => {
  const { here, store, lender } = await lent();
  here.emulator.expireSessions();
  // As a process that found nothing stored.
  store.records.clear();
  const other = await here.authenticate({ store, lazy: true });
  await other.resolve(BY_NAME);
  // The store is not read twice in a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  here.calls = [];
  assert.equal(await lender.resolve(BY_NAME), SECRET);
  assert.deepEqual(here.paths, [PATHS.item, PATHS.item]);
  assert.deepEqual([lender.stats().signIns, lender.stats().resumes], [1, 1]);
});

test("a one-time password is in no record", async () => {
  const uri = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP";
  const field = { title: "code", kind: "otp", value: uri };
  const items = [{ title: "login", password: SECRET, fields: [field] }];
  const here = await Service.start({ account: { vaults: [{ name: "app", items }] } });
  const config = { store: memory(), share: { secrets: { ttlMs: 60_000 } } };
  const reference = "op://app/login/code?attribute=otp";
  const first = await here.authenticate(config);
  assert.match(await first.resolve(reference), /^\d{6}$/);
  const second = await here.authenticate(config);
  here.calls = [];
  assert.match(await second.resolve(reference), /^\d{6}$/);
  assert.equal(here.calls.length, 1);
});

test("where a secret was found is told of a stored one too", async () => {
  const config = { store: memory(), share: { secrets: { ttlMs: 60_000 } } };
  const { here, lender } = await lent(config);
  const found = await lender.secrets.resolveAll([BY_NAME]);
  const { itemId, vaultId } = found.individualResponses[BY_NAME].content;
  assert.notEqual(itemId, vaultId);
  const second = await here.authenticate(config);
  assert.deepEqual(await second.secrets.resolveAll([BY_NAME]), found);
  assert.deepEqual(here.paths, []);
});

test("secrets: once per time, whoever asks; fresh asks, and what it finds is for all", async () => {
  const config = { store: memory(), share: { secrets: { ttlMs: 600_000 } } };
  const { here, lender } = await lent(config);
  const second = await here.authenticate(config);
  await here.emulator.account.setItem("app", "database", { password: "changed" });
  assert.equal(await second.resolve(BY_NAME), SECRET);
  assert.deepEqual(here.paths, []);
  assert.equal(await second.resolve(BY_NAME, { fresh: true }), "changed");
  const third = await here.authenticate(config);
  assert.equal(await third.resolve(BY_NAME), "changed");
  assert.equal(await lender.resolve(BY_NAME), SECRET, "for as long as it may");
  aQuarterHourPasses();
  assert.equal(await lender.resolve(BY_NAME), "changed");
});

test("what was learned is stored before the call is over: what comes later may be cut off", async () => {
  const { here, store } = await newService();
  const set = async (...record) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    store.set(...record);
  };
  const client = await here.authenticate({ store: { get: () => null, set } });
  await client.resolve(BY_NAME);
  assert.equal(store.records.size, 1);
});

test("calls made together are one read and one write", async () => {
  const items = Array.from({ length: 20 }, (_, n) => ({ title: `item ${n}`, password: SECRET }));
  const vaults = ["a", "b"].map((name) => ({ name, items }));
  const here = await Service.start({ account: { vaults } });
  const store = memory();
  const client = await here.authenticate({ store, lazy: true });
  const references = items.flatMap(({ title }) =>
    ["a", "b"].map((v) => `op://${v}/${title}/password`),
  );
  await Promise.all(references.map((reference) => client.resolve(reference)));
  assert.deepEqual([store.reads, store.writes], [1, 1]);
  here.calls = [];
  const second = await here.authenticate({ store, lazy: true });
  await Promise.all(references.map((reference) => second.resolve(reference)));
  assert.equal(here.calls.length, 2, "a batch for each vault");
});

test("waitUntil gets the write, and no call waits for it", async () => {
  const { here, store } = await newService();
  const writes = [];
  let finish;
  const set = (...record) =>
    new Promise((resolve) => {
      finish = () => resolve(store.set(...record));
    });
  const waitUntil = (promise) => writes.push(promise);
  const client = await here.authenticate({ store: { get: () => null, set }, waitUntil });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.deepEqual([writes.length, store.records.size], [1, 0]);
  finish();
  assert.equal(await writes[0], undefined);
  assert.equal(store.records.size, 1);
});

test("a write that hangs is waited for by nobody, and the store not asked again meanwhile", async () => {
  const items = Array.from({ length: 4 }, (_, n) => ({ title: `item ${n}`, password: SECRET }));
  const here = await Service.start({ account: { vaults: [{ name: "app", items }] } });
  const store = { ...memory(), set: () => new Promise(() => {}) };
  const client = await here.authenticate({ store, waitUntil() {} });
  for (const { title } of items) {
    assert.equal(await client.resolve(`op://app/${title}/password`), SECRET);
  }
  assert.equal(store.reads, 1);
});

test("waitUntil gets no rejection, and may throw", async () => {
  const { here } = await newService();
  const writes = [];
  const store = { get: () => null, set: () => Promise.reject(new Error("no store")) };
  const client = await here.authenticate({ store, waitUntil: (promise) => writes.push(promise) });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(await writes[0], undefined);
  const waitUntil = () => {
    throw new Error("the request is over");
  };
  const other = await here.authenticate({ store, waitUntil });
  assert.equal(await other.resolve(BY_NAME), SECRET);
});

const BROKEN_STORES = {
  throws: () => {
    throw new Error("no store");
  },
  rejects: () => Promise.reject(new Error("no store")),
  "never answers": () => new Promise(() => {}),
  "answers with a number": () => 7,
  "answers with an object": () => ({}),
  "answers with what throws": () => ({
    // biome-ignore lint/suspicious/noThenProperty: a hostile thenable
    get then() {
      throw new Error("no store");
    },
  }),
};
for (const [name, broken] of Object.entries(BROKEN_STORES)) {
  test(`a store that ${name} is as if there was none`, async () => {
    const { here } = await newService();
    const client = await here.authenticate({ store: { get: broken, set: broken } });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.deepEqual(here.paths.slice(0, 4), SIGN_IN);
    here.emulator.expireSessions();
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}

test("a store that hangs costs no more than the time of the call", async () => {
  const { here } = await newService();
  const never = () => new Promise(() => {});
  const client = await here.authenticate({ store: { get: never, set: never }, lazy: true });
  await assert.rejects(client.resolve(BY_NAME, { timeoutMs: 300 }), { code: "timeout" });
  assert.deepEqual(here.paths, [], "it has waited for the store alone");
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a store that answers late is not waited for, and nothing is left uncaught", async () => {
  const { here, store } = await lent();
  let reject;
  const late = {
    get: () =>
      new Promise((_, end) => {
        reject = end;
      }),
    set: () => {},
  };
  const client = await here.authenticate({ store: late, lazy: true });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  reject(new Error("too late"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(store.records.size, 1);
});

test("a record of a huge account stays below what every store takes", async () => {
  const items = Array.from({ length: 600 }, (_, n) => ({
    title: `${n} ${"x".repeat(100)}`,
    password: "y".repeat(2_000),
  }));
  const here = await Service.start({ account: { vaults: [{ name: "app", items }] } });
  const store = memory();
  const config = { store, share: { secrets: { ttlMs: 60_000 } } };
  const client = await here.authenticate(config);
  const references = items.map(({ title }) => `op://app/${title}/password`);
  await client.secrets.resolveAll(references);
  const [, { value }] = only(store);
  assert.ok(value.length > 50_000 && value.length < 64 * 1024, `${value.length}`);
  // What has room is of use, what has none costs a request.
  const second = await here.authenticate(config);
  here.calls = [];
  assert.equal(await second.resolve(references.at(-1)), "y".repeat(2_000));
  assert.ok(here.calls.length <= 1);
  assert.equal(await second.resolve(references[0]), "y".repeat(2_000));
});

test("two processes that write at once: one record, whole, and nothing is lost for good", async () => {
  const items = ["one", "two"].map((title) => ({ title, password: SECRET }));
  const here = await Service.start({ account: { vaults: [{ name: "app", items }] } });
  const store = memory();
  const reference = (title) => `op://app/${title}/password`;
  await Promise.all(
    ["one", "two"].map(async (title) => {
      const client = await here.authenticate({ store, lazy: true });
      assert.equal(await client.resolve(reference(title)), SECRET);
    }),
  );
  const counts = [];
  for (let process = 0; process < 3; process += 1) {
    const client = await here.authenticate({ store, lazy: true });
    here.calls = [];
    for (const title of ["one", "two"]) {
      assert.equal(await client.resolve(reference(title)), SECRET);
    }
    counts.push(here.calls.length);
  }
  assert.deepEqual(counts, [3, 2, 2], "the first of them finds out what was lost");
});

test("an error about a store tells nothing of it, and unknown parts of share are refused", async () => {
  const { here } = await newService();
  const store = memory();
  for (const [config, message] of [
    [{ store: {} }, /^the option store must have the methods get and set/],
    [{ store: 7 }, /^the option store must have/],
    [{ store, share: 7 }, /^the option share must be an object/],
    [{ store, share: { sessions: true } }, /sessions.*session/],
    [{ store, share: { session: 1 } }, /^the option share\.session must be true or false/],
    [{ store, share: { secrets: true } }, /^the option share\.secrets must be an object/],
    [{ store, share: { secrets: { ttlMs: 0 } } }, /^the option share\.secrets\.ttlMs must be/],
    [{ store, share: { secrets: { ttlMs: "1" } } }, /^the option share\.secrets\.ttlMs must be/],
    [{ store, share: { secrets: { ttl: 1 } } }, /ttl.*ttlMs/],
    [{ store, share: { secrets: {} } }, /^the option share\.secrets\.ttlMs must be/],
    [{ store, waitUntil: 7 }, /^the option waitUntil must be a function/],
    [{ share: {} }, /^the option share needs a store/],
    [{ sessionStore: store }, /sessionStore.*store/],
  ]) {
    const error = await here.failure(here.authenticate(config), "argumentInvalid");
    assert.match(error.message, message);
  }
});
