// A session that ends: the client signs in again, once, and repeats what it asked.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BY_ID, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
// Nothing but keys is remembered, so that every call makes the same requests.
const FORGETFUL = { cache: { metadataTtlMs: 0, negativeTtlMs: 0 } };
const client = await service.authenticate(FORGETFUL);
await client.resolve(BY_NAME);
const SIGN_IN = [PATHS.start, PATHS.exchange, PATHS.confirm, PATHS.complete];

beforeEach(() => {
  service.calls = [];
  service.change = undefined;
  service.replace = undefined;
});

const unauthorized = () => Response.json({ errorCode: 102 }, { status: 401 });

test("before the first request of a call", async () => {
  service.emulator.expireSessions();
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.deepEqual(service.paths.slice(0, 6), [PATHS.vaults, ...SIGN_IN, PATHS.vaults]);
  assert.equal(service.paths.filter((path) => path === PATHS.start).length, 1);
});

test("in the middle of a call, at every request in turn", async () => {
  for (const path of [PATHS.vaults, PATHS.keysets, PATHS.overviews, PATHS.item]) {
    const fresh = await service.authenticate(FORGETFUL);
    service.calls = [];
    let expired = false;
    service.replace = (call, ask) => {
      if (call.path === path && !expired) {
        expired = true;
        service.emulator.expireSessions();
      }
      return ask();
    };
    assert.equal(await fresh.resolve(BY_NAME), SECRET);
    const count = (wanted) => service.paths.filter((other) => other === wanted).length;
    assert.deepEqual(SIGN_IN.map(count), [1, 1, 1, 1]);
    assert.equal(count(path), 2);
  }
});

test("the new session has its own name and its own numbers", async () => {
  await client.resolve(BY_ID);
  const before = service.calls.at(-1);
  service.emulator.expireSessions();
  service.calls = [];
  await client.resolve(BY_ID);
  const [refused, ...later] = service.calls;
  const after = later.at(-1);
  const session = ({ headers }) => headers["X-AgileBits-Session-ID"];
  assert.equal(session(refused), session(before));
  assert.notEqual(session(after), session(before));
  assert.equal(after.path, refused.path);
  assert.notEqual(after.headers["X-AgileBits-MAC"], refused.headers["X-AgileBits-MAC"]);
});

test("a service that refuses the new session too", async () => {
  service.replace = ({ path }, ask) => (path === PATHS.vaults ? unauthorized() : ask());
  const error = await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  assert.equal(error.status, 401);
  assert.equal(error.reference, BY_NAME);
  assert.deepEqual(service.paths, [PATHS.vaults, ...SIGN_IN, PATHS.vaults]);
  service.replace = undefined;
  client.clearPause();
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a token that was revoked meanwhile", async () => {
  service.replace = unauthorized;
  await service.failure(client.resolve(BY_NAME), "authenticationFailed");
  assert.deepEqual(service.paths, [PATHS.vaults, PATHS.start]);
  service.replace = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a server that does not prove itself meanwhile", async () => {
  service.emulator.expireSessions();
  service.change = ({ path, json }) => {
    if (path === PATHS.confirm) json.serverVerifyHash = "A".repeat(43);
  };
  await service.failure(client.resolve(BY_NAME), "serverNotTrusted");
  assert.deepEqual(service.paths, [PATHS.vaults, ...SIGN_IN.slice(0, 3)]);
});

test("calls that overlap share one new session", async () => {
  service.emulator.expireSessions();
  const secrets = await Promise.all(Array.from({ length: 10 }, () => client.resolve(BY_NAME)));
  assert.deepEqual(new Set(secrets), new Set([SECRET]));
  assert.equal(service.paths.filter((path) => path === PATHS.start).length, 1);
});
