// The vendor's client and ours, beside each other at one emulator: the same references, the same answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { vendorAnswer, vendorClient } from "./vendor.mjs";

const VAULT_ID = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM_ID = "pokahvr47axgmq6hp2sy6tzb6a";
const item = {
  title: "Datenbank 1",
  id: ITEM_ID,
  username: "app",
  password: "first",
  notes: "a note",
  fields: [{ title: "born", kind: "date", value: 86_400 }],
  sections: [
    { title: "server", id: "section", fields: { host: "db.example", password: "second" } },
    { title: "card", fields: [{ title: "until", kind: "monthYear", value: 202_612 }] },
  ],
};
const others = ["alsoActive", "archived"].map((state) => ({ title: state, password: "x", state }));
const vault = { name: "App", id: VAULT_ID, items: [item, ...others] };

const accounts = {
  "one vault": { vaults: [vault] },
  "several vaults, and keysets in a chain": {
    keysets: [{ name: "leaf", sealedBy: "root", algorithm: "RSA-OAEP-256" }, { name: "root" }],
    vaults: [{ name: "other" }, { ...vault, keyset: "leaf" }, { name: "twin" }, { name: "TWIN" }],
  },
  "a user name with capitals": { email: "Someone@EXAMPLE.com", vaults: [vault] },
};

const references = [
  "op://App/Datenbank 1/password",
  "op://app/DATENBANK 1/Username",
  `op://${VAULT_ID}/${ITEM_ID}/password`,
  `op://app/${ITEM_ID}/server/password`,
  `op://${VAULT_ID}/datenbank 1/section/host`,
  "op://app/Datenbank 1/notes",
  "op://app/Datenbank 1/born",
  "op://app/Datenbank 1/card/until",
  "op://app/Datenbank 1/nothing",
  "op://app/Datenbank 1/nowhere/host",
  "op://app/alsoActive/password",
  "op://app/archived/password",
  "op://app/nothing/password",
  "op://twin/Datenbank 1/password",
  "op://app/Datenbank 1",
];

async function ourAnswer(client, reference) {
  try {
    return { secret: await client.resolve(reference) };
  } catch (error) {
    return { error: error.code };
  }
}

for (const [name, account] of Object.entries(accounts)) {
  test(name, async () => {
    const emulator = await createEmulator({ account });
    const options = { integrationName: "interop", integrationVersion: "1.0.0" };
    const [theirs, ours] = await Promise.all([
      vendorClient(emulator),
      Client.authenticate({ auth: emulator.token, fetch: emulator.fetch, ...options }),
    ]);
    const secrets = [];
    for (const reference of references) {
      const answer = await ourAnswer(ours, reference);
      assert.deepEqual(answer, await vendorAnswer(theirs, reference), reference);
      secrets.push(answer.secret);
    }
    const found = ["first", "app", "first", "second", "db.example", "a note"];
    assert.deepEqual(secrets.slice(0, found.length), found);
  });
}
