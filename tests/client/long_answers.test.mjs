// Long answers, which WebCrypto opens: from which length, and what may happen while it does.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import init from "../../dist/wasm/op.js";
import { BY_ID, BY_NAME, ITEM, PATHS, SECRET, Service, VAULT } from "./support.mjs";

/** A body of so many bytes is opened by WebCrypto. */
const LONG_BYTES = 32 * 1024;
/** Longer than what the emulator opens, and half of an answer that is stretched. */
const MOST_BYTES = LONG_BYTES / 2;
const PAGE_BYTES = 64 * 1024;
const OTHER = "op://app/other/password";

const file = { name: "large.bin", content: new Uint8Array(8 * 1024 * 1024) };
const items = [ITEM, { title: "other", password: "another secret", files: [file] }];
const service = await Service.start({ account: { vaults: [{ ...VAULT, items }] } });

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

/** Gives the answers at `path` bodies of so many bytes. Most of them are sealed. */
function stretch(path, bytes) {
  service.change = (answer) => {
    if (answer.path === path) answer.json.more = "x".repeat(MOST_BYTES);
  };
  service.replace = async (call, ask) => {
    const response = await ask();
    if (call.path !== path) return response;
    const envelope = await response.text();
    assert.ok(envelope.length < bytes, `${envelope.length} bytes already`);
    return new Response(envelope.padEnd(bytes));
  };
}

/** The lengths of what WebCrypto is asked to open of long answers; `change` comes in between. */
function watchOpening(t, { leastBytes = MOST_BYTES, change = (open) => open() } = {}) {
  const { decrypt } = crypto.subtle;
  const lengths = [];
  t.mock.method(crypto.subtle, "decrypt", (algorithm, key, sealed) => {
    const open = () => decrypt.call(crypto.subtle, algorithm, key, sealed);
    if (algorithm.name !== "AES-GCM" || sealed.byteLength < leastBytes) return open();
    lengths.push(sealed.byteLength);
    return change(open);
  });
  return lengths;
}

/** Has WebCrypto wait until `release` is called, and then answer `then`. `next()` is the next time. */
function hold(t, then = (open) => open()) {
  let begin = () => {};
  let release = () => {};
  const released = new Promise((resolve) => {
    release = resolve;
  });
  const change = async (open) => {
    begin();
    await released;
    return then(open);
  };
  const opened = watchOpening(t, { change });
  const next = () =>
    new Promise((resolve) => {
      begin = resolve;
    });
  return { next, release, opened };
}

/** A client that knows the account, so that a call makes one request: for the item. */
async function newClient(config) {
  const client = await service.authenticate(config);
  assert.equal(await client.resolve(BY_NAME), SECRET);
  return client;
}

/** Until all that is ready has run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

for (const [bytes, times] of [
  [LONG_BYTES - 1, 0],
  [LONG_BYTES, 1],
]) {
  test(`a body of ${bytes} bytes: WebCrypto opens ${times}`, async (t) => {
    const client = await service.authenticate();
    const opened = watchOpening(t);
    for (const path of [PATHS.overviews, PATHS.item]) {
      opened.length = 0;
      stretch(path, bytes);
      assert.equal(await client.resolve(BY_NAME), SECRET);
      assert.equal(opened.length, times, path);
    }
  });
}

for (const [sealedBytes, code] of [
  [0, "protocol"],
  [1, "decryption"],
  [15, "decryption"],
  [16, "decryption"],
]) {
  test(`a long body with ${sealedBytes} bytes sealed, where a tag has 16`, async (t) => {
    const client = await newClient();
    const lengths = watchOpening(t, { leastBytes: 0 });
    const data = Buffer.alloc(sealedBytes).toString("base64url");
    service.replace = async ({ path }, ask) => {
      const response = await ask();
      if (path !== PATHS.item) return response;
      return Response.json({ ...(await response.json()), data, more: "x".repeat(LONG_BYTES) });
    };
    await service.failure(client.resolve(BY_NAME), code);
    // Twice, because keys are read again that do not open something.
    assert.deepEqual(lengths, code === "protocol" ? [] : [sealedBytes, sealedBytes]);
    service.replace = undefined;
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}

for (const [code, limits, end] of [
  ["aborted", ({ signal }) => ({ signal }), ({ controller }) => controller.abort()],
  ["closed", () => ({}), ({ client }) => client.close()],
  ["timeout", () => ({ timeoutMs: 1000 }), () => {}],
]) {
  test(`${code} while WebCrypto opens an answer`, async (t) => {
    const client = await newClient();
    const controller = new AbortController();
    const held = hold(t);
    stretch(PATHS.item, LONG_BYTES);
    const begun = held.next();
    const call = client.resolve(BY_NAME, limits(controller));
    const failure = service.failure(call, code);
    await begun;
    service.calls = [];
    end({ controller, client });
    // Before it is released.
    await failure;

    // Neither this client nor another waits for what is held.
    service.replace = undefined;
    service.change = undefined;
    const again = code === "closed" ? await newClient() : client;
    assert.equal(await again.resolve(BY_NAME), SECRET);
    held.release();
    await turn();
    stretch(PATHS.item, LONG_BYTES);
    assert.equal(await again.resolve(BY_NAME), SECRET);
    assert.equal(held.opened.length, 2);
    if (code !== "closed") {
      // The call that ended asked for nothing more.
      assert.deepEqual(service.paths, [PATHS.item, PATHS.item]);
    }
  });
}

test("a call that waits for what an aborted one was reading does it by itself", async (t) => {
  const client = await service.authenticate();
  const held = hold(t);
  stretch(PATHS.overviews, LONG_BYTES);
  const controller = new AbortController();
  const begun = held.next();
  const first = client.resolve(BY_NAME, { signal: controller.signal });
  const failure = service.failure(first, "aborted");
  await begun;
  const second = client.resolve(OTHER);
  await turn();
  service.calls = [];
  service.replace = undefined;
  service.change = undefined;
  controller.abort();
  await failure;
  assert.equal(await second, "another secret");
  assert.equal(service.paths[0], PATHS.overviews);
  assert.equal(held.opened.length, 1);
  held.release();
});

for (const [what, outcome] of [
  ["opens", () => new ArrayBuffer(8)],
  ["does not open", () => assert.fail("too late")],
]) {
  test(`an answer that ${what} after its call has ended troubles nobody`, async (t) => {
    const client = await newClient();
    const held = hold(t, outcome);
    stretch(PATHS.item, LONG_BYTES);
    const begun = held.next();
    const call = client.resolve(BY_NAME);
    await begun;
    client.close();
    await service.failure(call, "closed");
    // A rejection that nobody handles would fail this test.
    held.release();
    await turn();
  });
}

test("calls that end while WebCrypto works leave nothing in the module", async (t) => {
  const { memory } = await init();
  const client = await newClient();
  const held = hold(t);
  stretch(PATHS.item, LONG_BYTES);
  const endOne = async () => {
    const controller = new AbortController();
    const begun = held.next();
    const call = client.resolve(BY_NAME, { signal: controller.signal });
    await begun;
    controller.abort();
    await service.failure(call, "aborted");
    await turn();
  };
  for (let n = 0; n < 5; n += 1) await endOne();
  const before = memory.buffer.byteLength;
  // What is sealed in 64 answers is a megabyte.
  for (let n = 0; n < 64; n += 1) await endOne();
  assert.ok(memory.buffer.byteLength - before <= PAGE_BYTES);
  held.release();
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a client that is closed while WebCrypto works leaves no session key", async (t) => {
  const keys = [];
  const { importKey } = crypto.subtle;
  t.mock.method(crypto.subtle, "importKey", (format, data, ...rest) => {
    // The emulator's, too, which is the same.
    if (format === "raw" && data.byteLength === 32) keys.push(Buffer.from(data));
    return importKey.call(crypto.subtle, format, data, ...rest);
  });
  const { memory } = await init();
  const hasKey = () => keys.some((key) => Buffer.from(memory.buffer).includes(key));
  const client = await newClient();
  const held = hold(t);
  stretch(PATHS.item, LONG_BYTES);
  const begun = held.next();
  const call = client.resolve(BY_NAME);
  await begun;
  assert.ok(hasKey());
  client.close();
  await service.failure(call, "closed");
  assert.ok(!hasKey());
  held.release();
  await turn();
  assert.ok(!hasKey());
});

test("the module's memory grows while WebCrypto opens an answer", async (t) => {
  const { memory } = await init();
  const [client, other] = await Promise.all([newClient(), newClient()]);
  const held = hold(t);
  stretch(PATHS.item, LONG_BYTES);
  const begun = held.next();
  const call = client.resolve(BY_ID);
  await begun;
  const { buffer } = memory;
  const bytes = await other.secrets.resolveBytes("op://app/other/large.bin");
  assert.equal(bytes.length, file.content.length);
  assert.equal(buffer.byteLength, 0, "the memory has not moved");
  assert.ok(memory.buffer.byteLength > file.content.length);
  held.release();
  assert.equal(await call, SECRET);
  // What does not open is read again, and may be right then.
  assert.equal(held.opened.length, 1);
  // The session's key is as it was.
  assert.equal(await client.resolve(BY_ID), SECRET);
});

test("what WebCrypto opened is zeroed once the module has it", async (t) => {
  const client = await newClient();
  const buffers = [];
  watchOpening(t, {
    change: async (open) => {
      const buffer = await open();
      buffers.push(new Uint8Array(buffer));
      return buffer;
    },
  });
  stretch(PATHS.item, LONG_BYTES);
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(buffers.length, 1);
  assert.ok(buffers[0].length >= MOST_BYTES);
  assert.ok(buffers[0].every((byte) => byte === 0));
});

test("what takes long lets others have their turn", async (t) => {
  const fields = Array.from({ length: 60 }, (_, n) => ({
    id: `f${n}`,
    title: `t${n}`,
    value: "v",
  }));
  const wide = { ...ITEM, sections: [{ title: "all", fields }] };
  const more = Array.from({ length: 60 }, (_, n) => ({ title: `item ${n}`, password: "p" }));
  const here = await Service.start({ account: { vaults: [{ ...VAULT, items: [wide, ...more] }] } });
  const client = await here.authenticate();
  const { now } = Date;
  let ahead = 0;
  // Each look at the clock finds that time has passed: then everything takes long.
  t.mock.method(Date, "now", () => {
    ahead += 30;
    return now() + ahead;
  });
  const turnsDuring = async (work) => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setTimeout(count, 0);
    };
    count();
    await work();
    isOver = true;
    return turns;
  };
  const missing = fields.map((_, n) => `${BY_ID}${n}`);
  const titles = more.map(({ title }) => title);
  for (const [what, work] of Object.entries({
    "fields that are there": () =>
      client.secrets.resolveAll(fields.map(({ id }) => `op://app/database/${id}`)),
    "fields that are not": () => client.secrets.resolveAll(missing),
    titles: () => client.secrets.resolveAll(titles.map((title) => `op://app/${title}/password`)),
    "an item of many fields": () => client.items.get("app", "database"),
    "many items": () => client.items.getAll("app", titles),
    "a list": () => client.items.list("app"),
  })) {
    const turns = await turnsDuring(work);
    assert.ok(turns >= 40, `${what}: ${turns} turns`);
  }
});

test("an answer that is being handed over ends with its call, and with the client", async (t) => {
  const fields = Array.from({ length: 60 }, (_, n) => ({
    id: `f${n}`,
    title: `t${n}`,
    value: "v",
  }));
  const items = Array.from({ length: 40 }, (_, n) => ({
    title: `item ${n}`,
    sections: [{ title: "all", fields }],
  }));
  const here = await Service.start({
    account: { vaults: [{ ...VAULT, items: [ITEM, ...items] }] },
  });
  const titles = items.map(({ title }) => title);
  const { now } = Date;
  let ahead = 0;
  t.mock.method(Date, "now", () => {
    ahead += 30;
    return now() + ahead;
  });
  for (const [code, end] of [
    ["aborted", (_, controller) => controller.abort()],
    ["closed", (client) => client.close()],
  ]) {
    const client = await here.authenticate();
    await client.resolve(BY_NAME);
    const controller = new AbortController();
    let isOver = false;
    let answered = () => {};
    const batch = new Promise((resolve) => {
      answered = resolve;
    });
    here.replace = async (call, ask) => {
      const answer = await ask();
      if (call.path.endsWith("/batch")) answered();
      return answer;
    };
    const call = client.items.getAll("app", titles, { signal: controller.signal });
    const settled = call.finally(() => {
      isOver = true;
    });
    settled.catch(() => {});
    await batch;
    // 2,400 fields take as many turns.
    for (let turn = 0; turn < 150; turn += 1) await new Promise((done) => setTimeout(done, 1));
    assert.equal(isOver, false);
    end(client, controller);
    await here.failure(settled, code);
  }
});
