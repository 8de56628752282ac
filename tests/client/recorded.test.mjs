// The recorded accounts: this client gives what the vendor's gave, or the error that says the cause.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { Service } from "./support.mjs";

const recorded = JSON.parse(readFileSync(new URL("../vectors/resolve.json", import.meta.url)));
assert.ok(recorded.accounts.length > 0);

// One-time passwords depend on the time.
mock.method(Date, "now", () => recorded.now_ms);

/**
 * Where this client answers otherwise, and why: the code it answers with, and which references are
 * meant. Each must still be needed by some reference.
 */
const DEVIATIONS = [];

const needed = new Set();

function expectedAnswer({ ref, secret, error }) {
  const deviation = DEVIATIONS.find(({ concerns }) => concerns({ ref, secret }));
  if (deviation === undefined) return secret === undefined ? { error } : { secret };
  needed.add(deviation);
  return { error: deviation.error };
}

async function answer(service, client, reference) {
  try {
    return { secret: await client.resolve(reference) };
  } catch (error) {
    service.checkTellsNothing(error);
    return { error: error.code };
  }
}

for (const [index, { cases, ...account }] of recorded.accounts.entries()) {
  test(`account ${index}: ${cases.length} references`, async () => {
    const service = await Service.start({ account });
    const client = await service.authenticate();
    for (const entry of cases) {
      assert.deepEqual(await answer(service, client, entry.ref), expectedAnswer(entry), entry.ref);
    }
  });
}

test("every deviation is still needed", () => {
  assert.deepEqual([...needed], DEVIATIONS);
});
