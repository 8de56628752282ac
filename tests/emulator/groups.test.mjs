// Groups, and what they may do with vaults.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pooledRsaJwk } from "../../dist/emulator/crypto.js";
import { createEmulator } from "../../dist/emulator/index.js";
import { openRsa, RawClient, sealRsa } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const OTHER = "pokahvr47axgmq6hp2sy6tzb6a";
const DEVS = "qokahvr47axgmq6hp2sy6tzb6a";
const OPS = "rokahvr47axgmq6hp2sy6tzb6a";
const KEYLESS = "sokahvr47axgmq6hp2sy6tzb6a";
const ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const account = {
  vaults: [
    { name: "app", id: VAULT },
    { name: "other", id: OTHER },
  ],
  groups: [
    {
      name: "devs",
      id: DEVS,
      description: "who write",
      access: [{ vault: "app", permissions: 48 }],
    },
    { name: "ops", id: OPS, type: "owners", algorithm: "RSA-OAEP-256", permissions: 7 },
    { name: "keyless", id: KEYLESS, state: "deleted", keyless: true },
  ],
};
const GRANT = `/api/v2/vault/${VAULT}/vaultaccess`;
const UPDATE = "/api/v2/acl/groups";
const PUBLIC_KEYS = "/api/v1/group/pubkeys";

let emulator;
let client;
/** From here on to the end of the test it is another emulator. */
async function restart(options) {
  emulator = await createEmulator({ account, ...options });
  client = await new RawClient(emulator).signIn();
}
await restart();
const standard = { emulator, client };
beforeEach(() => {
  ({ emulator, client } = standard);
});

const get = async (path) => (await client.sealed("GET", path)).json;
/** A write whose answer says nothing but that it is done. */
const write = (method, path, body) => client.sealed(method, path, body, { plainAnswer: true });
const accessTo = async (vault) =>
  (await get(`/api/v3/vault/${vault}?attrs=accessors,combined-access`)).access;

/** Access as a client grants it, with some of it changed. */
async function grantOf(change = {}, group = OPS) {
  const [{ pubKey }] = await get(`${PUBLIC_KEYS}?uuids=${group}`);
  return {
    vaultUuid: VAULT,
    accessorType: "group",
    accessorUuid: group,
    acl: 112,
    leaseTimeout: 0,
    vaultKeySN: 1,
    encryptedBy: pubKey.kid,
    encVaultKey: sealRsa(pubKey, await client.vaultJwk(VAULT)),
    ...change,
  };
}
const grant = (...accesses) => write("PATCH", GRANT, { vaultaccess: accesses });

function assertDone({ status, json }) {
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual(json, { success: 1 });
}

function assertRefused({ status, json }, expected, message) {
  assert.equal(status, expected, JSON.stringify(json));
  assert.equal(json.errorCode, expected === 404 ? 117 : 0);
  assert.match(json.errorMessage, message);
}

test("a group without its vaults, with them, and with its key", async () => {
  const plain = await get(`/api/v2/group/${DEVS}`);
  const { createdAt, updatedAt, activeKeysetUuid, ...rest } = plain;
  assert.deepEqual(rest, {
    uuid: DEVS,
    type: "U",
    state: "A",
    name: "devs",
    desc: "who write",
    avatar: "",
    attrVersion: 1,
    permissions: 0,
  });
  assert.equal(createdAt, updatedAt);
  const { vaultAccess, ...same } = await get(`/api/v2/group/${DEVS}?attrs=vault-access`);
  assert.deepEqual(same, plain);
  assert.equal(vaultAccess.length, 1);
  const { pubKey, ...all } = await get(`/api/v2/group/${DEVS}?attrs=vault-access,pubkey`);
  assert.deepEqual(all, { ...plain, vaultAccess });
  assert.deepEqual([pubKey.kid, pubKey.alg], [activeKeysetUuid, "RSA-OAEP"]);
  assert.equal(pubKey.d, undefined);
  assert.deepEqual((await get(`/api/v2/group/${OPS}?attrs=vault-access`)).vaultAccess, []);
  assert.equal((await get(`/api/v2/group/${KEYLESS}?attrs=vault-access,pubkey`)).pubKey, undefined);
});

test("types and states in the words of the wire", async () => {
  const types = {
    owners: "O",
    administrators: "A",
    recovery: "R",
    externalAccountManagers: "E",
    teamMembers: "M",
    userDefined: "U",
    X: "X",
  };
  const states = { active: "A", deleted: "D", X: "X" };
  const idOf = (n) => `${"abcdefghijklm"[n]}okahvr47axgmq6hp2sy6tzb6a`;
  const groups = [
    ...Object.keys(types).map((type) => ({ name: type, type })),
    ...Object.keys(states).map((state) => ({ name: state, state })),
  ].map((group, n) => ({ ...group, id: idOf(n), keyless: true }));
  const own = await new RawClient(
    await createEmulator({ account: { vaults: [], groups } }),
  ).signIn();
  for (const { id, name, type } of groups) {
    const { json } = await own.sealed("GET", `/api/v2/group/${id}`);
    assert.equal(type === undefined ? json.state : json.type, types[type] ?? states[name], name);
  }
});

test("public keys: of the groups that have one, each once", async () => {
  const keys = await get(`${PUBLIC_KEYS}?uuids=${OPS},${ABSENT},${KEYLESS},${DEVS},${OPS}`);
  assert.deepEqual(
    keys.map(({ uuid, pubKey }) => [uuid, pubKey.alg]),
    [
      [OPS, "RSA-OAEP-256"],
      [DEVS, "RSA-OAEP"],
    ],
  );
  assert.deepEqual(await get(`${PUBLIC_KEYS}?uuids=`), []);
});

test("described access holds the vault's key", async () => {
  const [own, access, ...more] = await accessTo(VAULT);
  assert.equal(own.accessorType, "user");
  assert.deepEqual(more, []);
  const { encVaultKey, encryptedBy, ...rest } = access;
  assert.deepEqual(rest, {
    vaultUuid: VAULT,
    accessorType: "group",
    accessorUuid: DEVS,
    acl: 48,
    leaseTimeout: 0,
    vaultKeySN: 1,
  });
  assert.equal(encVaultKey.kid, encryptedBy);
  // The first pair is the keyset's.
  const jwk = await pooledRsaJwk(1, encryptedBy, "RSA-OAEP");
  const opened = openRsa(jwk, encVaultKey.enc, encVaultKey.data);
  assert.deepEqual(JSON.parse(opened), await client.vaultJwk(VAULT));
});

test("a vault without a query comes without its key", async () => {
  const bare = await get(`/api/v3/vault/${VAULT}`);
  const { combinedAccess, ...rest } = await get(`/api/v3/vault/${VAULT}?attrs=combined-access`);
  assert.deepEqual(bare, rest);
  assert.ok(combinedAccess);
});

test("access is granted, changed and revoked; each answer is plain", async () => {
  await restart();
  assert.equal(await emulator.account.groupAccess("app", "ops"), undefined);
  const granted = await grantOf();
  assertDone(await grant(granted));
  assert.deepEqual((await accessTo(VAULT)).at(-1), granted);
  assert.deepEqual((await get(`/api/v2/group/${OPS}?attrs=vault-access`)).vaultAccess, [granted]);
  assert.deepEqual(await emulator.account.groupAccess("app", "ops"), { permissions: 112 });
  const update = { groupUuid: OPS, vaultUuid: VAULT, permission: 4_294_967_295 };
  assertDone(await write("PATCH", UPDATE, [update]));
  const changed = { ...granted, acl: 4_294_967_295 };
  assert.deepEqual((await accessTo(VAULT)).at(-1), changed);
  assertDone(await write("DELETE", `/api/v1/vault/${VAULT}/group/${OPS}`));
  assert.equal(await emulator.account.groupAccess(VAULT, OPS), undefined);
  assert.equal((await accessTo(VAULT)).length, 2);
  assertDone(await grant());
  assertDone(await write("PATCH", UPDATE, []));
});

const reversed = (list) => [...list].reverse();
test("a vault's key may name its uses in any order", async () => {
  await restart();
  const jwk = await client.vaultJwk(VAULT);
  const [{ pubKey }] = await get(`${PUBLIC_KEYS}?uuids=${OPS}`);
  const other = { ...jwk, key_ops: reversed(jwk.key_ops) };
  assertDone(await grant(await grantOf({ encVaultKey: sealRsa(pubKey, other) })));
});

/** What is wrong with a grant, and what the refusal says; functions get the group's public key. */
const badGrants = {
  "another vault": [{ vaultUuid: OTHER }, /^body\.vaultaccess\[0\]\.vaultUuid: is another vault's/],
  "no id of a vault": [{ vaultUuid: "" }, /vaultUuid: must be an object id/],
  "a user": [{ accessorType: "user" }, /accessorType: must be one of group/],
  "no id of a group": [{ accessorUuid: 1 }, /accessorUuid: must be an object id/],
  "no permissions": [{ acl: 0 }, /acl: must be a whole number from 1/],
  "33 bits of permissions": [{ acl: 2 ** 32 }, /acl: must be a whole number/],
  "half a permission": [{ acl: 1.5 }, /acl: must be a whole number/],
  "a lease": [{ leaseTimeout: 60 }, /leaseTimeout: must be 0/],
  "another serial number": [{ vaultKeySN: 2 }, /vaultKeySN: must be 1/],
  "another keyset": [{ encryptedBy: ABSENT }, /encryptedBy: is another key's/],
  "an unknown member": [{ colour: 1 }, /vaultaccess\[0\]\.colour: unknown member/],
  "a missing member": [{ leaseTimeout: undefined }, /vaultaccess\[0\]: leaseTimeout is missing/],
  "a group without a key": [{ accessorUuid: KEYLESS }, /accessorUuid: this group has no key/],
  "the vault's key in the clear": [{ encVaultKey: "k" }, /encVaultKey: must be an object/],
  "another group's key": [
    async () => {
      const [{ pubKey }] = await get(`${PUBLIC_KEYS}?uuids=${DEVS}`);
      return { encVaultKey: sealRsa(pubKey, await client.vaultJwk(VAULT)) };
    },
    /encVaultKey: is not sealed for the group/,
  ],
  "the other hash": [
    async (pubKey) => {
      const sealed = sealRsa({ ...pubKey, alg: "RSA-OAEP" }, await client.vaultJwk(VAULT));
      return { encVaultKey: { ...sealed, enc: "RSA-OAEP-256" } };
    },
    /encVaultKey: is not sealed for the group/,
  ],
  "another algorithm": [
    async (pubKey) => {
      const encVaultKey = sealRsa({ ...pubKey, alg: "RSA-OAEP" }, await client.vaultJwk(VAULT));
      return { encVaultKey };
    },
    /encVaultKey: is not sealed for the group/,
  ],
  "an envelope of another algorithm": [
    async (pubKey) => {
      const sealed = sealRsa(pubKey, await client.vaultJwk(VAULT));
      return { encVaultKey: { ...sealed, enc: "RSA-OAEP" } };
    },
    /encVaultKey: is not sealed for the group/,
  ],
  "an envelope that names another key": [
    async (pubKey) => {
      const sealed = sealRsa(pubKey, await client.vaultJwk(VAULT));
      return { encVaultKey: { ...sealed, kid: ABSENT } };
    },
    /encVaultKey: is not sealed for the group/,
  ],
  "another vault's key": [
    async (pubKey) => ({ encVaultKey: sealRsa(pubKey, await client.vaultJwk(OTHER)) }),
    /encVaultKey: is not the vault's key/,
  ],
  "the key's bytes alone": [
    async (pubKey) => ({ encVaultKey: sealRsa(pubKey, (await client.vaultJwk(VAULT)).k) }),
    /encVaultKey: is not the vault's key/,
  ],
};
for (const member of ["kty", "kid", "alg", "k", "ext", "key_ops"]) {
  badGrants[`a vault's key without ${member}`] = [
    async (pubKey) => {
      const { [member]: _, ...jwk } = await client.vaultJwk(VAULT);
      return { encVaultKey: sealRsa(pubKey, jwk) };
    },
    /encVaultKey: is not the vault's key/,
  ];
}
for (const [what, [change, message]] of Object.entries(badGrants)) {
  test(`refuses to grant: ${what}`, async () => {
    const [{ pubKey }] = await get(`${PUBLIC_KEYS}?uuids=${OPS}`);
    const changed = typeof change === "function" ? await change(pubKey) : change;
    assertRefused(await grant(await grantOf(changed)), 400, message);
    assert.equal(await emulator.account.groupAccess("app", "ops"), undefined);
  });
}

test("grants all or nothing", async () => {
  await restart();
  const good = await grantOf();
  assertRefused(await grant(good, { ...good, acl: 0 }), 400, /^body\.vaultaccess\[1\]\.acl/);
  assertRefused(await grant(good, good), 400, /^body\.vaultaccess: names a group twice/);
  assertRefused(await grant(good, await grantOf({}, DEVS)), 409, /has access already/);
  assertRefused(await grant({ ...good, accessorUuid: ABSENT }), 404, /no such group/);
  assertRefused(await write("PATCH", GRANT, [good]), 400, /^body: must be an object/);
  assert.equal(await emulator.account.groupAccess("app", "ops"), undefined);
  const elsewhere = `/api/v2/vault/${ABSENT}/vaultaccess`;
  assertRefused(await write("PATCH", elsewhere, { vaultaccess: [good] }), 404, /no such vault/);
  assertDone(await grant(good));
  assertRefused(await grant(good), 409, /has access already/);
});

test("of two overlapping grants to a group, one is a conflict", async () => {
  await restart();
  const good = await grantOf();
  const statuses = (await Promise.all([grant(good), grant(good)])).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 409]);
});

const update = { groupUuid: DEVS, vaultUuid: VAULT, permission: 1 };
for (const [what, updates, status, message] of [
  ["no list", update, 400, /^body: must be an array/],
  ["no permissions", [{ ...update, permission: 0 }], 400, /^body\[0\]\.permission: must be/],
  ["an unknown member", [{ ...update, acl: 1 }], 400, /^body\[0\]\.acl: unknown member/],
  [
    "a missing member",
    [{ groupUuid: DEVS, permission: 1 }],
    400,
    /^body\[0\]: vaultUuid is missing/,
  ],
  ["one twice", [update, update], 400, /twice/],
  ["a group without access", [update, { ...update, groupUuid: OPS }], 404, /has no access/],
  ["an unknown group", [update, { ...update, groupUuid: ABSENT }], 404, /no such group/],
  ["an unknown vault", [update, { ...update, vaultUuid: ABSENT }], 404, /no such vault/],
]) {
  test(`refuses to change access: ${what}`, async () => {
    assertRefused(await write("PATCH", UPDATE, updates), status, message);
    assert.deepEqual(await emulator.account.groupAccess("app", "devs"), { permissions: 48 });
  });
}

for (const [method, path, status, message] of [
  ["DELETE", `/api/v1/vault/${VAULT}/group/${OPS}`, 404, /has no access/],
  ["DELETE", `/api/v1/vault/${VAULT}/group/${ABSENT}`, 404, /no such group/],
  ["DELETE", `/api/v1/vault/${ABSENT}/group/${DEVS}`, 404, /no such vault/],
  ["GET", `/api/v1/vault/${VAULT}/group/${DEVS}`, 405, /method/],
  ["GET", `/api/v2/group/${ABSENT}`, 404, /no such group/],
  ["GET", `/api/v2/group/${ABSENT}?attrs=vault-access`, 404, /no such group/],
  ["GET", `/api/v2/group/${DEVS}?attrs=pubkey`, 400, /query/],
  ["GET", PUBLIC_KEYS, 400, /query/],
  ["GET", `${PUBLIC_KEYS}?uuids=${OPS},`, 400, /query: uuids is malformed/],
  ["GET", `${PUBLIC_KEYS}?uuids=${OPS}&x=1`, 400, /query: uuids is malformed/],
  ["GET", `${PUBLIC_KEYS}?ids=${OPS}`, 400, /query/],
  ["GET", `/api/v3/vault/${ABSENT}`, 404, /no such vault/],
]) {
  test(`${method} ${path} is answered with ${status}`, async () => {
    assertRefused(await client.sealed(method, path), status, message);
  });
}

test("DELETE has no body", async () => {
  const path = `/api/v1/vault/${VAULT}/group/${DEVS}`;
  assertRefused(await write("DELETE", path, {}), 400, /DELETE request has no body/);
});

test("a vault's new key is sealed for its groups, and granted from then on", async () => {
  await restart();
  const stale = await grantOf();
  await emulator.account.rotateVaultKey("app");
  const { encVaultKey, acl, vaultKeySN, encryptedBy } = (await accessTo(VAULT))[1];
  assert.deepEqual([acl, vaultKeySN], [48, 2]);
  const jwk = await pooledRsaJwk(1, encryptedBy, "RSA-OAEP");
  const opened = openRsa(jwk, encVaultKey.enc, encVaultKey.data);
  assert.deepEqual(JSON.parse(opened), await client.vaultJwk(VAULT));
  assertRefused(await grant(stale), 400, /is not the vault's key/);
  assertRefused(await grant(await grantOf({ vaultKeySN: 3 })), 400, /vaultKeySN/);
  assertDone(await grant(await grantOf({ vaultKeySN: 2 })));
});

test("a key that is replaced meanwhile is that of every group", async () => {
  await restart();
  // Whichever comes first, and however far it has come.
  for (let turns = 0; turns < 40; turns += 1) {
    const granting = grant(await grantOf());
    for (let turn = 0; turn < turns >> 1; turn += 1) await new Promise(setImmediate);
    if (turns % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await emulator.account.rotateVaultKey("app");
    await granting;
    for (const { accessorUuid, encVaultKey, encryptedBy } of (await accessTo(VAULT)).slice(1)) {
      const index = accessorUuid === DEVS ? 1 : 2;
      const jwk = await pooledRsaJwk(index, encryptedBy, encVaultKey.enc);
      const opened = JSON.parse(openRsa(jwk, encVaultKey.enc, encVaultKey.data));
      assert.deepEqual(opened, await client.vaultJwk(VAULT), `${turns}`);
    }
    await write("DELETE", `/api/v1/vault/${VAULT}/group/${OPS}`);
  }
});

test("the editor tells a group's access, by names and ids", async () => {
  const { groupAccess } = emulator.account;
  assert.deepEqual(await groupAccess(VAULT, "devs"), { permissions: 48 });
  assert.equal(await groupAccess("other", DEVS), undefined);
  const unknown = { name: "TypeError", message: "group: no group has this id or name" };
  await assert.rejects(groupAccess("app", "nope"), unknown);
  await assert.rejects(groupAccess("nope", "devs"), { name: "TypeError" });
});

test("access to an Environment, and by a vault's id", async () => {
  const environments = [{ name: "production", variables: { A: "1" } }];
  const access = [
    { vault: "production", permissions: 0 },
    { vault: VAULT, permissions: 2 },
  ];
  const groups = [{ name: "devs", access }];
  const own = await createEmulator({ account: { ...account, environments, groups } });
  assert.deepEqual(await own.account.groupAccess("production", "devs"), { permissions: 0 });
  assert.deepEqual(await own.account.groupAccess("app", "devs"), { permissions: 2 });
});

test("the quota counts changes of access as writes", async () => {
  await restart({ quota: { readsPerHour: 9, writesPerHour: 9 } });
  await get(`${PUBLIC_KEYS}?uuids=${OPS}`);
  await write("DELETE", `/api/v1/vault/${VAULT}/group/${DEVS}`);
  await write("PATCH", UPDATE, []);
  await grant();
  assert.deepEqual(
    emulator.quota.map(({ used }) => used),
    [1, 3],
  );
});

const inGroup = (parts) => ({
  account: { vaults: account.vaults, groups: [{ name: "g", ...parts }] },
});
const withAccess = (...access) => inGroup({ access });
const at = "account.groups[0]";
for (const [options, message] of [
  [{ account: { vaults: [], groups: {} } }, "account.groups: must be an array"],
  [inGroup({ name: undefined }), `${at}: name is missing`],
  [inGroup({ id: "nope" }), /^account\.groups\[0\]\.id: must be an object id/],
  [inGroup({ type: "people" }), /type: must be one of owners, .* userDefined, or a letter$/],
  [inGroup({ state: "lost" }), `${at}.state: must be one of active, deleted, or a letter`],
  [inGroup({ permissions: -1 }), `${at}.permissions: must be a whole number`],
  [inGroup({ algorithm: "RSA" }), `${at}.algorithm: must be one of RSA-OAEP, RSA-OAEP-256`],
  [inGroup({ members: [] }), /^account\.groups\[0\]\.members: unknown member/],
  [withAccess({ permissions: 1 }), `${at}.access[0]: vault is missing`],
  [withAccess({ vault: "app" }), `${at}.access[0]: permissions is missing`],
  [
    withAccess({ vault: "x", permissions: 1 }),
    `${at}.access[0].vault: no vault has this id or name`,
  ],
  [
    withAccess({ vault: "app", permissions: 1 }, { vault: VAULT, permissions: 1 }),
    `${at}.access[1].vault: given twice`,
  ],
  [
    {
      account: {
        vaults: [{ name: "twin" }, { title: "twin" }],
        groups: [{ name: "g", access: [{ vault: "twin", permissions: 1 }] }],
      },
    },
    `${at}.access[0].vault: several have this name: use the id`,
  ],
  [
    inGroup({ keyless: true, access: [{ vault: "app", permissions: 1 }] }),
    `${at}.access: a group without a key can have none`,
  ],
  [inGroup({ id: VAULT }), `${at}.id: the same as account.vaults[0].id`],
]) {
  test(`refuses: ${message}`, async () => {
    await assert.rejects(createEmulator(options), { name: "TypeError", message });
  });
}
