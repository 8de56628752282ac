// What cannot be opened or makes no sense hides itself, and nothing beside it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BY_ID, BY_NAME, ITEM, PATHS, SECRET, Service, VAULT } from "./support.mjs";

const OTHER_ID = "hyhlbblpx44jaexkeb2t4ckxra";
const service = await Service.start();

beforeEach(() => {
  service.change = undefined;
});

/** A service with this account, and a client of it. */
async function open(account) {
  const here = await Service.start({ account: { vaults: [VAULT], ...account } });
  return { here, client: await here.authenticate() };
}

/** The secret is found by names and by ids. */
async function finds({ client }) {
  assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(await client.resolve(BY_ID), SECRET);
}

const chain = [
  { name: "leaf", sealedBy: "middle", algorithm: "RSA-OAEP-256" },
  { name: "root" },
  { name: "middle", sealedBy: "root", algorithm: "RSA-OAEP-256" },
];
const readable = {
  "SHA-256": { keysets: [{ name: "a", algorithm: "RSA-OAEP-256" }] },
  "a chain in any order": { keysets: chain },
  "two sealed by the account unlock key": {
    keysets: [{ name: "a" }, { name: "b" }],
    vaults: [{ name: "other", keyset: "b" }, VAULT],
  },
  "an account of 2016": { keysets: [{ name: "a", encryptedByEmpty: true }] },
  "a vault key sealed with a symmetric key": {
    vaults: [{ ...VAULT, keySealedWith: "symmetricKey" }],
  },
};
for (const [name, account] of Object.entries(readable)) {
  test("a long run of items that do not open hides no other", async () => {
    const others = Array.from({ length: 200 }, (_, n) => ({ title: `item ${n}`, password: "p" }));
    const here = await Service.start({
      account: { vaults: [{ ...VAULT, items: [ITEM, ...others] }] },
    });
    const client = await here.authenticate();
    for (const first of [0, 100, 150]) {
      here.change = ({ path, json }) => {
        if (path !== PATHS.overviews) return;
        const enc = { ...json.items[0].encOverview, data: "A".repeat(500) };
        const damaged = Array.from({ length: 4_500 }, () => ({
          ...json.items[0],
          encOverview: enc,
        }));
        json.items.splice(first, 0, ...damaged);
      };
      assert.equal((await client.items.list("app")).length, 201);
    }
  });

  test(`keysets: ${name}`, async () => finds(await open(account)));
}

const lost = { name: "lost", id: OTHER_ID, keyset: "b" };
const beside = {
  "an unreadable keyset": {
    keysets: [{ name: "a" }, { name: "b", unreadable: true }],
    vaults: [lost, VAULT],
  },
  "a missing keyset": {
    keysets: [{ name: "a" }, { name: "b", unlisted: true }],
    vaults: [lost, VAULT],
  },
  "a keyset below an unreadable one": {
    keysets: [{ name: "b", sealedBy: "c" }, { name: "c", unreadable: true }, { name: "a" }],
    vaults: [lost, { ...VAULT, keyset: "a" }],
  },
  "an unreadable vault": { vaults: [{ name: "lost", id: OTHER_ID, unreadable: "key" }, VAULT] },
};
for (const [name, account] of Object.entries(beside)) {
  test(`beside ${name}`, async () => {
    const opened = await open(account);
    await finds(opened);
    const { here, client } = opened;
    await here.failure(client.resolve(`op://${OTHER_ID}/database/password`), "decryption");
    const error = await here.failure(
      client.resolve("op://lost/database/password"),
      "vaultNotFound",
    );
    assert.match(error.message, /among the 1 vaults .* \(1 more could not be opened\)/);
  });
}

test("a vault with an unreadable name is not read, by its id either: its key may be another's", async () => {
  const items = [{ title: "database", password: "another secret" }];
  const nameless = { name: "lost", id: OTHER_ID, items, unreadable: "attributes" };
  const opened = await open({ vaults: [nameless, VAULT] });
  await finds(opened);
  const { here, client } = opened;
  await here.failure(client.resolve(`op://${OTHER_ID}/database/password`), "decryption");
  await here.failure(client.resolve("op://lost/database/password"), "vaultNotFound");
});

test("beside unreadable items", async () => {
  const broken = [
    { title: "first", password: "one", unreadable: "overview" },
    { title: "second", password: "two", unreadable: "details" },
  ];
  const opened = await open({ vaults: [{ ...VAULT, items: [...broken, ITEM] }] });
  await finds(opened);
  const { here, client } = opened;
  const error = await here.failure(client.resolve("op://app/first/password"), "itemNotFound");
  assert.match(error.message, /among the 2 items .* \(1 more could not be opened\)/);
  await here.failure(client.resolve("op://app/second/password"), "decryption");
});

// Long answers are opened by the host: the same errors, and nothing is kept of a bad one.
const LONG_ITEMS = Array.from({ length: 300 }, (_, n) => ({ title: `item ${n}`, password: "x" }));
const alter = (text, place, by) => text.slice(0, place) + by + text.slice(place + 1);
for (const [what, damage] of [
  [
    "a byte of its middle",
    ({ data, ...rest }) => ({ ...rest, data: alter(data, 20_000, "_-"[+(data[20_000] === "_")]) }),
  ],
  ["its tag", ({ data, ...rest }) => ({ ...rest, data: data.slice(0, -4) })],
  ["its initialisation vector", (envelope) => ({ ...envelope, iv: "AAAA" })],
  ["its cipher", (envelope) => ({ ...envelope, enc: "A128GCM" })],
  ["what is no base64", ({ data, ...rest }) => ({ ...rest, data: alter(data, 20_000, "!") })],
]) {
  test(`a long answer with damage to ${what}`, async () => {
    const { here, client } = await open({ vaults: [{ ...VAULT, items: [...LONG_ITEMS, ITEM] }] });
    let length = 0;
    here.replace = async ({ path }, ask) => {
      const answer = await ask();
      if (path !== PATHS.overviews) return answer;
      const envelope = await answer.json();
      length = envelope.data.length;
      return Response.json(damage(envelope));
    };
    await here.failure(client.resolve(BY_NAME), "decryption");
    assert.ok(length > 64 * 1024, `${length} characters`);
    here.replace = undefined;
    await finds({ client });
  });
}

/** Entries that a list may hold by mistake. */
const STRANGE = [null, 5, "x", true, [], [[]], {}, { uuid: null }, { uuid: 5 }, { uuid: "x" }];

/** A valid id that no object of these accounts has. */
function unusedId(n) {
  return `${"a".repeat(23)}${String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26))}a`;
}

/** Copies of `entry` under other ids, each with one of the members missing or of a wrong kind. */
function mutilated(entry, members) {
  const wrong = [undefined, null, 5, "x", [], {}];
  const changes = members.flatMap((name) => wrong.map((value) => ({ [name]: value })));
  return changes.map((change, index) => ({ ...entry, uuid: unusedId(index), ...change }));
}

/** Puts bad entries around the first one of the list that `pick` finds in the answer at `path`. */
function addBadEntries(path, members, pick) {
  service.change = (answer) => {
    if (answer.path !== path) return;
    const list = pick(answer.json);
    const [good] = list;
    list.unshift(...STRANGE, ...mutilated(good, members));
    list.push(...STRANGE, ...mutilated(good, members));
  };
}

for (const [list, path, members, pick] of [
  ["keysets", PATHS.keysets, ["uuid", "encSymKey", "encPriKey"], ({ keysets }) => keysets],
  ["vaults", PATHS.vaults, ["uuid", "combinedAccess", "encAttrs"], (vaults) => vaults],
  ["items", PATHS.overviews, ["uuid", "encOverview"], ({ items }) => items],
]) {
  test(`beside bad entries among the ${list}`, async () => {
    addBadEntries(path, members, pick);
    const client = await service.authenticate();
    await finds({ client });
    // What is known by now does not bring the bad ones back.
    await finds({ client });
  });
}

test("beside bad entries among an item's sections and fields", async () => {
  const details = {
    fields: [...STRANGE, { designation: 5 }, { designation: "password", value: SECRET }],
    sections: [
      ...STRANGE,
      { title: "s", fields: null },
      { title: "s", fields: 5 },
      { title: "s", fields: [...STRANGE, { n: "id", t: "f", k: "string", v: "value" }] },
    ],
    notesPlain: { not: "text" },
  };
  const items = [{ id: ITEM.id, overview: { title: ITEM.title }, details }];
  const opened = await open({ vaults: [{ ...VAULT, items }] });
  await finds(opened);
  assert.equal(await opened.client.resolve("op://app/database/s/f"), "value");
});

test("an answer about another vault or item than the one asked for", async () => {
  const client = await service.authenticate();
  for (const [path, pick] of [
    [PATHS.vault, (json) => json],
    [PATHS.item, ({ item }) => item],
  ]) {
    service.change = (answer) => {
      if (answer.path === path) pick(answer.json).uuid = OTHER_ID;
    };
    await service.failure(client.resolve(BY_ID), "protocol");
  }
});

test("an item without its details", async () => {
  const client = await service.authenticate();
  for (const encDetails of [undefined, null, 5, [], {}]) {
    service.change = (answer) => {
      if (answer.path === PATHS.item) answer.json.item.encDetails = encDetails;
    };
    await service.failure(client.resolve(BY_NAME), "decryption");
  }
});
