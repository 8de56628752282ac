// The recorded accounts, through the vendor's client of today: the answers must still be the same.
// If one differs, the emulator gave it another account than the one that was recorded.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { vendorAnswer, vendorClient } from "./vendor.mjs";

const recorded = JSON.parse(readFileSync(new URL("../vectors/resolve.json", import.meta.url)));
assert.ok(recorded.accounts.length > 0);

// The vendor's client takes two seconds for each account: at a desk every eighth will do.
const EVERY = process.env.CI ? 1 : 8;

// One-time passwords depend on the time.
mock.method(Date, "now", () => recorded.now_ms);

for (const [index, { cases, ...account }] of recorded.accounts.entries()) {
  if (index % EVERY !== 0) continue;
  test(`account ${index}: ${cases.length} references`, async () => {
    const client = await vendorClient(await createEmulator({ account }));
    for (const { ref, secret, error, vendor_reported } of cases) {
      const expected = secret === undefined ? { error: vendor_reported ?? error } : { secret };
      assert.deepEqual(await vendorAnswer(client, ref), expected, ref);
    }
  });
}
