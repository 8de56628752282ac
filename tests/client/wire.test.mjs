// What goes over the wire, as an injected `fetch` sees it.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { readToken } from "../emulator/raw_client.mjs";
import { BY_ID, BY_NAME, ITEM_ID, PATHS, SECRET, Service, VAULT_ID } from "./support.mjs";

const service = await Service.start({ address: "http://127.0.0.1:8765" });
const token = readToken(service.token);
const OS = process.platform === "win32" ? "windows" : process.platform;
const PLAIN = [PATHS.start, PATHS.exchange, PATHS.confirm];
const ALWAYS = [
  "OP-Data-Consistency",
  "OP-Throttling-Token",
  "OP-User-Agent",
  "User-Agent",
  "X-AgileBits-Client",
];

beforeEach(() => {
  service.calls = [];
});

/** All requests of a sign-in and of one resolve by names and one by ids. */
async function exchange(config) {
  const client = await service.authenticate(config);
  for (const reference of [BY_NAME, BY_ID]) assert.equal(await client.resolve(reference), SECRET);
  return service.calls;
}

test("methods, addresses and options", async () => {
  const calls = await exchange();
  assert.deepEqual(
    calls.map(({ method, url }) => `${method} ${url.replace("http://127.0.0.1:8765", "")}`),
    [
      "POST /api/v3/auth/start",
      "POST /api/v2/auth",
      "POST /api/v2/auth/confirm-key",
      "POST /api/v2/auth/complete",
      "GET /api/v1/vaults?attrs=combined-access",
      "GET /api/v2/account/keysets",
      `GET /api/v1/vault/${VAULT_ID}/items/overviews`,
      `GET /api/v1/vault/${VAULT_ID}/item/${ITEM_ID}`,
      // The vault's key is known by now.
      `GET /api/v1/vault/${VAULT_ID}/item/${ITEM_ID}`,
    ],
  );
  for (const { init, method, body } of calls) {
    assert.equal(init.redirect, "manual");
    assert.equal(typeof body, method === "GET" ? "undefined" : "string");
  }
});

test("headers of every request", async () => {
  const calls = await exchange({ integrationName: "My program", integrationVersion: "v1.2.3" });
  const { deviceUuid } = token;
  for (const { headers, path, method } of calls) {
    const expected = [...ALWAYS];
    if (method === "POST") expected.push("Content-Type");
    if (path !== PATHS.start) expected.push("X-AgileBits-Session-ID");
    if (!PLAIN.includes(path)) expected.push("X-AgileBits-MAC");
    assert.deepEqual(Object.keys(headers).sort(), expected.sort());
    assert.equal(headers["X-AgileBits-Client"], "1Password SDK/0050002");
    assert.equal(headers["User-Agent"], "1Password JS SDK/0050002 My program/v1.2.3");
    assert.equal(headers["OP-Data-Consistency"], "eventual");
    assert.equal(
      headers["OP-User-Agent"],
      `1|SDK|999999999|${deviceUuid}|||Fetch API|Fetch API|${OS}|0.0.0|${process.arch}`,
    );
  }
});

test("request numbers begin anywhere below 2^20 and rise by one", async () => {
  const firsts = new Set();
  for (let round = 0; round < 3; round += 1) {
    service.calls = [];
    const calls = (await exchange()).filter(({ path }) => !PLAIN.includes(path));
    const numbers = calls.map(({ headers }) => {
      const [, number] = /^v1\|(\d+)\|[\w-]{16}$/.exec(headers["X-AgileBits-MAC"]);
      return Number(number);
    });
    const [first] = numbers;
    assert.ok(first < 2 ** 20);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => first + index),
    );
    firsts.add(first);
  }
  // Three random ones are all the same once in 2^40 runs.
  assert.ok(firsts.size > 1);
});

test("one session and one throttling token for all requests", async () => {
  const calls = await exchange();
  const sessions = calls.slice(1).map(({ headers }) => headers["X-AgileBits-Session-ID"]);
  assert.equal(new Set(sessions).size, 1);
  const tokens = new Set(calls.map(({ headers }) => headers["OP-Throttling-Token"]));
  assert.equal(tokens.size, 1);
  const [text] = tokens;
  const [version, purpose, body, footer] = text.split(".");
  assert.deepEqual([version, purpose], ["v4", "public"]);
  const claims = Buffer.from(body, "base64url").subarray(0, -64).toString();
  assert.match(claims, /^\{"iat":"[\d-]{10}T[\d:]{8}Z","exp":"[\d-]{10}T[\d:]{8}Z"\}$/);
  const { iat, exp } = JSON.parse(claims);
  assert.equal(Date.parse(exp) - Date.parse(iat), 3_600_000);
  assert.ok(Math.abs(Date.parse(iat) - Date.now()) < 60_000);
  const kid = token.throttleSecret.uuid;
  assert.deepEqual(JSON.parse(Buffer.from(footer, "base64url")), { kid });
});

test("a throttling token is renewed before it ends", async () => {
  let now = Date.now();
  mock.method(Date, "now", () => now);
  try {
    const here = await Service.start({ now: () => now });
    const client = await here.authenticate();
    const used = () => here.calls.at(-1).headers["OP-Throttling-Token"];
    const first = used();
    now += 50 * 60_000;
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(used(), first);
    now += 9 * 60_000;
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.notEqual(used(), first);
  } finally {
    mock.restoreAll();
  }
});

test("bodies: what is sent in the clear, and that the last is sealed", async () => {
  const [start, sent, confirm, complete] = await exchange();
  assert.deepEqual(JSON.parse(start.body), {
    email: token.email,
    skFormat: "A3",
    skid: token.secretKey.split("-")[1],
    deviceUuid: token.deviceUuid,
  });
  const { userA, ...noMore } = JSON.parse(sent.body);
  assert.match(userA, /^[1-9a-f][0-9a-f]{900,1023}$/);
  assert.deepEqual(noMore, {});
  assert.match(confirm.body, /^\{"clientVerifyHash":"[\w-]{43}"\}$/);
  const envelope = JSON.parse(complete.body);
  assert.deepEqual(Object.keys(envelope), ["kid", "enc", "cty", "iv", "data"]);
  assert.equal(envelope.kid, complete.headers["X-AgileBits-Session-ID"]);
  assert.deepEqual([envelope.enc, envelope.cty], ["A256GCM", "b5+jwk+json"]);
  assert.equal(Buffer.from(envelope.iv, "base64url").length, 12);
});

test("what must never be sent is not", async () => {
  const calls = await exchange();
  const { srpX, muk, secretKey, throttleSecret } = token;
  const everything = JSON.stringify(calls);
  for (const secret of [srpX, muk.k, secretKey, secretKey.slice(10), throttleSecret.seed, SECRET]) {
    assert.ok(!everything.includes(secret));
  }
});

test("each sign-in is new", async () => {
  const seen = new Set();
  for (let round = 0; round < 3; round += 1) {
    service.calls = [];
    const [, sent, , complete] = await exchange();
    seen.add(JSON.parse(sent.body).userA).add(JSON.parse(complete.body).iv);
  }
  assert.equal(seen.size, 6);
});

const ODD_NAMES = {
  "a line break": ["a\r\nX-Injected: 1", "a??X-Injected: 1"],
  "a bar": ["a|b", "a?b"],
  "no ASCII": ["Größe 🔑", "Gr??e ?"],
  "control characters": ["a\0\t\x7f\u2028b", "a????b"],
  "half a character": ["\ud800", "?"],
  "a long one": ["x".repeat(100_000), "x".repeat(64)],
  "an empty one": ["", ""],
};
for (const [name, [given, sent]] of Object.entries(ODD_NAMES)) {
  test(`the name and version of a program: ${name}`, async () => {
    service.replace = () => new Response("", { status: 500 });
    const config = { integrationName: given, integrationVersion: given };
    await service.failure(service.authenticate(config), "serverError");
    service.replace = undefined;
    const [{ headers }] = service.calls;
    assert.equal(headers["User-Agent"], `1Password JS SDK/0050002 ${sent}/${sent}`);
    // The platform's own class takes them, so nothing breaks out of its line.
    assert.equal([...new Headers(headers)].length, Object.keys(headers).length);
  });
}

test("the name of a program must be a string", async () => {
  for (const name of ["integrationName", "integrationVersion"]) {
    for (const value of [undefined, null, 5, {}]) {
      const failing = service.authenticate({ [name]: value });
      const error = await service.failure(failing, "argumentInvalid");
      assert.ok(error.message.includes(name));
    }
  }
  assert.deepEqual(service.calls, []);
});
