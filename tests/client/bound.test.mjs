// What a hostile service or relay answers that belongs to something else, or to an earlier time.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  BY_ID,
  BY_NAME,
  ITEM,
  ITEM_ID,
  PATHS,
  SECRET,
  Service,
  VAULT,
  VAULT_ID,
} from "./support.mjs";

const PROD_ID = "hyhlbblpx44jaexkeb2t4ckxra";
const PROD_SECRET = "what production alone has";
const OTHER_ID = "4ckxrahyhlbblpx44jaexkeb2u";
const PROD = { name: "prod", id: PROD_ID, items: [{ title: "database", password: PROD_SECRET }] };
const service = await Service.start({ account: { vaults: [VAULT, PROD] } });

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

/** Production's vault and item as they come. */
async function wireOfProd() {
  const seen = {};
  service.change = ({ path, json }) => {
    if (path === PATHS.vaults) seen.vault = json.find(({ uuid }) => uuid === PROD_ID);
    if (path.startsWith(`/api/v1/vault/${PROD_ID}/item/`)) seen.item = json.item;
  };
  const client = await service.authenticate();
  assert.equal(await client.resolve("op://prod/database/password"), PROD_SECRET);
  client.close();
  return seen;
}

const junk = { kid: "x", enc: "A256GCM", iv: "AAAAAAAAAAAAAAAA", data: "A".repeat(60) };
/** What is answered for the vault `app`, given it and production's. */
const SWAPS = {
  "all of another": (_, prod) => ({ ...prod, uuid: VAULT_ID }),
  "its key and attributes": (vault, { combinedAccess, encAttrs }) => ({
    ...vault,
    combinedAccess,
    encAttrs,
  }),
  "its key alone": (vault, { combinedAccess }) => ({ ...vault, combinedAccess }),
  "its key, and damaged attributes": (vault, { combinedAccess }) => ({
    ...vault,
    combinedAccess,
    encAttrs: junk,
  }),
  "its key, and no attributes": ({ encAttrs: _, ...vault }, { combinedAccess }) => ({
    ...vault,
    combinedAccess,
  }),
};
const WAYS = {
  "a reference by ids": (client) => client.resolve(BY_ID),
  "a reference by ids, anew": (client) => client.resolve(BY_ID, { fresh: true }),
  "several references": async (client) => {
    const references = [BY_ID, `op://${VAULT_ID}/database/password`];
    const { individualResponses } = await client.secrets.resolveAll(references);
    for (const { error, content } of Object.values(individualResponses)) {
      assert.equal(content, undefined);
      assert.ok(error.type === "protocol" || error.type === "decryption", error.type);
    }
    return client.resolve(references[1]);
  },
  "an item": (client) => client.items.get(VAULT_ID, ITEM_ID),
  "a list of items": (client) => client.items.list(VAULT_ID),
};

for (const [what, swap] of Object.entries(SWAPS)) {
  test(`a vault that is answered with ${what}`, async () => {
    const prod = await wireOfProd();
    for (const [way, ask] of Object.entries(WAYS)) {
      service.change = (answer) => {
        const { path, json } = answer;
        // Nor does it help to hide the other vault.
        if (path === PATHS.vaults) answer.json = json.filter(({ uuid }) => uuid !== PROD_ID);
        if (path === PATHS.vault) answer.json = swap(json, prod.vault);
        if (path === PATHS.item) answer.json = { ...json, item: { ...prod.item, uuid: ITEM_ID } };
      };
      const client = await service.authenticate({ retry: { retries: 0 } });
      const refused = async (way) => {
        const { code } = await ask(client).then(
          () => assert.fail(`${way}: should have failed`),
          (error) => error,
        );
        assert.ok(code === "protocol" || code === "decryption", `${way}: ${code}`);
      };
      await refused(way);
      // Nor is what was refused once believed because it is known.
      await refused(`${way}, again`);
      client.close();
    }
  });
}

test("a list of vaults in which one has the attributes of another", async () => {
  const { vault } = await wireOfProd();
  const swap = SWAPS["its key and attributes"];
  service.change = (answer) => {
    if (answer.path !== PATHS.vaults) return;
    answer.json = answer.json.map((one) => (one.uuid === VAULT_ID ? swap(one, vault) : one));
  };
  for (const [way, ask] of Object.entries({
    "a reference": (client) => client.resolve("op://prod/database/password"),
    "a list with names": (client) => client.vaults.list({ decryptDetails: true }),
    "a vault by name": (client) => client.vaults.getOverview("prod"),
  })) {
    const client = await service.authenticate();
    await service.failure(ask(client), "protocol", way);
  }
});

test("an item that comes with another title than it is listed under", async () => {
  const items = [ITEM, { title: "other", id: OTHER_ID, password: "of another item" }];
  const here = await Service.start({ account: { vaults: [{ ...VAULT, items }] } });
  let other;
  here.change = ({ path, json }) => {
    if (path.endsWith(`/item/${OTHER_ID}`)) other = json.item;
  };
  const client = await here.authenticate();
  await client.resolve("op://app/other/password");
  for (const sealed of [["encOverview", "encDetails"], ["encOverview"]]) {
    here.change = ({ path, json }) => {
      for (const name of sealed) if (path === PATHS.item) json.item[name] = other[name];
    };
    const fresh = await here.authenticate();
    await here.failure(fresh.resolve(BY_NAME), "protocol");
    await here.failure(client.resolve(BY_NAME), "protocol");
  }
  here.change = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

const isOther = ({ uuid }) => uuid !== ITEM_ID && uuid !== VAULT_ID;
const deleted = (json) => ({
  ...json,
  items: json.items.map((item) => (isOther(item) ? item : { ...item, trashed: "D" })),
});
const missing = () => Response.json({ errorCode: 404 }, { status: 404 });

test("an item or a vault that is denied, and listed", async () => {
  const items = [ITEM, { title: ITEM_ID, password: "of what is titled so" }];
  const vaults = [
    { ...VAULT, items },
    { ...PROD, name: VAULT_ID },
  ];
  const here = await Service.start({ account: { vaults } });
  const client = await here.authenticate();
  const sibling = `op://${VAULT_ID}/${OTHER_ID}/password`;
  const denied = {
    item: [PATHS.item, `/api/v3/vault/${VAULT_ID}/items/batch`],
    vault: [PATHS.vault],
  };
  for (const [what, ask] of Object.entries({
    item: () => client.resolve(BY_ID),
    "item anew": () => client.resolve(BY_ID, { fresh: true }),
    "item in a batch": async () => {
      const { individualResponses } = await client.secrets.resolveAll([BY_ID, sibling]);
      assert.equal(individualResponses[BY_ID].error.type, "itemNotFound");
      return client.items.get(VAULT_ID, ITEM_ID);
    },
    vault: async () => (await here.authenticate()).resolve(BY_ID),
    "vault that is shown": () => client.vaults.get(VAULT_ID),
    "vault whose items are listed": async () => (await here.authenticate()).items.list(VAULT_ID),
  })) {
    const paths = denied[what.split(" ")[0]];
    here.replace = (call, ask) => (paths.includes(call.path) ? missing() : ask());
    const code = `${what.split(" ")[0]}NotFound`;
    const { message } = await here.failure(ask(), code, what);
    assert.match(message, /the service lists this id/);
  }
  here.replace = undefined;
  assert.equal(await client.resolve(BY_ID), SECRET);
  // What is gone indeed may be a title.
  await here.emulator.account.removeItem("app", ITEM_ID);
  assert.equal(await client.resolve(BY_ID, { fresh: true }), "of what is titled so");
});

test("what was not listed yet when it is denied is no namesake's", async (t) => {
  let ahead = 0;
  const now = Date.now;
  t.mock.method(Date, "now", () => now() + ahead);
  const namesake = { title: ITEM_ID, password: "of what is titled so" };
  for (const [path, denied, hide, ask] of [
    [
      PATHS.overviews,
      PATHS.item,
      (json) => ({ ...json, items: json.items.filter(isOther) }),
      BY_ID,
    ],
    [PATHS.vaults, PATHS.vault, (json) => json.filter(isOther), BY_ID],
    // Neither active nor archived: a list leaves it out, and still it is there.
    [PATHS.overviews, PATHS.item, deleted, BY_ID],
  ]) {
    const vaults = [
      { ...VAULT, items: [ITEM, namesake] },
      { ...PROD, name: VAULT_ID },
    ];
    const here = await Service.start({ account: { vaults } });
    const client = await here.authenticate();
    // What the client remembers is from before.
    here.change = (answer) => {
      if (answer.path === path) answer.json = hide(answer.json);
    };
    const before = path === PATHS.vaults ? "op://nothing/x/y" : "op://app/nothing/x";
    await client.resolve(before).catch(() => {});
    ahead += 20_000;
    if (hide !== deleted) here.change = undefined;
    here.replace = (call, next) => (call.path === denied ? missing() : next());
    const code = path === PATHS.vaults ? "vaultNotFound" : "itemNotFound";
    const { message } = await here.failure(client.resolve(ask), code);
    assert.match(message, /the service lists this id/);
  }
});

test("titles that look like ids: one list for all of them", async () => {
  const titles = Array.from({ length: 20 }, (_, n) =>
    ITEM_ID.replace(/^../, `a${"abcdefghijklmnopqrst"[n]}`),
  );
  const items = titles.map((title) => ({ title, password: title }));
  const here = await Service.start({ account: { vaults: [{ ...VAULT, items }] } });
  const client = await here.authenticate();
  const references = titles.map((title) => `op://app/${title}/password`);
  for (const round of [1, 2]) {
    here.calls = [];
    const { individualResponses } = await client.secrets.resolveAll(references);
    assert.deepEqual(
      references.map((reference) => individualResponses[reference].content?.secret),
      titles,
    );
    assert.equal(here.paths.filter((path) => path === PATHS.overviews).length, 1, `${round}`);
  }
});

test("an item that lags behind its list is read again, and that is not remembered", async () => {
  const here = await Service.start();
  const client = await here.authenticate();
  let behind = 1;
  here.change = ({ path, json }) => {
    if (path === PATHS.overviews) json.items[0].itemVersion = 2;
    if (path !== PATHS.item) return;
    json.item.itemVersion = behind > 0 ? 1 : 2;
    behind -= 1;
  };
  assert.equal(await client.resolve(BY_NAME), SECRET);
  behind = 10;
  const { message } = await here.failure(client.resolve(BY_NAME, { fresh: true }), "protocol");
  assert.match(message, /an older version than before/);
  behind = 0;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("an answer that was given before", async () => {
  const here = await Service.start();
  const recorded = new Map();
  here.replace = async ({ path }, ask) => {
    const answer = await ask();
    recorded.set(path, await answer.clone().text());
    return answer;
  };
  const client = await here.authenticate();
  assert.equal(await client.resolve(BY_NAME), SECRET);
  await here.emulator.account.setItem("app", "database", { password: "the new one" });
  const replay = (change = (text) => text) => {
    here.replace = ({ path }, ask) =>
      recorded.has(path) ? new Response(change(recorded.get(path))) : ask();
  };
  replay();
  await here.failure(client.resolve(BY_NAME, { fresh: true }), "protocol");
  await here.failure(client.resolve(BY_NAME), "protocol");
  // Nor written otherwise.
  replay((text) => JSON.stringify({ ...JSON.parse(text), more: 1 }));
  await here.failure(client.resolve(BY_NAME), "protocol");
  replay((text) =>
    text.replace(
      /"data":"([^"]*)"/,
      (_, data) => `"data":"${data.replaceAll("-", "+").replaceAll("_", "/")}=="`,
    ),
  );
  await service.failure(client.resolve(BY_NAME), "protocol");
  here.replace = undefined;
  assert.equal(await client.resolve(BY_NAME, { fresh: true }), "the new one");
});

test("an item whose version goes back", async () => {
  const here = await Service.start();
  const client = await here.authenticate();
  const versions = [3, 3, 5, 4, 5];
  here.change = ({ path, json }) => {
    if (path === PATHS.item) json.item.itemVersion = versions.shift();
  };
  for (let time = 0; time < 3; time += 1) assert.equal(await client.resolve(BY_ID), SECRET);
  await here.failure(client.resolve(BY_ID, { fresh: true }), "protocol");
  assert.equal(await client.resolve(BY_ID), SECRET);
});

test("an item that comes in an older version than it was listed in", async () => {
  const here = await Service.start();
  for (const list of [
    (client) => client.resolve(BY_NAME, { fresh: true }),
    (client) => client.items.list("app").then(() => client.resolve(BY_ID)),
  ]) {
    const client = await here.authenticate();
    assert.equal(await client.resolve(BY_ID), SECRET);
    here.change = ({ path, json }) => {
      if (path === PATHS.overviews) for (const item of json.items) item.itemVersion += 1;
    };
    await here.failure(list(client), "protocol");
    here.change = ({ path, json }) => {
      if (path === PATHS.item) json.item.itemVersion += 1;
    };
    assert.equal(await client.resolve(BY_ID), SECRET);
    here.change = undefined;
  }
});

test("an answer that was overtaken on its way is asked for anew", async () => {
  const here = await Service.start();
  for (const ask of [
    (client) => client.resolve(BY_ID),
    (client) => client.items.get(VAULT_ID, ITEM_ID).then(({ fields }) => fields[0].value),
  ]) {
    const client = await here.authenticate({ cache: {} });
    await client.resolve(BY_ID);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    let isSent;
    const sent = new Promise((resolve) => (isSent = resolve));
    here.replace = async (call, service) => {
      const answer = await service();
      if (call.path !== PATHS.item) return answer;
      here.replace = undefined;
      isSent();
      await held;
      return answer;
    };
    const older = ask(client);
    await sent;
    const password = `changed at ${here.calls.length}`;
    await here.emulator.account.setItem("app", "database", { password });
    assert.equal(await client.resolve(BY_ID, { fresh: true }), password);
    release();
    assert.equal(await older, password);
    assert.equal(await ask(client), password);
    client.close();
  }
});

test("keysets that claim to be newer than one that works", async () => {
  const here = await Service.start();
  for (const change of [
    (keyset) => ({ ...keyset, sn: keyset.sn + 1, encSymKey: junk }),
    (keyset) => ({ ...keyset, sn: keyset.sn + 1, encPriKey: junk }),
    (keyset) => ({ ...keyset, sn: keyset.sn + 1, encryptedBy: keyset.uuid }),
    ({ uuid, sn }) => ({ uuid, sn: sn + 1 }),
  ]) {
    here.change = (answer) => {
      const { keysets } = answer.json;
      if (answer.path === PATHS.keysets) answer.json.keysets = [...keysets.map(change), ...keysets];
    };
    const client = await here.authenticate();
    assert.equal(await client.resolve(BY_NAME), SECRET);
    assert.equal(await client.resolve(BY_ID, { fresh: true }), SECRET);
    client.close();
  }
});
