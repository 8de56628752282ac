// How long a client keeps the event loop from its turn, for the longest answer of each endpoint:
//
//   node bench/endpoints.mjs [NAME…]
//
// The service is the project's emulator in another process. Not part of `npm run bench`: it
// compares nothing.
import { fork } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { createEmulator } from "../dist/emulator/index.js";
import { Client } from "../dist/index.js";

const MIB = 1024 * 1024;
const VAULT_ID = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM_ID = "pokahvr47axgmq6hp2sy6tzb6a";
const VAULT = `/api/v3/vault/${VAULT_ID}`;
const ITEMS = `/api/v1/vault/${VAULT_ID}/items/overviews`;
const ITEM = `/api/v1/vault/${VAULT_ID}/item/${ITEM_ID}`;
const BATCH = `/api/v3/vault/${VAULT_ID}/items/batch`;
const BY_NAME = "op://app/database/password";
const BY_ID = `op://${VAULT_ID}/${ITEM_ID}/password`;
/** What sealing leaves of so many bytes: base64. */
const plain = (mib) => Math.floor((mib * MIB * 3) / 4) - 1_000;

/** Another valid id for each number. */
const idOf = (n) => {
  let id = "";
  for (let rest = n; id.length < 25; rest = Math.floor(rest / 32)) {
    id += "abcdefghijklmnopqrstuvwxyz234567"[rest % 32];
  }
  return `${id}a`;
};

/** As many entries as fit, the given ones first. */
function fill(entries, bytes, more) {
  let left = bytes - JSON.stringify(entries).length;
  for (let n = 0; ; n += 1) {
    const entry = more(n);
    left -= JSON.stringify(entry).length + 1;
    if (left < 0) return entries;
    entries.push(entry);
  }
}

const another = (like) => (n) => ({ ...like, uuid: idOf(n) });
const short = (n) => ({ uuid: idOf(n) });

/** So many fields of an item, none of which is there. */
const resolveMany = (client, item, count = 200) =>
  client.secrets.resolveAll(Array.from({ length: count }, (_, n) => `op://app/${item}/no${n}`));

/** The path that is changed, how, and what is asked. */
const CASES = {
  "vaults, real": ["/api/v1/vaults", (all) => fill(all, plain(16), another(all[0])), BY_NAME],
  "vaults, short": ["/api/v1/vaults", (all) => fill(all, plain(16), short), BY_NAME],
  "keysets, real": [
    "/api/v2/account/keysets",
    ({ keysets }) => ({ keysets: fill(keysets, plain(48), another(keysets[0])) }),
    BY_ID,
  ],
  "keysets, short": [
    "/api/v2/account/keysets",
    ({ keysets }) => ({ keysets: fill(keysets, plain(48), short) }),
    BY_ID,
  ],
  "overviews, real": [
    ITEMS,
    (all) => ({ ...all, items: fill(all.items, plain(64), another(all.items[0])) }),
    BY_NAME,
  ],
  "overviews, short": [
    ITEMS,
    (all) => ({ ...all, items: fill(all.items, plain(64), short) }),
    BY_NAME,
  ],
  "overviews, listed": [
    ITEMS,
    (all) => ({ ...all, items: fill(all.items, plain(64), another(all.items[0])) }),
    (client) => client.items.list(VAULT_ID),
  ],
  "an item with junk": [
    ITEM,
    (all) => ({ ...all, junk: fill([], plain(4) - JSON.stringify(all).length, short) }),
    BY_ID,
  ],
  "a batch with junk": [
    BATCH,
    (all) => ({ ...all, items: fill(all.items, plain(4.5) - 20_000, short) }),
    async (client) => {
      const second = `op://${VAULT_ID}/${idOf(77)}/password`;
      const { individualResponses } = await client.secrets.resolveAll([BY_ID, second]);
      if (individualResponses[BY_ID].content === undefined) {
        throw new Error(JSON.stringify(individualResponses));
      }
    },
  ],
  "a vault with junk": [
    VAULT,
    (all) => ({ ...all, junk: fill([], plain(1) - 5_000, short) }),
    BY_ID,
  ],
  "a circle of keysets": [
    "/api/v2/account/keysets",
    ({ keysets: [first] }) => {
      const of = (n) => (n % 5 === 0 ? first.uuid : `k${n % 5}`);
      const enc = { ...first.encSymKey, enc: "RSA-OAEP" };
      const circle = (n) => ({ ...first, uuid: of(n), encryptedBy: of(n + 1), encSymKey: enc });
      return { keysets: Array.from({ length: 5_000 }, (_, n) => ({ ...circle(n), sn: 100 + n })) };
    },
    BY_NAME,
  ],
  "titles alike": [
    ITEMS,
    (all) => ({ ...all, items: fill([], plain(64), another(all.items[0])) }),
    BY_NAME,
  ],
  "titles not to be opened": [
    ITEMS,
    (all) => {
      const data = "A".repeat(250);
      const damaged = { ...all.items[0], encOverview: { ...all.items[0].encOverview, data } };
      return { ...all, items: fill([], plain(64), another(damaged)) };
    },
    (client) => client.items.list(VAULT_ID),
  ],
  "200 of a long item": [undefined, undefined, (client) => resolveMany(client, "large")],
  "200 of many fields": [undefined, undefined, (client) => resolveMany(client, "wide")],
  "200 of one name": [
    undefined,
    undefined,
    async (client) => {
      // The same name, each time with other letters in capitals.
      const names = Array.from({ length: 200 }, (_, n) =>
        [..."same field"].map((it, at) => ((n >> at) & 1 ? it.toUpperCase() : it)).join(""),
      );
      await client.secrets.resolveAll(names.map((name) => `op://app/alike/${name}`));
    },
  ],
  "an item of many fields": [undefined, undefined, (client) => client.items.get("app", "wide")],
  "20,000 fields": [undefined, undefined, (client) => resolveMany(client, "database", 20_000)],
  "a large field": [undefined, undefined, "op://app/large/text"],
  "a file": [undefined, undefined, "op://app/file/file.bin"],
};

async function serve(name) {
  const [path, change] = CASES[name];
  const bytes = new Uint8Array(45_000_000).fill(65);
  // As many as an item of 4 MiB has.
  const fields = (title) =>
    Array.from({ length: 25_000 }, (_, n) => ({ id: `f${n}`, title: title(n), value: "v" }));
  const items = [
    { title: "database", id: ITEM_ID, password: "s" },
    { title: "large", fields: { text: "x".repeat(2 * MIB) } },
    { title: "wide", sections: [{ title: "all", fields: fields((n) => `t${n}`) }] },
    { title: "alike", sections: [{ title: "all", fields: fields(() => "same field") }] },
    { title: "file", files: [{ name: "file.bin", content: bytes }] },
  ];
  const emulator = await createEmulator({
    account: { vaults: [{ name: "app", id: VAULT_ID, items }] },
    onAnswer(answer) {
      if (answer.path === path) answer.json = change(answer.json);
    },
  });
  const { token } = await emulator.serve();
  process.send(token);
}

async function measure(name) {
  const child = fork(fileURLToPath(import.meta.url), ["--serve", name]);
  const [token] = await once(child, "message");
  const options = {
    auth: token,
    integrationName: "bench",
    integrationVersion: "1",
    timeoutMs: 600_000,
  };
  const allowedHosts = ["127.0.0.1"];
  await (await Client.authenticate({ ...options, allowedHosts })).close();
  const client = await Client.authenticate({ ...options, allowedHosts });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const [, , ask] = CASES[name];
  await new Promise((resolve) => setTimeout(resolve, 100));
  delay.enable();
  const start = performance.now();
  const said = await (typeof ask === "string" ? client.resolve(ask) : ask(client)).then(
    () => "answered",
    (error) => `${error.code}: ${error.message.slice(0, 80)}`,
  );
  const ms = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 10));
  delay.disable();
  console.log(
    `${name.padEnd(20)} longest ${(delay.max / 1e6).toFixed(0).padStart(6)} ms of ${ms.toFixed(0).padStart(6)} ms  ${said}`,
  );
  client.close();
  child.kill();
}

if (process.argv[2] === "--serve") {
  await serve(process.argv[3]);
} else {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : Object.keys(CASES)) await measure(name);
  process.exit();
}
