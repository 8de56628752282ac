// Random items and vaults, read through both clients: the same to the letter.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createClient } from "onepassword-edge/compat";
import { createEmulator } from "../../dist/emulator/index.js";
import { Random } from "../random/prng.mjs";
import { randomItem } from "./random_items.mjs";
import { vendorClient } from "./vendor.mjs";

const SEED = Number(process.env.SEED ?? 7);
const COUNT = 500;

// One-time passwords depend on the time.
mock.method(Date, "now", () => 1_700_000_000_000);

const random = new Random(SEED);
const items = Array.from({ length: COUNT }, (_, n) => randomItem(random, n));
const vaults = Array.from({ length: 12 }, (_, n) => ({
  name: random.pick([`vault ${n}`, "", "Ünïcode ✓"]),
  description: random.text(random.below(10)),
  type: random.pick(["personal", "everyone", "transfer", "userCreated", "other"]),
}));
const emulator = await createEmulator({ account: { vaults: [{ name: "v", items }, ...vaults] } });
const ours = await createClient({
  auth: emulator.token,
  fetch: emulator.fetch,
  integrationName: "interop",
  integrationVersion: "1",
});
const theirs = await vendorClient(emulator);
const vaultId = (await ours.vaults.getOverview("v")).id;
const active = items.filter(({ trashed }) => trashed !== "Y").map(({ id }) => id);

/** What a client answers as text, because the order of members counts; or that it fails. */
const shown = async (answer) => {
  try {
    return JSON.stringify(await answer);
  } catch {
    return "fails";
  }
};
/** Asks both; returns our answer. */
async function same(ask, what) {
  const [own, their] = [await shown(ask(ours)), await shown(ask(theirs))];
  assert.equal(own, their, `seed ${SEED}, ${what}`);
  return own;
}

test(`${COUNT} items one by one`, async () => {
  let read = 0;
  for (const item of items) {
    const own = await same((client) => client.items.get(vaultId, item.id), JSON.stringify(item));
    if (own !== "fails") read += 1;
  }
  assert.equal(read, active.length);
  assert.ok(read > COUNT / 2);
});

test("items in batches of 50, which are all that the vendor's client takes", async () => {
  for (let start = 0; start < active.length; start += 50) {
    const ids = active.slice(start, start + 50);
    const own = await same((client) => client.items.getAll(vaultId, ids), `getAll ${start}`);
    assert.equal(JSON.parse(own).individualResponses.length, ids.length);
  }
  const { individualResponses } = await ours.items.getAll(vaultId, active);
  assert.deepEqual(
    individualResponses.map(({ content }) => content.id),
    active,
  );
  await assert.rejects(theirs.items.getAll(vaultId, active), /up to 50 items/);
});

test("items as lists", async () => {
  for (const states of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const content = { active: states[0], archived: states[1] };
    const filter = { type: "ByState", content };
    const own = await same((client) => client.items.list(vaultId, filter), JSON.stringify(content));
    const other = { type: "ByState", content: { active: true, archived: false } };
    await same((client) => client.items.list(vaultId, filter, other), "two filters");
    if (states[0] && states[1]) assert.equal(JSON.parse(own).length, COUNT);
  }
  await same((client) => client.items.list(vaultId), "no filter");
});

test("vaults", async () => {
  const own = JSON.parse(await same((client) => client.vaults.list(), "list"));
  assert.equal(own.length, vaults.length + 1);
  for (const { id } of own) {
    await same((client) => client.vaults.getOverview(id), "getOverview");
    await same((client) => client.vaults.get(id, {}), "get");
  }
  for (const decryptDetails of [true, false, undefined]) {
    await same(
      (client) => client.vaults.list({ decryptDetails }),
      `decryptDetails ${decryptDetails}`,
    );
  }
});
