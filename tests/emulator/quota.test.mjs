// What the quota counts, when it starts anew, and how it is refused and reported.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator, SAMPLE_REFERENCE, SAMPLE_SECRET } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { RawClient, throttlingToken } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const KEYSETS = "/api/v2/account/keysets";
const VAULTS = "/api/v1/vaults?attrs=combined-access";
const BATCH = `/api/v3/vault/${VAULT}/items/batch`;
const OVERVIEWS = `/api/v1/vault/${VAULT}/items/overviews`;
const account = { vaults: [{ name: "app", id: VAULT, items: [{ title: "db", id: ITEM }] }] };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A raw client by the service's clock, which stands still until a test moves it. */
class Clocked extends RawClient {
  constructor(emulator, clock) {
    super(emulator);
    this.clock = clock;
    this.version = 1;
  }

  headers() {
    const token = throttlingToken(this.token, this.clock.ms);
    return { ...super.headers(), "OP-Throttling-Token": token };
  }

  read(path = KEYSETS) {
    return this.sealed("GET", path);
  }

  async write() {
    const answer = await this.sealed("PATCH", `/api/v3/vault/${VAULT}/${this.version}/items`, []);
    if (answer.status === 200) this.version += 1;
    return answer;
  }
}

async function service(quota, more = {}) {
  const clock = { ms: Date.UTC(2030, 0, 1, 12, 34, 56) };
  const emulator = await createEmulator({ account, quota, now: () => clock.ms, ...more });
  const client = await new Clocked(emulator, clock).signIn();
  return { clock, emulator, client };
}

const used = ({ quota }) => quota.map((row) => row.used);

async function assertServed(...answers) {
  for (const { status, json } of await Promise.all(answers)) {
    assert.equal(status, 200, JSON.stringify(json));
  }
}

const hourly = (wait) =>
  "Too Many Requests: You've reached the maximum number of this type of requests this service " +
  `account is allowed to make. Please retry in ${wait} or try other requests.`;
const daily = (wait) =>
  "Too Many Requests: You've reached the maximum number of this type of requests this 1Password " +
  `account is allowed to make. Please retry in ${wait} or try other requests.`;

async function assertRefused(answer, message) {
  const { status, json, headers } = await answer;
  assert.equal(status, 429, JSON.stringify(json));
  assert.equal(json.errorMessage, message);
  assert.deepEqual(Object.keys(json), ["errorCode", "errorMessage", "requestId"]);
  assert.equal(json.errorCode, 0);
  assert.equal(typeof json.requestId, "number");
  return headers;
}

test("without a quota nothing is counted or refused", async () => {
  for (const quota of [undefined, {}, { readsPerHour: undefined }]) {
    const { emulator, client } = await service(quota);
    for (let n = 0; n < 20; n += 1) await assertServed(client.read());
    assert.deepEqual(emulator.quota, []);
  }
});

test("reads and writes are counted apart, for all sessions of the token", async () => {
  const { emulator, client, clock } = await service({ readsPerHour: 3, writesPerHour: 2 });
  const other = await new Clocked(emulator, clock).signIn();
  await assertServed(client.read(), other.read(VAULTS), client.read(OVERVIEWS));
  await assertRefused(client.read(), hourly("1 hour"));
  await assertRefused(other.read(), hourly("1 hour"));
  assert.deepEqual(used(emulator), [3, 0]);
  await assertServed(await client.write(), await client.write());
  await assertRefused(client.write(), hourly("1 hour"));
  assert.deepEqual(used(emulator), [3, 2]);
});

test("a limit on reads leaves writes alone, and the reverse", async () => {
  const reads = await service({ readsPerHour: 1 });
  await assertServed(reads.client.read(), await reads.client.write(), await reads.client.write());
  await assertRefused(reads.client.read(), hourly("1 hour"));
  const writes = await service({ writesPerHour: 1 });
  await assertServed(writes.client.write(), writes.client.read(), writes.client.read());
  await assertRefused(writes.client.write(), hourly("1 hour"));
});

test("a batch of items is a read, and counts once", async () => {
  const { emulator, client } = await service({ readsPerHour: 9, writesPerHour: 9 });
  await assertServed(client.sealed("POST", BATCH, { itemUuids: [ITEM, ITEM, ITEM] }));
  assert.deepEqual(used(emulator), [1, 0]);
});

test("what an endpoint refuses counts", async () => {
  const { emulator, client } = await service({ readsPerHour: 9, writesPerHour: 9 });
  assert.equal((await client.read(`/api/v1/vault/${VAULT}/item/${ABSENT}`)).status, 404);
  assert.equal((await client.sealed("POST", BATCH, { itemUuids: [] })).status, 400);
  assert.deepEqual(used(emulator), [2, 0]);
  const stale = `/api/v3/vault/${VAULT}/7/items`;
  assert.equal((await client.sealed("PATCH", stale, [])).status, 409);
  assert.deepEqual(used(emulator), [2, 1]);
});

test("what reaches no endpoint does not count", async () => {
  let fault;
  const faults = () => fault;
  const { emulator, client } = await service({ readsPerHour: 9, writesPerHour: 9 }, { faults });
  assert.equal((await client.read("/api/v1/nothing")).status, 404);
  assert.equal((await client.read(`${KEYSETS}?x=1`)).status, 400);
  assert.equal((await client.sealed("DELETE", KEYSETS)).status, 405);
  fault = { kind: "status", status: 503 };
  assert.equal((await client.read()).status, 503);
  assert.deepEqual(used(emulator), [0, 0]);
  fault = { kind: "reset", served: true };
  await assert.rejects(client.read(), TypeError);
  assert.deepEqual(used(emulator), [1, 0]);
});

test("signing in is free", async () => {
  const quota = { readsPerHour: 1, writesPerHour: 1, requestsPerDay: 1 };
  const { emulator, client } = await service(quota);
  for (let n = 0; n < 3; n += 1) await client.signIn();
  assert.deepEqual(used(emulator), [0, 0, 0]);
  await assertServed(client.read());
  // Also once nothing is left.
  await client.signIn();
  await assertRefused(client.read(), daily("24 hours"));
});

test("making a device known is free", async () => {
  const quota = { requestsPerDay: 1 };
  const emulator = await createEmulator({ account, quota, device: "deleted" });
  const client = new RawClient(emulator);
  await client.start();
  const path = `/api/v1/device/${client.token.deviceUuid}/reauthorize`;
  assert.deepEqual((await client.plain("PUT", path)).json, { success: 1 });
  await client.signIn();
  assert.deepEqual(used(emulator), [0]);
});

test("requests without a valid session and MAC do not count", async () => {
  const { emulator, client, clock } = await service({ requestsPerDay: 2 });
  const refuse = async (change, status = 401) => {
    assert.equal((await client.sealed("GET", KEYSETS, undefined, change)).status, status);
  };
  const number = client.number;
  await assertServed(client.read());
  await refuse({ number });
  await refuse({ mac: undefined });
  await refuse({ mac: "v1|500|AAAAAAAAAAAAAAAA" });
  await refuse({ host: "elsewhere.example" });
  await refuse({ headers: { "X-AgileBits-Session-ID": undefined } });
  await refuse({ headers: { "X-AgileBits-Session-ID": "A".repeat(26) } });
  await refuse({ headers: { "OP-Throttling-Token": undefined } }, 400);
  const incomplete = new Clocked(emulator, clock);
  await incomplete.start();
  await incomplete.exchange();
  assert.equal((await incomplete.read()).status, 401);
  await incomplete.confirm();
  assert.equal((await incomplete.read()).status, 401);
  assert.deepEqual(used(emulator), [1]);
  await assertServed(client.read());
});

test("an hour starts with its first request and ends exactly an hour later", async () => {
  const { emulator, client, clock } = await service({ readsPerHour: 2 });
  const reset = () => emulator.quota[0].reset;
  clock.ms += 20 * MINUTE;
  assert.equal(reset(), 0);
  await assertServed(client.read());
  const start = clock.ms;
  assert.equal(reset(), 3600);
  clock.ms += 30 * MINUTE;
  await assertServed(client.read());
  assert.equal(reset(), 1800);
  clock.ms = start + HOUR - 1;
  await assertRefused(client.read(), hourly("1 second"));
  assert.deepEqual(used(emulator), [2]);
  clock.ms = start + HOUR;
  assert.deepEqual([used(emulator), reset()], [[0], 0]);
  // The next hour does not follow the one before: it starts with a request as well.
  clock.ms += 10 * MINUTE;
  await assertServed(client.read());
  assert.deepEqual([used(emulator), reset()], [[1], 3600]);
});

test("the hours of reads and of writes start apart", async () => {
  const { emulator, client, clock } = await service({ readsPerHour: 5, writesPerHour: 5 });
  await assertServed(client.read());
  clock.ms += 59 * MINUTE;
  await assertServed(client.write());
  clock.ms += MINUTE;
  assert.deepEqual(used(emulator), [0, 1]);
});

test("a day is over reads and writes, and starts with its first request", async () => {
  const { emulator, client, clock } = await service({ readsPerHour: 2, requestsPerDay: 3 });
  await assertServed(client.write());
  const start = clock.ms;
  clock.ms += 5 * HOUR;
  await assertServed(client.read(), client.read());
  assert.deepEqual(used(emulator), [2, 3]);
  await assertRefused(client.write(), daily("19 hours"));
  clock.ms = start + DAY - MINUTE;
  assert.deepEqual(used(emulator), [0, 3]);
  await assertRefused(client.read(), daily("1 minute"));
  await assertRefused(client.write(), daily("1 minute"));
  clock.ms = start + DAY;
  await assertServed(client.read(), client.write());
  assert.deepEqual(used(emulator), [1, 2]);
});

test("what is refused with 429 does not count", async () => {
  const quota = { readsPerHour: 1, writesPerHour: 1, requestsPerDay: 2 };
  const { emulator, client, clock } = await service(quota);
  await assertServed(client.read());
  for (let n = 0; n < 5; n += 1) await assertRefused(client.read(), hourly("1 hour"));
  assert.deepEqual(used(emulator), [1, 0, 1]);
  await assertServed(client.write());
  clock.ms += 2 * HOUR;
  // Nor does it start an hour of its own.
  for (let n = 0; n < 5; n += 1) await assertRefused(client.read(), daily("22 hours"));
  assert.deepEqual(
    emulator.quota.map(({ used, reset }) => [used, reset]),
    [
      [0, 0],
      [0, 0],
      [2, 22 * 3600],
    ],
  );
});

test("where both limits are reached, the account's is named", async () => {
  const { client, clock } = await service({ readsPerHour: 1, requestsPerDay: 2 });
  await assertServed(client.write());
  // The day ends before the hour.
  clock.ms += DAY - 10 * MINUTE;
  await assertServed(client.read());
  await assertRefused(client.read(), daily("10 minutes"));
  await assertRefused(client.write(), daily("10 minutes"));
});

test("a write that is refused does nothing", async () => {
  const { client } = await service({ writesPerHour: 1 });
  await assertServed(client.write());
  await assertRefused(client.write(), hourly("1 hour"));
  assert.equal((await client.read(OVERVIEWS)).json.contentVersion, 2);
});

for (const [leftMs, wait] of [
  [HOUR, "1 hour"],
  [59 * MINUTE + 1, "1 hour"],
  [58 * MINUTE, "58 minutes"],
  [57 * MINUTE + 1, "58 minutes"],
  [MINUTE + 1, "2 minutes"],
  [MINUTE, "1 minute"],
  [59 * SECOND + 1, "1 minute"],
  [42 * SECOND, "42 seconds"],
  [41 * SECOND + 1, "42 seconds"],
  [SECOND, "1 second"],
  [1, "1 second"],
  [0.25, "1 second"],
]) {
  test(`an hour's limit with ${leftMs} ms to go: ${wait}`, async () => {
    const { client, clock } = await service({ readsPerHour: 1 });
    await assertServed(client.read());
    clock.ms += HOUR - leftMs;
    const headers = await assertRefused(client.read(), hourly(wait));
    assert.equal(headers.get("retry-after"), null);
  });
}

for (const [leftMs, wait] of [
  [DAY, "24 hours"],
  [DAY - MINUTE, "23 hours and 59 minutes"],
  [DAY - 2 * MINUTE + 1, "23 hours and 59 minutes"],
  [2 * HOUR + MINUTE, "2 hours and 1 minute"],
  [HOUR + 30 * MINUTE, "1 hour and 30 minutes"],
  [HOUR + 1, "1 hour and 1 minute"],
  [HOUR, "1 hour"],
  [58 * MINUTE, "58 minutes"],
  [42 * SECOND, "42 seconds"],
]) {
  test(`a day's limit with ${leftMs} ms to go: ${wait}`, async () => {
    const { client, clock } = await service({ requestsPerDay: 1 });
    await assertServed(client.read());
    clock.ms += DAY - leftMs;
    await assertRefused(client.read(), daily(wait));
  });
}

test("a client that waits as told is served", async () => {
  const unitMs = { hour: HOUR, minute: MINUTE, second: SECOND };
  for (const elapsedMs of [0, 1, 999, 1000, 12_345, 59 * MINUTE + 1, 3_599_001, DAY / 3 + 17]) {
    const quota = elapsedMs < HOUR ? { readsPerHour: 1 } : { requestsPerDay: 1 };
    const { client, clock } = await service(quota);
    await assertServed(client.read());
    clock.ms += elapsedMs;
    const { json } = await client.read();
    const [, told] = /retry in (.*) or try/.exec(json.errorMessage);
    for (const [, n, unit] of told.matchAll(/(\d+) (hour|minute|second)/g)) {
      clock.ms += Number(n) * unitMs[unit];
    }
    await assertServed(client.read());
  }
});

test("Retry-After in seconds, where it is asked for", async () => {
  const { client, clock, emulator } = await service({ readsPerHour: 1, retryAfter: true });
  const { headers } = await client.read();
  assert.equal(headers.get("retry-after"), null);
  clock.ms += 2 * MINUTE - 1;
  const refused = await assertRefused(client.read(), hourly("59 minutes"));
  assert.equal(refused.get("retry-after"), "3481");
  assert.equal(emulator.quota[0].reset, 3481);
  const silent = await service({ readsPerHour: 1, retryAfter: false });
  await assertServed(silent.client.read());
  const without = await assertRefused(silent.client.read(), hourly("1 hour"));
  assert.equal(without.get("retry-after"), null);
});

test("rows are those of `op service-account ratelimit`", async () => {
  const quota = { readsPerHour: 1000, writesPerHour: 100, requestsPerDay: 5000 };
  const { emulator, client, clock } = await service(quota);
  const row = (type, action, limit, count, reset) => {
    return { type, action, limit, used: count, remaining: limit - count, reset };
  };
  assert.deepEqual(emulator.quota, [
    row("token", "read", 1000, 0, 0),
    row("token", "write", 100, 0, 0),
    row("account", "read_write", 5000, 0, 0),
  ]);
  await assertServed(client.read(), client.read());
  clock.ms += 500;
  await assertServed(client.write());
  clock.ms += 1000;
  const rows = [
    row("token", "read", 1000, 2, 3599),
    row("token", "write", 100, 1, 3599),
    row("account", "read_write", 5000, 3, 86_399),
  ];
  for (let n = 0; n < 3; n += 1) assert.deepEqual(emulator.quota, rows);
  assert.deepEqual(Object.keys(emulator.quota[0]), Object.keys(rows[0]));
});

test("rows are of the limits that are set, and stay as they were", async () => {
  const { emulator, client } = await service({ requestsPerDay: 2, retryAfter: true });
  const before = emulator.quota;
  assert.deepEqual(
    before.map(({ type, action }) => [type, action]),
    [["account", "read_write"]],
  );
  await assertServed(client.read());
  assert.equal(before[0].used, 0);
  before[0].used = 2;
  before.length = 0;
  assert.deepEqual(used(emulator), [1]);
});

test("resetQuota forgets what was counted", async () => {
  const quota = { readsPerHour: 1, writesPerHour: 1, requestsPerDay: 2 };
  const { emulator, client, clock } = await service(quota);
  const { resetQuota } = emulator;
  await assertServed(client.read(), client.write());
  await assertRefused(client.read(), daily("24 hours"));
  clock.ms += MINUTE;
  resetQuota();
  assert.deepEqual(
    emulator.quota.map(({ used, remaining, reset }) => [used, remaining, reset]),
    [
      [0, 1, 0],
      [0, 1, 0],
      [0, 2, 0],
    ],
  );
  await assertServed(client.read());
  assert.equal(emulator.quota[0].reset, 3600);
  await assertRefused(client.read(), hourly("1 hour"));
  await assertServed(client.write());
});

test("of many requests at once, as many are served as may be", async () => {
  const { emulator, client } = await service({ readsPerHour: 5 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.read()));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array(5).fill(200), ...Array(15).fill(429)]);
  assert.deepEqual(used(emulator), [5]);
});

test("a hook sees the refusal like any answer, and it is in the log", async () => {
  const seen = [];
  const onAnswer = (answer) => {
    if (answer.status === 429) seen.push({ ...answer });
  };
  const { emulator, client } = await service({ readsPerHour: 1, retryAfter: true }, { onAnswer });
  await assertServed(client.read());
  await assertRefused(client.read(), hourly("1 hour"));
  assert.deepEqual(
    seen.map(({ json, ...answer }) => [answer, json.errorMessage]),
    [[{ method: "GET", path: KEYSETS, status: 429, bytes: undefined }, hourly("1 hour")]],
  );
  assert.deepEqual(emulator.requests.at(-1), { method: "GET", path: KEYSETS, status: 429 });
});

test("the same over HTTP", async () => {
  const emulator = await createEmulator({ account, quota: { readsPerHour: 5, retryAfter: true } });
  const server = await emulator.serve();
  try {
    const toward = (url, init) => fetch(server.url + url.slice(url.indexOf("/", 8)), init);
    const client = await new RawClient({ token: server.token, fetch: toward }).signIn();
    const ask = () => client.sealed("GET", KEYSETS);
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(refused.length, 15);
    for (const { json, headers } of refused) {
      assert.equal(json.errorMessage, hourly("1 hour"));
      assert.match(headers.get("retry-after"), /^3(600|59\d)$/);
    }
    // In process and over HTTP it is one token.
    const inProcess = await new RawClient(emulator).signIn();
    assert.equal((await inProcess.sealed("GET", KEYSETS)).status, 429);
    assert.equal(emulator.quota[0].remaining, 0);
  } finally {
    await server.close();
  }
});

const POSITIVE = "must be a whole number from 1";
const refused = [
  [7, "options.quota: must be an object"],
  [null, "options.quota: must be an object"],
  [[], "options.quota: must be an object"],
  [{ readsPerHour: 0 }, `options.quota.readsPerHour: ${POSITIVE}`],
  [{ readsPerHour: "5" }, `options.quota.readsPerHour: ${POSITIVE}`],
  [{ writesPerHour: -1 }, `options.quota.writesPerHour: ${POSITIVE}`],
  [{ writesPerHour: null }, `options.quota.writesPerHour: ${POSITIVE}`],
  [{ requestsPerDay: 1.5 }, `options.quota.requestsPerDay: ${POSITIVE}`],
  [{ requestsPerDay: Number.POSITIVE_INFINITY }, `options.quota.requestsPerDay: ${POSITIVE}`],
  [{ retryAfter: 1 }, "options.quota.retryAfter: must be true or false"],
  [
    { reads: 5 },
    "options.quota.reads: unknown member; known: readsPerHour, writesPerHour, requestsPerDay, retryAfter",
  ],
];
for (const [quota, message] of refused) {
  test(`refuses ${JSON.stringify(quota)}: ${message}`, async () => {
    await assert.rejects(createEmulator({ account, quota }), { name: "TypeError", message });
  });
}

/** The package's client of an emulator with the sample account, and ways to ask it. */
async function ownClient(t, quota) {
  const emulator = await createEmulator({ quota });
  const client = await Client.authenticate({
    auth: emulator.token,
    integrationName: "emulator tests",
    integrationVersion: "1.0.0",
    fetch: emulator.fetch,
  });
  t.after(() => client.close());
  const ask = () => client.resolve(SAMPLE_REFERENCE, { fresh: true });
  const fails = async () => {
    const error = await ask().then(assert.fail, (thrown) => thrown);
    assert.equal(error.code, "rateLimited");
    return error;
  };
  assert.equal(await ask(), SAMPLE_SECRET);
  while (emulator.requests.at(-1).status === 200) await ask().catch(() => {});
  return { emulator, client, ask, fails };
}

for (const [name, quota, leastMs] of [
  ["an hour", { readsPerHour: 20 }, 59 * MINUTE],
  ["an hour, in a header", { readsPerHour: 20, retryAfter: true }, 59 * MINUTE],
  ["a day", { requestsPerDay: 20 }, DAY - MINUTE],
]) {
  test(`the package's client pauses when a limit is reached: ${name}`, async (t) => {
    const { emulator, client, ask, fails } = await ownClient(t, quota);
    const arrived = emulator.requests.length;
    const { retryAfterMs, limit } = await fails();
    assert.equal(limit, name === "a day" ? "account" : "token", "told in the pause, too");
    assert.ok(Math.abs(retryAfterMs - emulator.quota[0].reset * 1000) <= MINUTE, `${retryAfterMs}`);
    assert.ok(retryAfterMs > leastMs, `${retryAfterMs}`);
    assert.equal(emulator.requests.length, arrived);

    client.clearPause();
    const asked = await fails();
    assert.equal(asked.limit, limit);
    assert.equal(/all its service accounts/.test(asked.message), limit === "account");
    assert.equal(emulator.requests.length, arrived + 1);
    assert.equal(emulator.requests.at(-1).status, 429);
    assert.equal(emulator.quota[0].used, 20);

    emulator.resetQuota();
    await fails();
    assert.equal(emulator.requests.length, arrived + 1);
    client.clearPause();
    assert.equal(await ask(), SAMPLE_SECRET);
  });
}

test("the package's client is served once the hour is over", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { emulator, client, ask, fails } = await ownClient(t, { readsPerHour: 20 });
  const { retryAfterMs } = await fails();
  t.mock.timers.tick(retryAfterMs);
  client.clearPause();
  assert.equal(await ask(), SAMPLE_SECRET);
  assert.ok(emulator.quota[0].used < 20);
});
