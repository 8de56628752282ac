// The service refuses what the real one would, and says so in the service's form.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { RawClient, readToken, throttlingToken } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const account = {
  vaults: [{ name: "app", id: VAULT, items: [{ title: "db", id: ITEM, password: "s3cret" }] }],
};
const KEYSETS = "/api/v2/account/keysets";
const BATCH = `/api/v3/vault/${VAULT}/items/batch`;

const emulator = await createEmulator({ account });
const signedIn = () => new RawClient(emulator).signIn();

/** Asserts a refusal in the service's own form. */
function assertRefused({ status, json }, expectedStatus, errorCode, message) {
  assert.equal(status, expectedStatus, JSON.stringify(json));
  assert.equal(json.errorCode, errorCode);
  assert.match(json.errorMessage, message);
  assert.equal(typeof json.requestId, "number");
}

test("accepts a client that does everything right", async () => {
  const client = new RawClient(emulator);
  assert.equal((await client.start()).json.status, "ok");
  await client.exchange();
  const confirmed = await client.confirm();
  assert.equal(confirmed.json.serverVerifyHash, client.expectedProof);
  const { json } = await client.complete();
  assert.match(json.userUuid, /^[A-Z2-7]{26}$/);
  const vaults = await client.sealed("GET", "/api/v1/vaults?attrs=combined-access");
  assert.deepEqual(
    vaults.json.map(({ uuid }) => uuid),
    [VAULT],
  );
});

test("an answer is sealed anew for its session", async () => {
  const [one, two] = [await signedIn(), await signedIn()];
  assert.notEqual(one.sessionId, two.sessionId);
  assert.deepEqual(
    (await one.sealed("GET", KEYSETS)).json,
    (await two.sealed("GET", KEYSETS)).json,
  );
});

for (const name of [
  "X-AgileBits-Client",
  "OP-User-Agent",
  "OP-Data-Consistency",
  "OP-Throttling-Token",
]) {
  test(`refuses a request without ${name}`, async () => {
    const client = await signedIn();
    const headers = { [name]: undefined };
    const answer = await client.sealed("GET", KEYSETS, undefined, { headers });
    assertRefused(answer, 400, 0, new RegExp(`^${name}: missing`));
  });
}

test("refuses another account's device", async () => {
  const other = readToken((await createEmulator({ account })).token);
  const client = new RawClient(emulator);
  client.token.deviceUuid = other.deviceUuid;
  const answer = await client.plain("POST", "/api/v3/auth/start", {});
  assertRefused(answer, 400, 0, /^OP-User-Agent/);
});

const hour = 3_600_000;
const badThrottling = {
  "that has expired": (token) => throttlingToken(token, Date.now() - hour - 2000),
  "from the future": (token) => throttlingToken(token, Date.now() + hour),
  "of another key": (token) => {
    const throttleSecret = { ...token.throttleSecret, seed: "11".repeat(32) };
    return throttlingToken({ throttleSecret });
  },
  "with another key id": (token) => throttlingToken(token, undefined, { kid: "A".repeat(26) }),
  "for another purpose": (token) => throttlingToken(token, undefined, { implicit: "" }),
  "that lasts a day": (token) =>
    throttlingToken(token, undefined, { claims: { exp: "2999-01-01T00:00:00Z" } }),
  "with milliseconds": (token) =>
    throttlingToken(token, undefined, { claims: { iat: new Date().toISOString() } }),
  "that is none": () => "v4.public.AAAA",
};
for (const [name, make] of Object.entries(badThrottling)) {
  test(`refuses a throttling token ${name}`, async () => {
    const client = new RawClient(emulator);
    const headers = { "OP-Throttling-Token": make(client.token) };
    const answer = await client.plain("POST", "/api/v3/auth/start", {}, headers);
    assertRefused(answer, 400, 0, /^throttling token: /);
  });
}

test("a wrong proof ends the session", async () => {
  const client = new RawClient(emulator);
  await client.start();
  await client.exchange();
  assertRefused(await client.confirm(Buffer.alloc(32)), 401, 102, /wrong credentials/);
  assertRefused(await client.confirm(), 401, 102, /no such session/);
});

test("a wrong private value makes a wrong proof", async () => {
  const client = new RawClient(emulator);
  client.token.srpX = "11".repeat(32);
  await client.start();
  await client.exchange();
  assert.equal((await client.confirm()).status, 401);
});

for (const userA of ["0", "00ff", "FF", "xyz", "f".repeat(1024), "1".repeat(1025)]) {
  test(`refuses userA ${userA.slice(0, 8)} of ${userA.length} digits`, async () => {
    const client = new RawClient(emulator);
    await client.start();
    assertRefused(await client.plain("POST", "/api/v2/auth", { userA }), 400, 0, /userA/);
  });
}

test("refuses steps out of order", async () => {
  const client = new RawClient(emulator);
  assertRefused(await client.plain("POST", "/api/v2/auth", {}), 401, 102, /no such session/);
  await client.start();
  assertRefused(await client.confirm(Buffer.alloc(32)), 401, 102, /step/);
  await client.start();
  await client.exchange();
  assertRefused(await client.complete(), 401, 102, /not confirmed/);
  await client.confirm();
  assertRefused(await client.sealed("GET", KEYSETS), 401, 102, /not complete/);
  await client.complete();
  assertRefused(await client.complete(), 401, 102, /step/);
});

test("refuses another email, answers another secret key with the right one's id", async () => {
  const client = new RawClient(emulator);
  const body = {
    email: client.token.email,
    skFormat: "A3",
    skid: "222222",
    deviceUuid: client.token.deviceUuid,
  };
  const { json } = await client.plain("POST", "/api/v3/auth/start", body);
  assert.equal(json.accountKeyUuid, client.token.secretKey.split("-")[1]);
  const other = { ...body, email: "someone@else.example" };
  assertRefused(await client.plain("POST", "/api/v3/auth/start", other), 401, 102, /account/);
});

const badMacs = {
  "no MAC": { mac: undefined },
  "a MAC of another host": { host: "elsewhere.example" },
  "a malformed MAC": { mac: "v1|1|" },
  "a MAC of version 2": { mac: "v2|1|AAAAAAAAAAAAAAAA" },
  "a wrong MAC": { mac: "v1|99|AAAAAAAAAAAAAAAA" },
  "a negative number": { number: -1 },
  "a padded number": { number: "007" },
};
for (const [name, change] of Object.entries(badMacs)) {
  test(`refuses ${name}`, async () => {
    const client = await signedIn();
    assertRefused(await client.sealed("GET", KEYSETS, undefined, change), 401, 102, /-MAC: /);
    assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
  });
}

test("takes each request number once, in any order", async () => {
  const client = await signedIn();
  const numbers = [1005, 1001, 1003];
  const send = (number) => client.sealed("GET", KEYSETS, undefined, { number });
  for (const { status } of await Promise.all(numbers.map(send))) assert.equal(status, 200);
  for (const number of numbers) assertRefused(await send(number), 401, 102, /repeated/);
});

test("of two overlapping requests with one number, one is refused", async () => {
  const client = await signedIn();
  const send = () => client.sealed("GET", KEYSETS, undefined, { number: 500 });
  const statuses = (await Promise.all([send(), send()])).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 401]);
});

const badBodies = {
  "a plain body": { body: { itemUuids: [ITEM] } },
  "an envelope of another session": { kid: "A".repeat(26) },
  "no JSON": { body: "nonsense" },
};
for (const [name, change] of Object.entries(badBodies)) {
  test(`refuses ${name}`, async () => {
    const client = await signedIn();
    const answer = await client.sealed("POST", BATCH, { itemUuids: [ITEM] }, change);
    assertRefused(answer, 400, 0, /not sealed/);
  });
}

test("refuses an envelope that was tampered with", async () => {
  const client = await signedIn();
  const envelope = client.seal({ itemUuids: [ITEM] });
  const data = Buffer.from(envelope.data, "base64url");
  data[0] ^= 1;
  const body = { ...envelope, data: data.toString("base64url") };
  assertRefused(await client.sealed("POST", BATCH, {}, { body }), 400, 0, /not sealed/);
});

const badBatches = {
  "no list": { itemUuids: ITEM },
  "an empty list": { itemUuids: [] },
  "more than 50": { itemUuids: Array(51).fill(ITEM) },
  "a wrong id": { itemUuids: ["nope"] },
};
for (const [name, body] of Object.entries(badBatches)) {
  test(`refuses a batch of ${name}`, async () => {
    assertRefused(await (await signedIn()).sealed("POST", BATCH, body), 400, 0, /itemUuids/);
  });
}

test("answers a batch in order, repeated and without the unknown", async () => {
  const client = await signedIn();
  const { json } = await client.sealed("POST", BATCH, { itemUuids: [ITEM, ABSENT, ITEM] });
  assert.deepEqual(
    json.items.map(({ uuid }) => uuid),
    [ITEM, ITEM],
  );
});

for (const [method, path, status] of [
  ["GET", "/api/v1/nowhere", 404],
  ["DELETE", KEYSETS, 405],
  ["GET", "/api/v1/vaults", 400],
  ["GET", `${KEYSETS}?x=1`, 400],
  ["GET", `/api/v1/vault/${VAULT.toUpperCase()}/items/overviews`, 400],
  ["GET", `/api/v1/vault/${VAULT.slice(0, -1)}b/items/overviews`, 400],
  ["GET", `/api/v1/vault/${ABSENT}/items/overviews`, 404],
  ["GET", `/api/v3/vault/${ABSENT}?attrs=combined-access`, 404],
  ["GET", `/api/v3/vault/${ABSENT}?attrs=accessors,combined-access`, 404],
  ["GET", `/api/v3/vault/${ABSENT}?attrs=accessors`, 400],
  ["GET", `/api/v1/vault/${VAULT}/item/${ABSENT}`, 404],
  ["GET", `/api/v3/file/${ABSENT}`, 404],
]) {
  test(`${method} ${path} is answered with ${status}`, async () => {
    const answer = await (await signedIn()).sealed(method, path);
    assertRefused(answer, status, status === 404 ? 117 : 0, /./);
  });
}

test("a session ends with expireSessions", async () => {
  const own = await createEmulator({ account });
  const client = await new RawClient(own).signIn();
  own.expireSessions();
  assertRefused(await client.sealed("GET", KEYSETS), 401, 102, /no such session/);
});
