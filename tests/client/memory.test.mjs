// What a client leaves in the module's memory when it is closed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Client } from "../../dist/index.js";
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

/** Keys that the emulator and the client's WebCrypto come by, each as bytes. */
const keys = new Map();

function watchKeys(t) {
  keys.clear();
  const { importKey, decrypt } = crypto.subtle;
  t.mock.method(crypto.subtle, "importKey", (format, data, ...rest) => {
    // The emulator's half of a session key; a MAC key is derived from it.
    if (format === "raw" && data.byteLength === 32) keys.set("a session's key", Buffer.from(data));
    return importKey.call(crypto.subtle, format, data, ...rest);
  });
  t.mock.method(crypto.subtle, "decrypt", async (algorithm, ...rest) => {
    const plain = await decrypt.call(crypto.subtle, algorithm, ...rest);
    if (algorithm.name === "RSA-OAEP") {
      const { k } = JSON.parse(new TextDecoder().decode(plain));
      keys.set("a vault's key", Buffer.from(k, "base64url"));
      keys.set("a vault's key in base64", Buffer.from(k));
    }
    return plain;
  });
}

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

test("an open client holds its session's and its vault's key there, too", async (t) => {
  watchKeys(t);
  const client = await service.authenticate();
  await client.resolve(BY_NAME);
  const bytes = await memory();
  assert.deepEqual([...keys.keys()].sort(), [
    "a session's key",
    "a vault's key",
    "a vault's key in base64",
  ]);
  for (const name of ["a session's key", "a vault's key"]) {
    assert.ok(bytes.includes(keys.get(name)), name);
  }
  client.close();
});

const STORED = new Map();
const STORE = {
  get: (key) => STORED.get(key),
  set: (key, value) => void STORED.set(key, value),
};
const CONFIGS = {
  "as it is": {},
  "that remembers secrets": { cache: { secretTtlMs: 60_000, staleIfErrorMs: 60_000 } },
  "that shares all it knows": { store: STORE, share: { secrets: { ttlMs: 60_000 } } },
};
for (const clients of [1, 5]) {
  for (const references of [[], [BY_NAME, BY_ID]]) {
    for (const [name, config] of Object.entries(CONFIGS)) {
      test(`${clients} clients ${name}, ${references.length} secrets: no key is left`, async (t) => {
        watchKeys(t);
        STORED.clear();
        for (let n = 0; n < clients; n += 1) {
          const client = await service.authenticate(config);
          for (const reference of references) assert.equal(await client.resolve(reference), SECRET);
          client.close();
        }
        assert.ok(keys.has("a session's key"));
        const bytes = await memory();
        const all = [...Object.entries(KEPT), ...keys];
        const left = all.filter(([, key]) => bytes.includes(key)).map(([what]) => what);
        assert.deepEqual(left, []);
      });
    }
  }
}

/** What is left of the token and of `more`: texts. */
async function left(...more) {
  const bytes = await memory();
  const all = [...Object.entries(KEPT), ...more.map((text) => [text, Buffer.from(text)])];
  return all.filter(([, key]) => bytes.includes(key)).map(([what]) => what);
}

test("a secret that is remembered leaves when its time is over, though nothing is asked", async () => {
  const client = await service.authenticate({ cache: { secretTtlMs: 300 } });
  await client.resolve(BY_NAME);
  assert.ok((await memory()).includes(KEPT["the secret"]));
  await sleep(600);
  assert.ok(!(await memory()).includes(KEPT["the secret"]));
  client.close();
});

test("a secret out of a store leaves in its time, too", async () => {
  const options = { store: STORE, share: { secrets: { ttlMs: 5_000 } } };
  STORED.clear();
  const first = await service.authenticate(options);
  await first.resolve(BY_NAME);
  first.close();
  const second = await service.authenticate(options);
  assert.ok((await memory()).includes(KEPT["the secret"]));
  await sleep(7_000);
  assert.ok(!(await memory()).includes(KEPT["the secret"]));
  second.close();
});

test("no process waits for a secret's time", { timeout: 20_000 }, () => {
  const of = (path) => JSON.stringify(new URL(path, import.meta.url));
  const program = `
    import { createEmulator } from ${of("../../dist/emulator/index.js")};
    import { Client } from ${of("../../dist/index.js")};
    const account = { vaults: [{ name: "app", items: [{ title: "database", password: "p" }] }] };
    const { token, fetch } = await createEmulator({ account });
    const [integrationName, integrationVersion] = ["client tests", "1"];
    const cache = { secretTtlMs: 3_600_000 };
    const options = { auth: token, fetch, integrationName, integrationVersion, cache };
    const client = await Client.authenticate(options);
    console.log(await client.resolve(${JSON.stringify(BY_NAME)}));`;
  const options = ["--input-type=module", "--eval", program];
  const ended = spawnSync(process.execPath, options, { encoding: "utf8", timeout: 15_000 });
  assert.deepEqual([ended.stdout, ended.status], ["p\n", 0], ended.stderr);
});

test("a token that is cut off, or leads where no client may go, leaves nothing", async () => {
  const cut = service.token.slice(0, -6);
  for (const config of [{ auth: cut }, { allowedHosts: ["elsewhere.example"] }]) {
    await assert.rejects(service.authenticate(config));
    assert.deepEqual(await left(cut), []);
  }
});

test("a token in the place of a reference leaves nothing", async () => {
  const client = await service.authenticate();
  for (const reference of [service.token, `op://app/${service.token}/password`]) {
    await assert.rejects(client.resolve(reference));
  }
  client.close();
  assert.deepEqual(await left(), []);
});

test("texts with escapes leave nothing, nor files, nor a client that is closed at work", async () => {
  const texts = ["first line\nsecond of the “secret”", 'a "quoted" \\ thing', "😀 of a file"];
  const [notes, host, content] = texts;
  const item = { title: "odd", notes, fields: { host }, files: [{ name: "a.txt", content }] };
  const here = await Service.start({ account: { vaults: [{ name: "app", items: [item] }] } });
  const references = ["notes", "host", "a.txt"].map((part) => `op://app/odd/${part}`);
  for (const answers of [2, 4, 6, 7, 8, 9, Number.POSITIVE_INFINITY]) {
    let client;
    let seen = 0;
    here.replace = async (_, ask) => {
      const answer = await ask();
      seen += 1;
      if (seen === answers) client?.close();
      return answer;
    };
    client = await here.authenticate({ lazy: true });
    const { individualResponses } = await client.secrets
      .resolveAll(references)
      .catch(() => ({ individualResponses: {} }));
    client.close();
    const found = Object.values(individualResponses).map(({ content }) => content?.secret);
    if (answers === Number.POSITIVE_INFINITY) assert.deepEqual(found, texts);
    assert.deepEqual(await left(...texts, here.token), [], `closed after ${answers} answers`);
  }
});

test("items, their files and lists leave nothing, nor does a loop that is left", async () => {
  const [content, ...texts] = ["of a \u0001 file", "a “note”\nof two lines", "an old password"];
  const [notes, old] = texts;
  const totp = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  const privateKey = generateKeyPairSync("ed25519").privateKey;
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const { d } = privateKey.export({ format: "jwk" });
  const fields = [
    { title: "code", kind: "otp", value: totp },
    { title: "private key", kind: "sshKey", value: pem },
  ];
  const item = {
    title: "odd",
    notes,
    sections: [{ title: "s", fields }],
    files: [{ name: "a.txt", content }],
  };
  const changed = { title: "changed", details: { passwordHistory: [{ value: old, time: 1 }] } };
  const others = Array.from({ length: 250 }, (_, n) => ({ title: `item ${n}`, password: SECRET }));
  const vaults = [{ name: "app", items: [item, changed, ...others] }];
  const here = await Service.start({ account: { vaults } });
  const client = await here.authenticate();
  const { files, notes: read } = await client.items.get("app", "odd");
  assert.equal(read, notes);
  await client.items.getAll("app", ["odd", "changed", "nothing"]);
  const bytes = await client.items.files.read("app", "odd", files[0].attributes);
  assert.equal(Buffer.from(bytes).toString(), content);
  await client.items.list("app");
  for await (const { title } of client.items.list("app")) if (title === "item 120") break;
  await client.vaults.get("app", { accessors: true });
  client.close();
  const key = Buffer.from(d, "base64url");
  assert.ok(!(await memory()).includes(key));
  assert.deepEqual(await left(content, ...texts, totp, pem.slice(40, 90), here.token), []);
});

test("a client that is dropped without close() leaves no keys once it is collected", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const { fetch, token } = service.emulator;
  const use = async (number) => {
    const names = { integrationName: "memory", integrationVersion: "1" };
    const client = await Client.authenticate({ auth: token, fetch, timeoutMs: number, ...names });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    for await (const _ of client.items.list("app")) break;
    await client.resolve("op://app/nothing").catch(() => {});
  };
  await Promise.all([20_001, 20_002, 20_003].map(use));
  let kept = ["unknown"];
  for (let tries = 0; tries < 100 && kept.length > 0; tries += 1) {
    gc();
    await sleep(20);
    kept = await left();
  }
  assert.deepEqual(kept, []);
});
