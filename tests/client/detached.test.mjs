// Methods that are taken off their object, as `const { resolve } = client` does it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as compat from "../../dist/compat/index.js";
import { createEmulator, SAMPLE_REFERENCE, SAMPLE_SECRET } from "../../dist/emulator/index.js";
import { Client, OnePasswordError } from "../../dist/index.js";
import { createRelay, toNodeListener } from "../../dist/relay.js";
import { kvStore, memoryStore } from "../../dist/stores.js";

const emulator = await createEmulator();
const config = {
  auth: emulator.token,
  fetch: emulator.fetch,
  integrationName: "detached",
  integrationVersion: "1",
};

test("of a client", async () => {
  const { authenticate } = Client;
  const {
    resolve,
    clearCache,
    stats,
    close,
    [Symbol.dispose]: dispose,
  } = await authenticate(config);
  assert.equal(await resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
  clearCache();
  assert.equal(stats().signIns, 1);
  close();
  await assert.rejects(resolve(SAMPLE_REFERENCE), { code: "closed" });
  const other = await authenticate(config);
  const { [Symbol.dispose]: end } = other;
  end();
  await assert.rejects(other.resolve(SAMPLE_REFERENCE), { code: "closed" });
  dispose();
});

test("of what a client has", async () => {
  const { secrets, items, vaults } = await Client.authenticate(config);
  const { resolve, resolveBytes, resolveAll } = secrets;
  assert.equal(await resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
  assert.equal((await resolveBytes(SAMPLE_REFERENCE)).length, SAMPLE_SECRET.length);
  assert.equal(Object.keys((await resolveAll([SAMPLE_REFERENCE])).individualResponses).length, 1);
  const { get, getAll, list, files } = items;
  assert.equal((await get("app", "database")).title, "database");
  assert.equal((await getAll("app", ["database"])).individualResponses.length, 1);
  assert.equal((await list("app")).length, 2);
  const { read } = files;
  await assert.rejects(read("app", "database", { id: "x" }), OnePasswordError);
  const { list: listVaults, getOverview, get: getVault } = vaults;
  assert.equal((await listVaults()).length, 2);
  assert.equal((await getOverview("app")).title, "app");
  assert.equal((await getVault("app")).title, "app");
});

test("of compat", async () => {
  const { createClient } = compat;
  const { secrets, items, vaults, environments } = await createClient(config);
  const { resolve, resolveAll } = secrets;
  assert.equal(await resolve(SAMPLE_REFERENCE), SAMPLE_SECRET);
  const { individualResponses } = await resolveAll([SAMPLE_REFERENCE]);
  assert.equal(individualResponses[SAMPLE_REFERENCE].content.secret, SAMPLE_SECRET);
  const { get, list } = items;
  assert.equal((await get("app", "database")).title, "database");
  assert.equal((await list("app")).length, 2);
  const { list: listVaults } = vaults;
  assert.equal((await listVaults()).length, 2);
  const { getVariables } = environments;
  await assert.rejects(getVariables("x"), { code: "environmentNotFound" });
  const { validateSecretReference, generatePassword } = compat.Secrets;
  validateSecretReference(SAMPLE_REFERENCE);
  const { password } = generatePassword({ type: "Pin", parameters: { length: 5 } });
  assert.equal(password.length, 5);
});

test("of an emulator", async () => {
  const emulator = await createEmulator();
  const { token, account, fetch, serve, clearRequests, resetQuota, expireSessions } = emulator;
  const client = await Client.authenticate({ ...config, auth: token, fetch });
  const { addItem, setItem, replaceItem, removeItem, renameVault, rotateVaultKey } = account;
  await addItem("app", { title: "new", password: "1" });
  await setItem("app", "new", { password: "2" });
  await replaceItem("app", "new", { title: "newer", password: "3" });
  await renameVault("app", "other");
  await rotateVaultKey("other");
  clearRequests();
  resetQuota();
  expireSessions();
  assert.equal(await client.resolve("op://other/newer/password"), "3");
  await removeItem("other", "newer");
  const { close, [Symbol.asyncDispose]: dispose } = await serve();
  await close();
  await dispose();
});

test("of stores and relays", async () => {
  const { get, set } = memoryStore();
  set("a", "1", 900);
  assert.equal(get("a"), "1");
  const records = new Map();
  const namespace = {
    get: async (key) => records.get(key),
    put: async (key, value) => void records.set(key, value),
  };
  const kv = { ...kvStore(namespace) };
  await kv.set("a", "1", 900);
  assert.equal(await kv.get("a"), "1");
  assert.equal(typeof toNodeListener(createRelay({ allowedOrigins: [] })), "function");
});

test("a derived class's method comes in the place of the client's, and a spy may too", async () => {
  const client = await Client.authenticate(config);
  const { resolve } = client;
  client.resolve = async (reference) => `spied: ${await resolve(reference)}`;
  assert.equal(await client.resolve(SAMPLE_REFERENCE), `spied: ${SAMPLE_SECRET}`);
  const members = ["secrets", "items", "vaults", "environments", "groups"];
  assert.deepEqual(Object.keys(await Client.authenticate(config)), members);
});
