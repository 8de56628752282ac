// Memory of one client before and after 100,000 resolves: `node tests/random/steady.mjs`.
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { settledMemory } from "./memory.mjs";

const RESOLVES = 100_000;
const SHOWN_EVERY = 20_000;
const ITEMS = 50;

const items = Array.from({ length: ITEMS }, (_, n) => ({
  title: `item ${n}`,
  password: `pw ${n}`,
}));
const emulator = await createEmulator({ account: { vaults: [{ name: "app", items }] } });
const client = await Client.authenticate({
  auth: emulator.token,
  fetch: emulator.fetch,
  integrationName: "memory",
  integrationVersion: "1",
});
for (let n = 0; n <= RESOLVES; n += 1) {
  await client.resolve(`op://app/item ${n % ITEMS}/password`);
  if (n % SHOWN_EVERY > 0) continue;
  const { heapUsed, wasm } = await settledMemory();
  console.log(`${n} resolves: heap ${(heapUsed / 1e6).toFixed(1)} MB, wasm ${wasm / 65_536} pages`);
}
