// Many calls in one go. V8 of Node 20 ended the process (SIGTRAP) when it compiled such a loop anew
// and took calls that a reference goes into and a promise comes out of into the loop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BY_NAME, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const CALLS = 1500;
const ROUNDS = 40;

test("1,500 calls with one signal, forty times", async () => {
  const client = await service.authenticate();
  const { signal } = new AbortController();
  for (let round = 0; round < ROUNDS; round += 1) {
    const calls = Array.from({ length: CALLS }, () => client.resolve(BY_NAME, { signal }));
    for (const secret of await Promise.all(calls)) assert.equal(secret, SECRET);
  }
  client.close();
});
