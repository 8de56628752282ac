// What a client leaves in the module's memory when it is closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import init from "../../dist/wasm/op.js";
import { readToken } from "../emulator/raw_client.mjs";
import { BY_ID, BY_NAME, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const { srpX, muk, throttleSecret, secretKey } = readToken(service.token);

/** Each as text and, where it stands for bytes, as those. */
const KEPT = {
  "the token": Buffer.from(service.token),
  "the secret key": Buffer.from(secretKey),
  "srpX in hex": Buffer.from(srpX),
  srpX: Buffer.from(srpX, "hex"),
  "muk in base64": Buffer.from(muk.k),
  muk: Buffer.from(muk.k, "base64url"),
  "the throttle seed in hex": Buffer.from(throttleSecret.seed),
  "the throttle seed": Buffer.from(throttleSecret.seed, "hex"),
  "the secret": Buffer.from(SECRET),
};

async function memory() {
  // The module is loaded by now, so this is the one that the client runs in.
  const { memory } = await init();
  return Buffer.from(memory.buffer);
}

test("an open client holds its keys in the memory that is scanned", async () => {
  const client = await service.authenticate();
  await client.resolve(BY_NAME);
  assert.ok((await memory()).includes(KEPT.muk));
  client.close();
});

for (const clients of [1, 5]) {
  for (const references of [[], [BY_NAME, BY_ID]]) {
    test(`${clients} clients that resolved ${references.length} leave no key`, async () => {
      for (let n = 0; n < clients; n += 1) {
        const client = await service.authenticate();
        for (const reference of references) assert.equal(await client.resolve(reference), SECRET);
        client.close();
      }
      const bytes = await memory();
      const left = Object.keys(KEPT).filter((name) => bytes.includes(KEPT[name]));
      assert.deepEqual(left, []);
    });
  }
}
