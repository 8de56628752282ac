// Recorded items of all categories: this client shows them as the vendor's did, to the letter.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { Service } from "./support.mjs";

const { now_ms, vault_id, wire_times, list, cases } = JSON.parse(
  readFileSync(new URL("../vectors/items.json", import.meta.url), "utf8"),
);

// One-time passwords depend on the time.
mock.method(Date, "now", () => now_ms);

const items = cases.map(({ wire }) => ({ ...wire, ...wire_times }));
const account = { vaults: [{ name: "recorded", id: vault_id, items }] };
const service = await Service.start({ account });
const client = await service.authenticate();
const ids = cases.map(({ wire }) => wire.id);
/** As text, because the order of members counts. */
const shown = (items) => items.map((item) => JSON.stringify(item, null, 1));

test("one by one", async () => {
  const got = await Promise.all(ids.map((id) => client.items.get(vault_id, id)));
  assert.deepEqual(shown(got), shown(cases.map(({ item }) => item)));
  assert.equal(cases.length, 70);
});

test("all at once", async () => {
  const { individualResponses } = await client.items.getAll("recorded", ids);
  const expected = cases.map(({ item }) => ({ content: item, error: null }));
  assert.deepEqual(shown(individualResponses), shown(expected));
});

test("as a list", async () => {
  const all = { type: "ByState", content: { active: true, archived: true } };
  assert.deepEqual(shown(await client.items.list(vault_id, all)), shown(list));
});
