// How many requests the same work takes, ours and the vendor's, on the same emulator.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { vendorClient } from "./vendor.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const items = [{ title: "first", id: ITEM, password: "0" }];
for (let n = 1; n < 20; n += 1) items.push({ title: `item ${n}`, password: `${n}` });
const references = items.map(({ title }) => `op://app/${title}/password`);

/** What is done, one after the other with the same client, and how many requests it may take. */
const WORK = [
  ["resolve by names, first", ({ secrets }) => secrets.resolve(references[0]), 4, 4],
  ["resolve by names, again", ({ secrets }) => secrets.resolve(references[0]), 1, 3],
  ["resolve by names, another item", ({ secrets }) => secrets.resolve(references[1]), 1, 3],
  ["resolve by ids", ({ secrets }) => secrets.resolve(`op://${VAULT}/${ITEM}/password`), 1, 1],
  ["20 by names at once", (client) => atOnce(client, references), 1, 60],
  ["the same 20 times at once", (client) => atOnce(client, Array(20).fill(references[0])), 1, 60],
  ["resolveAll of 20", ({ secrets }) => secrets.resolveAll(references), 1, 3],
];
const COLD = [
  ["20 by names at once, cold", (client) => atOnce(client, references), 4],
  ["resolveAll of 20, cold", ({ secrets }) => secrets.resolveAll(references), 4],
];

const atOnce = ({ secrets }, all) => Promise.all(all.map((one) => secrets.resolve(one)));

async function count(emulator, work) {
  emulator.clearRequests();
  await work();
  return emulator.requests.length;
}

const newEmulator = () =>
  createEmulator({ account: { vaults: [{ name: "app", id: VAULT, items }] } });
const ourClient = ({ token, fetch }) =>
  Client.authenticate({ auth: token, fetch, integrationName: "interop", integrationVersion: "1" });

test("requests, ours and the vendor's", async (t) => {
  const emulator = await newEmulator();
  let ours;
  let theirs;
  const signIn = [
    await count(emulator, async () => {
      ours = await ourClient(emulator);
    }),
    await count(emulator, async () => {
      theirs = await vendorClient(emulator);
    }),
  ];
  assert.deepEqual(signIn, [4, 4]);
  t.diagnostic("| what | ours | the vendor's |");
  t.diagnostic(`| sign-in | ${signIn.join(" | ")} |`);
  for (const [name, work, expected, vendors] of WORK) {
    const our = await count(emulator, () => work(ours));
    const their = await count(emulator, () => work(theirs));
    t.diagnostic(`| ${name} | ${our} | ${their} |`);
    assert.equal(our, expected, name);
    assert.equal(their, vendors, `the vendor's: ${name}`);
  }
  for (const [name, work, expected] of COLD) {
    const [our, their] = [await ourClient(emulator), await vendorClient(emulator)];
    const counts = [
      await count(emulator, () => work(our)),
      await count(emulator, () => work(their)),
    ];
    t.diagnostic(`| ${name} | ${counts.join(" | ")} |`);
    assert.equal(counts[0], expected, name);
  }
});
