// What of a long answer is kept: nothing that nobody can have asked for.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import init from "../../dist/wasm/op.js";
import { BY_NAME, ITEM, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const MIB = 1024 * 1024;
const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;
/** The module's memory does not shrink: what it grew to is the most that it took. */
const MOST_BYTES = 160 * MIB;

const others = Array.from({ length: 1_500 }, (_, n) => ({ title: `item ${n}`, password: SECRET }));
const service = await Service.start({
  account: { vaults: [{ ...VAULT, items: [ITEM, ...others] }] },
});

afterEach(async () => {
  service.change = undefined;
  const { buffer } = (await init()).memory;
  assert.ok(buffer.byteLength < MOST_BYTES, `${buffer.byteLength / MIB} MiB`);
});

test("1,500 ids, and 999,000 times nothing with each batch", async () => {
  const client = await service.authenticate();
  const ids = (await client.items.list("app")).map(({ id }) => id);
  let isEmpty = true;
  service.change = ({ path, json }) => {
    if (path === BATCH) json.items = [...(isEmpty ? [] : json.items), ...Array(999_000).fill({})];
  };
  const references = ids.map((id) => `op://${VAULT_ID}/${id}/password`).slice(0, 150);
  const none = await client.secrets.resolveAll(references);
  assert.ok(Object.values(none.individualResponses).every(({ error }) => error !== undefined));
  isEmpty = false;
  const { individualResponses } = await client.secrets.resolveAll(references, { fresh: true });
  const found = Object.values(individualResponses).map(({ content }) => content?.secret);
  assert.ok(found.filter((secret) => secret === SECRET).length >= 149);
});

function append(json, member, entry) {
  json[member] = [...json[member], ...Array(900_000).fill(entry)];
}

for (const [path, member] of [
  [PATHS.overviews, "items"],
  [PATHS.keysets, "keysets"],
]) {
  test(`${member}: what has no id is dropped while it is read`, async () => {
    const client = await service.authenticate();
    service.change = (answer) => {
      if (answer.path === path) append(answer.json, member, {});
    };
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });

  test(`${member}: what has one takes no more than its text and a bit`, async () => {
    const client = await service.authenticate();
    service.change = (answer) => {
      if (answer.path === path) append(answer.json, member, { uuid: "x" });
    };
    await service.failure(client.resolve(BY_NAME), "protocol");
    service.change = undefined;
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}
