// How much is read of an answer, and of all answers at once.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BY_ID, BY_NAME, ITEM, PATHS, SECRET, Service, VAULT, VAULT_ID } from "./support.mjs";

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECE_BYTES = 16 * KIB;
const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;

const others = Array.from({ length: 1_499 }, (_, n) => ({ title: `item ${n}`, password: SECRET }));
const file = { name: "a.bin", content: new Uint8Array(100) };
const withFile = { title: "with a file", files: [file] };
const service = await Service.start({
  account: { vaults: [{ ...VAULT, items: [ITEM, withFile, ...others] }] },
});

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

/** An answer that never ends, and how much was read of it. */
function endless(status = 200) {
  const read = { bytes: 0, isCancelled: false };
  const value = new Uint8Array(PIECE_BYTES).fill(0x20);
  const reader = {
    read: async () => {
      read.bytes += PIECE_BYTES;
      return { done: false, value };
    },
    cancel: async () => {
      read.isCancelled = true;
    },
  };
  return { read, response: { status, body: { getReader: () => reader } } };
}

const FILES = /^\/api\/v3\/file\//;
const of = (path) => (one) => (path instanceof RegExp ? path.test(one) : one === path);
const list = async (client) => await client.items.list("app");
for (const [path, bytes, limit, ask] of [
  [PATHS.start, 64 * KIB, "64 KiB", () => service.authenticate()],
  [PATHS.exchange, 64 * KIB, "64 KiB", () => service.authenticate()],
  [PATHS.confirm, 64 * KIB, "64 KiB", () => service.authenticate()],
  [PATHS.complete, 64 * KIB, "64 KiB", () => service.authenticate()],
  [PATHS.vaults, 16 * MIB, "16 MiB", (client) => client.resolve(BY_NAME)],
  [PATHS.keysets, 48 * MIB, "48 MiB", (client) => client.resolve(BY_NAME)],
  [PATHS.vault, MIB, "1 MiB", (client) => client.resolve(BY_ID)],
  [PATHS.vault, 16 * MIB, "16 MiB", (client) => client.vaults.get(VAULT_ID, { accessors: true })],
  [PATHS.item, 4 * MIB, "4 MiB", (client) => client.resolve(BY_ID)],
  [PATHS.overviews, 64 * MIB, "64 MiB", list],
  [FILES, 64 * MIB, "64 MiB", (client) => client.resolve("op://app/with a file/a.bin")],
]) {
  test(`of an answer to ${path} ${limit} are read, of an error 64 KiB`, async () => {
    for (const [status, most, told] of [
      [200, bytes, limit],
      [404, 64 * KIB, "64 KiB"],
      [503, 64 * KIB, "64 KiB"],
    ]) {
      const isSignIn = bytes === 64 * KIB;
      const client = isSignIn ? undefined : await service.authenticate();
      const { read, response } = endless(status);
      service.replace = ({ path: one }, asked) => (of(path)(one) ? response : asked());
      const error = await service.failure(ask(client), "protocol", `${path} ${status}`);
      assert.match(error.message, new RegExp(`longer than ${told}`));
      assert.equal(read.bytes, most + PIECE_BYTES, "read");
      assert.ok(read.isCancelled);
      service.replace = undefined;
      if (client !== undefined) assert.equal(await client.resolve(BY_ID), SECRET);
    }
  });
}

test("a batch may be as long as what it asks for", async () => {
  const client = await service.authenticate();
  for (const [count, bytes] of [
    [2, 5 * MIB],
    [50, 29 * MIB],
  ]) {
    const titles = others.slice(0, count).map(({ title }) => title);
    const { read, response } = endless();
    service.replace = ({ path }, ask) => (path === BATCH ? response : ask());
    const { individualResponses } = await client.items.getAll("app", titles);
    for (const { error } of individualResponses) {
      assert.equal(error.type, "protocol");
      assert.match(error.message, /longer than all that was asked for/);
    }
    assert.equal(read.bytes, bytes + PIECE_BYTES);
  }
});

test("72 answers of 63 MiB at once: some fail, no other client does", async () => {
  const clients = await Promise.all([service.authenticate(), service.authenticate()]);
  const value = new Uint8Array(MIB).fill(0x5b);
  let begun = () => {};
  const started = new Promise((resolve) => {
    begun = resolve;
  });
  let open = 0;
  service.replace = ({ path }, ask) => {
    if (path !== PATHS.overviews) return ask();
    open += 1;
    if (open === 72) begun();
    let left = 63;
    const read = async () => {
      await started;
      left -= 1;
      return left < 0 ? {} : { value };
    };
    return { status: 200, body: { getReader: () => ({ read }) } };
  };
  const calls = Array.from({ length: 72 }, (_, n) => clients[n % 2].items.list("app").then());
  const codes = (await Promise.allSettled(calls)).map(({ reason }) => reason.code);
  assert.ok(codes.includes("network") && codes.every((code) => /^(network|protocol)$/.test(code)));
  const crowded = (await Promise.allSettled(calls)).find(({ reason }) => reason.code === "network");
  assert.match(crowded.reason.message, /more than 192 MiB of answers were under way at once/);
  assert.equal(crowded.reason.retryable, true);
  service.replace = undefined;
  for (const client of clients) assert.equal((await client.items.list("app")).length, 1_501);
});

test("a list that is being read has no more of it than is left to read", async () => {
  const [one, other] = await Promise.all([service.authenticate(), service.authenticate()]);
  const junk = "x".repeat(44 * MIB);
  service.change = ({ path, json }) => {
    if (path === PATHS.overviews) json.junk = junk;
  };
  const open = [];
  for (let n = 0; n < 4; n += 1) {
    const entries = one.items.list("app")[Symbol.asyncIterator]();
    open.push(entries);
    assert.equal((await entries.next()).done, false);
  }
  assert.equal((await other.items.list("app")).length, 1_501);
  service.change = undefined;
  for (const entries of open) await entries.return();
});

test("what is under way is given back: by an abort, a failure, an answer that is read", async () => {
  const client = await service.authenticate();
  const value = new Uint8Array(MIB);
  for (let round = 0; round < 5; round += 1) {
    const stream = (end) => {
      let left = 60;
      return () => {
        left -= 1;
        return left < 0 ? end() : Promise.resolve({ value });
      };
    };
    const ends = [
      () => new Promise(() => {}),
      () => Promise.reject(new Error("broken")),
      () => Promise.resolve({}),
    ];
    const codes = ["aborted", "network", "protocol"];
    for (const [n, end] of ends.entries()) {
      const controller = new AbortController();
      const waiting = () => {
        setImmediate(() => controller.abort());
        return end();
      };
      const read = stream(n === 0 ? waiting : end);
      service.replace = ({ path }, ask) =>
        path === PATHS.overviews ? { status: 200, body: { getReader: () => ({ read }) } } : ask();
      const call = client.items.list("app", { signal: controller.signal });
      await service.failure(call.then(), codes[n], `round ${round}`);
    }
  }
  service.replace = undefined;
  assert.equal((await client.items.list("app")).length, 1_501);
});
