// Answers of 32 KiB and more, which the host's WebCrypto opens while the client waits.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BY_ID, BY_NAME, ITEM, PATHS, SECRET, Service, VAULT } from "./support.mjs";

const LONG_BYTES = 32 * 1024;
const GCM_TAG_BYTES = 16;
const OTHERS = Array.from({ length: 300 }, (_, n) => ({ title: `item ${n}`, password: "x" }));
const service = await Service.start({
  account: { vaults: [{ ...VAULT, items: [...OTHERS, ITEM] }] },
});

const { decrypt } = crypto.subtle;
/** Opens by the host what is sealed with AES; RSA's keys are none of it. */
const onAes = (open) => {
  crypto.subtle.decrypt = (algorithm, key, sealed) => {
    const work = () => decrypt.call(crypto.subtle, algorithm, key, sealed);
    return algorithm.name === "AES-GCM" ? open(work, sealed) : work();
  };
};

afterEach(() => {
  crypto.subtle.decrypt = decrypt;
  service.replace = undefined;
  service.change = undefined;
});

/** Answers to the listing with what `make` makes of its envelope, as JSON. */
function replaceListing(make) {
  service.replace = async ({ path }, ask) => {
    const answer = await ask();
    if (path !== PATHS.overviews) return answer;
    return new Response(make(await answer.json()), {
      headers: { "content-type": "application/json" },
    });
  };
}

/** JSON of exactly so many bytes: what the client does not know, it ignores. */
function padded(envelope, bytes) {
  const bare = JSON.stringify({ ...envelope, padding: "" });
  return JSON.stringify({ ...envelope, padding: "x".repeat(bytes - bare.length) });
}

for (const [bytes, byHost] of [
  [LONG_BYTES - 1, 0],
  [LONG_BYTES, 1],
  [LONG_BYTES + 1, 1],
]) {
  test(`a body of ${bytes} bytes is opened by the ${byHost ? "host" : "module"}`, async () => {
    const here = await Service.start();
    const client = await here.authenticate();
    here.replace = async ({ path }, ask) => {
      const answer = await ask();
      return path === PATHS.overviews ? new Response(padded(await answer.json(), bytes)) : answer;
    };
    let opened = 0;
    onAes((work) => {
      opened += 1;
      return work();
    });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(opened, byHost);
  });
}

for (const length of [1, GCM_TAG_BYTES - 1, GCM_TAG_BYTES]) {
  test(`a long body of which ${length} bytes are sealed`, async () => {
    const client = await service.authenticate();
    const data = Buffer.alloc(length, 7).toString("base64url");
    replaceListing((envelope) => padded({ ...envelope, data }, LONG_BYTES));
    await service.failure(client.resolve(BY_NAME), "decryption");
    service.replace = undefined;
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}

/** A client that waits for the host; `open()` lets the host be done, and waits until it is. */
async function waiting(options) {
  const client = await service.authenticate();
  let [begun, release] = [];
  const isBegun = new Promise((resolve) => {
    begun = resolve;
  });
  const isReleased = new Promise((resolve) => {
    release = resolve;
  });
  let opened;
  onAes((work, sealed) => {
    begun(sealed);
    opened = isReleased.then(work);
    return opened;
  });
  const call = client.secrets.resolve(BY_NAME, options);
  call.catch(() => {});
  await isBegun;
  const open = async () => {
    release();
    await opened;
    await sleep(10);
  };
  return { client, call, open };
}

test("a call that is aborted while the host opens its answer", async () => {
  const controller = new AbortController();
  const { client, call, open } = await waiting({ signal: controller.signal });
  controller.abort();
  await service.failure(call, "aborted");
  await open();
  crypto.subtle.decrypt = decrypt;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a call that runs out of time while the host opens its answer", async () => {
  const { client, call, open } = await waiting({ timeoutMs: 50 });
  await service.failure(call, "timeout");
  await open();
  crypto.subtle.decrypt = decrypt;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a client that is closed while the host opens an answer", async () => {
  const { client, call, open } = await waiting();
  client.close();
  await service.failure(call, "closed");
  await open();
  await service.failure(client.resolve(BY_NAME), "closed");
  crypto.subtle.decrypt = decrypt;
  const other = await service.authenticate();
  assert.equal(await other.resolve(BY_NAME), SECRET);
});

test("other calls while the host opens an answer, and memory that moves", async () => {
  const { client, call, open } = await waiting();
  assert.equal(await client.resolve(BY_ID), SECRET);
  const held = crypto.subtle.decrypt;
  crypto.subtle.decrypt = decrypt;
  // Each of these listings takes several times its length of the module's memory.
  const others = await Promise.all(Array.from({ length: 10 }, () => service.authenticate()));
  const secrets = await Promise.all(others.map((other) => other.resolve(BY_NAME)));
  assert.deepEqual(new Set(secrets), new Set([SECRET]));
  crypto.subtle.decrypt = held;
  await open();
  assert.equal(await call, SECRET);
});

test("what the host opened is zeroed once the module has it", async () => {
  const client = await service.authenticate();
  const buffers = [];
  onAes(async (work) => {
    const buffer = await work();
    buffers.push(new Uint8Array(buffer));
    return buffer;
  });
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(buffers.length, 1);
  assert.ok(buffers[0].length > LONG_BYTES / 2);
  assert.ok(buffers[0].every((byte) => byte === 0));
});
