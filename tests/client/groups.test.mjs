// Groups and what they may do with vaults: every recorded answer through the package; what goes over the
// wire, opened with the group's own key; and what stands in the way.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import * as api from "../../dist/index.js";
import { permissionNames } from "../../dist/index.js";
import { Service } from "./support.mjs";

const { cases } = JSON.parse(
  readFileSync(new URL("../vectors/groups.json", import.meta.url), "utf8"),
);
const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const OTHER = "pokahvr47axgmq6hp2sy6tzb6a";
const DEVS = "qokahvr47axgmq6hp2sy6tzb6a";
const OPS = "rokahvr47axgmq6hp2sy6tzb6a";
const KEYLESS = "tokahvr47axgmq6hp2sy6tzb6a";
const NOBODY = "zokahvr47axgmq6hp2sy6tzb6a";
const ACCOUNT = {
  vaults: [
    { name: "app", id: VAULT, items: [{ title: "db", password: "p" }] },
    { name: "other", id: OTHER },
    { name: "twin" },
    { name: "Twin" },
  ],
  groups: [
    { name: "devs", id: DEVS, description: "d", access: [{ vault: "app", permissions: 48 }] },
    { name: "ops", id: OPS, type: "owners", algorithm: "RSA-OAEP-256" },
    { name: "keyless", id: KEYLESS, keyless: true },
    { name: "recorded", id: "lfkwrz4dj2xp32qtyzqt32urs4" },
  ],
};

let service;
let client;
beforeEach(async () => {
  service = await Service.start({ account: ACCOUNT });
  client = await service.authenticate();
  service.calls = [];
});

const permissionsOf = async (group, vault = "app") =>
  (await service.emulator.account.groupAccess(vault, group))?.permissions;
const requests = () =>
  service.calls.map(({ method, path }) => `${method} ${path.replace(/\/[a-z2-7]{26}/g, "/:id")}`);

test("recorded answers", async () => {
  let recorded;
  const own = await Service.start({ account: ACCOUNT });
  own.change = (answer) => {
    if (recorded === undefined || !/\/(group|vault)\//.test(answer.path)) return undefined;
    const { status, served, call } = recorded;
    if (status !== undefined) return Response.json({ errorCode: 0 }, { status });
    answer.json = call === "vaults.get" ? { ...answer.json, ...served } : served;
    return undefined;
  };
  const codes = {
    ...{ 400: "serverError", 401: "authenticationFailed", 403: "permissionDenied" },
    ...{ 404: "groupNotFound", 409: "conflict", 429: "rateLimited", 500: "serverError" },
  };
  const counts = { shown: 0, refused: 0 };
  for (const one of cases) {
    // Each by itself: what was refused is remembered, and a 429 is a pause.
    const reader = await own.authenticate();
    recorded = one;
    const isVault = one.call === "vaults.get";
    const id = isVault ? VAULT : (one.served?.uuid ?? DEVS);
    const what = `${one.call}: ${one.name}`;
    const answer = (isVault ? reader.vaults : reader.groups).get(id, one.params);
    const isLiberal = one.name.startsWith("accessor type service");
    if (one.error === undefined) {
      const { id: _, title, activeItemCount, ...expected } = one.result;
      const vaultOwn = isVault ? { id, title: "app", activeItemCount: 1 } : { id, title };
      assert.deepEqual(await answer, { ...expected, ...vaultOwn }, what);
      counts.shown += 1;
    } else if (isLiberal) {
      assert.equal((await answer).vaultAccess[0].accessorType, "service", what);
    } else {
      await own.failure(answer, codes[one.status] ?? "protocol", what);
      counts.refused += 1;
    }
    recorded = undefined;
    reader.clearPause();
    reader.close();
  }
  assert.deepEqual(counts, { shown: 19, refused: 22 });
});

test("a group, and one request for it", async () => {
  const devs = {
    id: DEVS,
    title: "devs",
    description: "d",
    groupType: "userDefined",
    state: "active",
    vaultAccess: null,
  };
  assert.deepEqual(await client.groups.get(DEVS), devs);
  assert.deepEqual(requests(), ["GET /api/v2/group/:id"]);
  const { vaultAccess } = await client.groups.get(DEVS, { vaultPermissions: true });
  const access = { vaultUuid: VAULT, accessorType: "group", accessorUuid: DEVS };
  assert.deepEqual(vaultAccess, [{ ...access, permissions: 48 }]);
  assert.deepEqual(permissionNames(vaultAccess[0].permissions), [
    "REVEAL_ITEM_PASSWORD",
    "READ_ITEMS",
  ]);
});

test("permissions of 2^32 and more, and what else is not known, are shown as they came", async () => {
  for (const acl of [0, 2 ** 31, 2 ** 32, 2 ** 40 + 32, Number.MAX_SAFE_INTEGER]) {
    service.change = ({ path, json }) => {
      if (path.includes("/group/")) json.vaultAccess[0] = { ...json.vaultAccess[0], acl };
      if (path.includes("/vault/")) json.access[0] = { ...json.access[0], acl };
    };
    const group = await client.groups.get(DEVS, { vaultPermissions: true });
    assert.equal(group.vaultAccess[0].permissions, acl);
    const vault = await client.vaults.get(VAULT, { accessors: true });
    assert.equal(vault.access[0].permissions, acl);
  }
  assert.deepEqual(permissionNames(2 ** 40 + 32), ["READ_ITEMS"]);
  assert.deepEqual(permissionNames(api.NO_ACCESS), []);
  service.change = ({ json }) => {
    Object.assign(json, { type: "?", state: "?", more: 1 });
    json.vaultAccess[0].accessorType = "robot";
    json.vaultAccess[0].vaultUuid = "";
  };
  const odd = await client.groups.get(DEVS, { vaultPermissions: true });
  assert.deepEqual([odd.groupType, odd.state], ["unsupported", "unsupported"]);
  assert.deepEqual(odd.vaultAccess[0], {
    ...{ vaultUuid: "", accessorType: "robot", accessorUuid: DEVS, permissions: 48 },
  });
});

test("access is granted: the emulator opens the vault's key with each group's own", async () => {
  service.calls = [];
  await client.vaults.grantGroupPermissions("app", [
    { groupId: OPS, permissions: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD", "READ_ITEMS"] },
  ]);
  assert.deepEqual(requests(), [
    "GET /api/v1/group/pubkeys",
    "GET /api/v1/vaults",
    "GET /api/v2/account/keysets",
    "PATCH /api/v2/vault/:id/vaultaccess",
  ]);
  assert.equal(await permissionsOf("ops"), 48);
  service.calls = [];
  const both = [DEVS, OPS].map((groupId) => ({ groupId, permissions: 2 ** 32 - 1 }));
  await client.vaults.grantGroupPermissions(OTHER, [...both, both[0]]);
  assert.deepEqual(requests(), [
    "GET /api/v1/group/pubkeys",
    "GET /api/v3/vault/:id",
    "PATCH /api/v2/vault/:id/vaultaccess",
  ]);
  assert.equal(await permissionsOf("devs", "other"), 2 ** 32 - 1);
  assert.equal(await permissionsOf("ops", "other"), 2 ** 32 - 1);
});

test("a key that was replaced meanwhile is not the one that is granted", async () => {
  await client.items.get("app", "db");
  await service.emulator.account.rotateVaultKey("app");
  // The emulator takes no other key than the vault's own.
  await client.vaults.grantGroupPermissions(VAULT, [{ groupId: OPS, permissions: 32 }]);
  assert.equal(await permissionsOf("ops"), 32);
});

test("access is changed and revoked, with one request each", async () => {
  await client.vaults.updateGroupPermissions([
    { vaultId: VAULT, groupId: DEVS, permissions: api.READ_ITEMS + api.SEND_ITEMS },
  ]);
  assert.equal(await permissionsOf("devs"), 1_048_608);
  await client.vaults.revokeGroupPermissions(VAULT, DEVS);
  assert.equal(await permissionsOf("devs"), undefined);
  assert.deepEqual(requests(), ["PATCH /api/v2/acl/groups", "DELETE /api/v1/vault/:id/group/:id"]);
});

test("vaults are found by their names as they are now", async () => {
  await client.vaults.updateGroupPermissions([
    { vaultId: "APP", groupId: DEVS, permissions: ["READ_ITEMS"] },
  ]);
  // What was called app is another vault now.
  await service.emulator.account.renameVault("app", "former");
  await service.emulator.account.renameVault("other", "app");
  await client.vaults.grantGroupPermissions("app", [{ groupId: OPS, permissions: 32 }]);
  assert.equal(await permissionsOf("ops", "app"), 32);
  assert.equal(await permissionsOf("ops", "former"), undefined);
  const gone = client.vaults.revokeGroupPermissions("app", DEVS);
  await service.failure(gone, "notFound");
  assert.equal(await permissionsOf("devs", "former"), 32);
});

test("nothing is asked for an empty list", async () => {
  await client.vaults.grantGroupPermissions("app", []);
  await client.vaults.updateGroupPermissions([]);
  assert.deepEqual(requests(), []);
});

const calls = {
  get: (id) => client.groups.get(id),
  grant: (id) => client.vaults.grantGroupPermissions(VAULT, [{ groupId: id, permissions: 32 }]),
  update: (id) =>
    client.vaults.updateGroupPermissions([{ vaultId: VAULT, groupId: id, permissions: 32 }]),
  revoke: (id) => client.vaults.revokeGroupPermissions(VAULT, id),
};

test("what is no group's id is refused before anything is sent", async () => {
  const upper = DEVS.toUpperCase();
  const odd = [
    "",
    "devs",
    upper,
    `${DEVS}a`,
    DEVS.slice(1),
    `${DEVS}/`,
    "../../../..",
    "a b",
    "1".repeat(26),
  ];
  for (const [name, call] of Object.entries(calls)) {
    for (const id of [...odd, undefined, null, 7, {}, [DEVS]]) {
      const { message } = await service.failure(call(id), "argumentInvalid", `${name} ${id}`);
      assert.match(message, /^groupId must be a group's id/);
    }
  }
  assert.deepEqual(requests(), []);
});

test("what is no permission, and no list, is refused before anything is sent", async () => {
  const { grantGroupPermissions: grant, updateGroupPermissions: update } = client.vaults;
  const odd = [
    0,
    -1,
    1.5,
    Number.NaN,
    2 ** 53,
    "32",
    undefined,
    null,
    [],
    ["NO_ACCESS"],
    ["read"],
    [32],
  ];
  for (const permissions of [...odd, {}]) {
    const access = { groupId: DEVS, permissions };
    const what = String(permissions);
    await service.failure(grant(VAULT, [access]), "argumentInvalid", what);
    await service.failure(update([{ ...access, vaultId: VAULT }]), "argumentInvalid", what);
  }
  for (const list of [undefined, null, 7, "x", {}, [null], [7], [undefined], new Array(1)]) {
    await service.failure(grant(VAULT, list), "argumentInvalid", String(list));
    await service.failure(update(list), "argumentInvalid", String(list));
  }
  for (const vaultId of ["", undefined, null, 7, {}]) {
    const access = { groupId: DEVS, permissions: 32, vaultId };
    await service.failure(update([access]), "argumentInvalid", String(vaultId));
    if (vaultId !== undefined) {
      await service.failure(client.vaults.revokeGroupPermissions(vaultId, DEVS), "argumentInvalid");
    }
  }
  const twice = [32, 48].map((permissions) => ({ groupId: DEVS, permissions }));
  const { message } = await service.failure(grant(VAULT, twice), "argumentInvalid");
  assert.match(message, /must name each group once/);
  for (const params of [null, 7, "x", { vaultPermissions: 1 }, { vaultPermissions: null }]) {
    await service.failure(client.groups.get(DEVS, params), "argumentInvalid", String(params));
  }
  for (const options of [null, 7, { timeoutMs: 0 }, { fast: true }]) {
    await service.failure(client.groups.get(DEVS, {}, options), "argumentInvalid");
    await service.failure(
      grant(VAULT, [{ groupId: OPS, permissions: 32 }], options),
      "argumentInvalid",
    );
  }
  assert.deepEqual(
    requests().filter((request) => !request.startsWith("GET")),
    [],
  );
});

test("groups that are not there, or have no key that can be used", async () => {
  await service.failure(calls.get(NOBODY), "groupNotFound");
  await service.failure(calls.grant(NOBODY), "groupNotFound");
  const refused = async (change, code, reason) => {
    service.change = ({ path, json }) => {
      if (path.endsWith("/pubkeys")) change(json);
    };
    const { message } = await service.failure(calls.grant(OPS), code, String(change));
    assert.match(message, reason);
  };
  await service.failure(calls.grant(KEYLESS), "groupNotFound");
  const invalid = (change, reason) =>
    refused((keys) => change(keys[0].pubKey), "groupKeyInvalid", reason);
  await refused((keys) => delete keys[0].pubKey, "groupKeyInvalid", /has no public key/);
  await refused((keys) => Object.assign(keys[0], { pubKey: null }), "groupKeyInvalid", /no public/);
  await refused((keys) => keys.splice(0), "groupNotFound", /no group has the id/);
  for (const json of [{}, null, "x"]) {
    service.change = (answer) => {
      if (answer.path.endsWith("/pubkeys")) answer.json = json;
    };
    await service.failure(calls.grant(OPS), "protocol", JSON.stringify(json));
  }
  await invalid((key) => Object.assign(key, { kty: "EC" }), /not for RSA-OAEP/);
  await invalid((key) => delete key.kid, /has no id/);
  await invalid((key) => delete key.alg, /not for RSA-OAEP or RSA-OAEP-256/);
  await invalid((key) => Object.assign(key, { alg: "A256GCM" }), /not for RSA-OAEP/);
  await invalid((key) => Object.assign(key, { alg: "RSA-OAEP-512" }), /not for RSA-OAEP/);
  await invalid((key) => Object.assign(key, { n: "AQAB" }), /shorter than 2048 bits/);
  await invalid((key) => Object.assign(key, { n: `${"!".repeat(342)}` }), /damaged/);
  await invalid((key) => Object.assign(key, { e: "" }), /exponent/);
  await invalid((key) => Object.assign(key, { e: "AQ" }), /exponent/);
  await invalid((key) => Object.assign(key, { n: 7 }), /has no public key/);
  assert.equal(await permissionsOf("ops"), undefined);
});

test("what the service answers that is not that something is done", async () => {
  const { grant: grantIt, update, revoke } = calls;
  const grant = () => grantIt(OPS);
  const isWrite = ({ method }) => method !== "GET";
  const plain =
    (body, status = 200) =>
    () =>
      new Response(body, { status });
  for (const [name, call] of Object.entries({
    grant,
    update: () => update(DEVS),
    revoke: () => revoke(DEVS),
  })) {
    for (const body of [
      "",
      "{}",
      '{"success":0}',
      '{"success":true}',
      '{"success":"1"}',
      "[]",
      "null",
      "1",
      "x",
    ]) {
      service.replace = (sent, ask) => (isWrite(sent) ? plain(body)() : ask());
      await service.failure(call(), "protocol", `${name}: ${body}`);
    }
    service.replace = (sent, ask) => (isWrite(sent) ? new Response(null, { status: 204 }) : ask());
    await service.failure(call(), "protocol", name);
    service.replace = (sent, ask) => (isWrite(sent) ? plain("<html>log in</html>")() : ask());
    const { message } = await service.failure(call(), "protocol", name);
    assert.match(message, /web page/);
  }
  service.replace = undefined;
  // Sealed it is the service's word all the more.
  service.change = ({ method, json }) => (method === "GET" ? undefined : sealedLike(json));
  await update(DEVS);
  assert.equal(await permissionsOf("devs"), 32);
});

/** The emulator says it in plain JSON; with another member it is still that. */
function sealedLike(json) {
  json.more = 1;
}

test("an answer that should be sealed and is not", async () => {
  service.replace = async (sent, ask) =>
    /\/group\//.test(sent.path)
      ? Response.json({ uuid: DEVS, type: "U", state: "A", name: "forged", desc: "" })
      : ask();
  await service.failure(client.groups.get(DEVS), "protocol");
  await service.failure(calls.grant(OPS), "protocol");
  assert.equal(await permissionsOf("ops"), undefined);
});

test("a change is sent once: nobody knows whether one that has no answer was done", async () => {
  const own = await service.authenticate({ retry: { retries: 5, minMs: 1, maxMs: 1 } });
  const grant = () => own.vaults.grantGroupPermissions(VAULT, [{ groupId: OPS, permissions: 32 }]);
  for (const [answer, code] of [
    [() => Promise.reject(new Error("gone")), "network"],
    [() => new Response(null, { status: 503 }), "serverError"],
    [() => new Response(null, { status: 500 }), "serverError"],
    [() => new Response(null, { status: 409 }), "conflict"],
    [() => new Response(null, { status: 400 }), "serverError"],
    [() => new Response(null, { status: 403 }), "permissionDenied"],
    [() => new Response(null, { status: 404 }), "notFound"],
  ]) {
    let sent = 0;
    service.replace = (call, ask) => {
      if (call.method === "GET" || call.path.includes("/auth")) return ask();
      sent += 1;
      return answer();
    };
    await service.failure(grant(), code);
    assert.equal(sent, 1, code);
  }
  // A refused session is renewed, and the change was not done.
  let refusals = 0;
  service.replace = (call, ask) => {
    if (call.method !== "PATCH" || refusals > 0) return ask();
    refusals += 1;
    return new Response(null, { status: 401 });
  };
  await grant();
  assert.equal(await permissionsOf("ops"), 32);
  // And no refusal of one is remembered for another.
  service.replace = undefined;
  await own.vaults.updateGroupPermissions([{ vaultId: VAULT, groupId: OPS, permissions: 48 }]);
  assert.equal(await permissionsOf("ops"), 48);
});

test("a session that was lent by another process is no reason to send a change twice", async () => {
  const { memoryStore } = await import("../../dist/stores.js");
  const store = memoryStore();
  const first = await service.authenticate({ store });
  await first.items.get("app", "db");
  const second = await service.authenticate({ store, lazy: true });
  const sent = [];
  service.replace = async (call, ask) => {
    if (call.method !== "PATCH") return ask();
    sent.push(call.path);
    await ask();
    return new Response("not what was expected");
  };
  const update = [{ vaultId: VAULT, groupId: DEVS, permissions: 64 }];
  await service.failure(second.vaults.updateGroupPermissions(update), "protocol");
  assert.deepEqual(sent, ["/api/v2/acl/groups"]);
  assert.equal(await permissionsOf("devs"), 64);
});

test("what a lent session is answered to a change proves nothing of it", async () => {
  const { memoryStore } = await import("../../dist/stores.js");
  for (const body of [
    '{"success":1}',
    '{"kid":"x","enc":"A256GCM","cty":"x","iv":"x","data":"x"}',
  ]) {
    const store = memoryStore();
    const first = await service.authenticate({ store });
    await first.items.get("app", "db");
    const lent = service.calls.at(-1).headers["X-AgileBits-Session-ID"];
    const second = await service.authenticate({ store, lazy: true });
    // The service knows it no more, and something between answers in its place.
    service.replace = (call, ask) => {
      if (call.headers["X-AgileBits-Session-ID"] !== lent) return ask();
      return call.method === "PATCH" ? new Response(body) : new Response(null, { status: 403 });
    };
    const update = [{ vaultId: VAULT, groupId: DEVS, permissions: 64 }];
    await second.vaults.updateGroupPermissions(update).catch(() => {});
    assert.equal((await second.groups.get(DEVS)).id, DEVS, body);
    service.replace = undefined;
  }
});

test("what a lent session's change is refused for, it is refused for in any", async () => {
  const { memoryStore } = await import("../../dist/stores.js");
  for (const [status, times] of [
    [400, 1],
    [403, 2],
    [409, 1],
    [413, 1],
    [422, 1],
    [499, 1],
  ]) {
    const store = memoryStore();
    const first = await service.authenticate({ store });
    await first.items.get("app", "db");
    const second = await service.authenticate({ store, lazy: true });
    let sent = 0;
    service.replace = (call, ask) => {
      if (call.method !== "PATCH") return ask();
      sent += 1;
      return new Response(null, { status });
    };
    const update = [{ vaultId: VAULT, groupId: DEVS, permissions: 64 }];
    await assert.rejects(second.vaults.updateGroupPermissions(update));
    assert.equal(sent, times, String(status));
    service.replace = undefined;
  }
});

test("permissions that cannot be read are not shown as none", async () => {
  for (const acl of [2 ** 63, 1e300, "1", null, true, 1.5, {}, -1]) {
    service.change = ({ path, json }) => {
      if (path.startsWith("/api/v3/vault/")) {
        json.access = [{ vaultUuid: VAULT, accessorType: "group", accessorUuid: DEVS, acl }];
      }
    };
    const asked = client.vaults.get("app", { accessors: true });
    await service.failure(asked, "protocol", String(acl));
  }
  const whole = { vaultUuid: VAULT, accessorType: "group", accessorUuid: DEVS, acl: 32 };
  for (const access of [[{}], [{ ...whole, accessorUuid: 7 }], [whole, {}]]) {
    service.change = ({ path, json }) => {
      if (path.startsWith("/api/v3/vault/")) json.access = access;
    };
    const asked = client.vaults.get("app", { accessors: true });
    await service.failure(asked, "protocol", JSON.stringify(access));
  }
  for (const vaultAccess of ["x", {}, [{ ...whole, acl: -1 }]]) {
    service.change = ({ path, json }) => {
      if (path.startsWith("/api/v2/group/")) json.vaultAccess = vaultAccess;
    };
    const asked = client.groups.get(DEVS, { vaultPermissions: true });
    await service.failure(asked, "protocol", JSON.stringify(vaultAccess));
  }
});

test("a vault's name is looked up once for a list, and options are looked at in any case", async () => {
  const update = [DEVS, OPS].map((groupId) => ({ vaultId: "app", groupId, permissions: 64 }));
  await client.vaults.updateGroupPermissions(update).catch(() => {});
  assert.equal(requests().filter((sent) => sent === "GET /api/v1/vaults").length, 1);
  await service.failure(client.vaults.updateGroupPermissions([], 7), "argumentInvalid");
  const twice = ["app", VAULT].map((vaultId) => ({ vaultId, groupId: DEVS, permissions: 64 }));
  service.calls = [];
  await service.failure(client.vaults.updateGroupPermissions(twice), "argumentInvalid");
  assert.ok(!requests().some((sent) => sent.startsWith("PATCH")));
  for (const vault of [undefined, "", 7]) {
    service.calls = [];
    await service.failure(client.vaults.grantGroupPermissions(vault, []), "argumentInvalid");
    assert.deepEqual(requests(), []);
  }
  await service.failure(client.vaults.revokeGroupPermissions("app", DEVS, 7), "argumentInvalid");
  await service.failure(client.groups.get(DEVS, { vaultPermission: true }), "argumentInvalid");
});

test("reads and writes are told and counted, and ids are not shown", async () => {
  const events = [];
  const own = await service.authenticate({ onEvent: (event) => events.push(event) });
  await own.groups.get(DEVS);
  await own.vaults.grantGroupPermissions(VAULT, [{ groupId: OPS, permissions: 32 }]);
  await own.vaults.revokeGroupPermissions(VAULT, OPS);
  await service.failure(own.vaults.revokeGroupPermissions(VAULT, OPS), "notFound");
  await new Promise((resolve) => setTimeout(resolve, 10));
  const told = events.filter(({ type }) => type === "request");
  assert.deepEqual(
    told.map(({ method, path, quota }) => `${method} ${path} ${quota}`),
    [
      "POST /api/v3/auth/start none",
      "POST /api/v2/auth none",
      "POST /api/v2/auth/confirm-key none",
      "POST /api/v2/auth/complete none",
      "GET /api/v2/group/:id read",
      "GET /api/v1/group/pubkeys read",
      "GET /api/v3/vault/:id read",
      "GET /api/v2/account/keysets read",
      "PATCH /api/v2/vault/:id/vaultaccess write",
      "DELETE /api/v1/vault/:id/group/:id write",
      "DELETE /api/v1/vault/:id/group/:id write",
    ],
  );
  const { reads, writes, requests: all } = own.stats();
  assert.deepEqual([reads, writes, all], [4, 3, 11]);
});

test("what is counted here is what the service counts", async () => {
  const quota = { readsPerHour: 1_000, writesPerHour: 1_000 };
  const own = await Service.start({ account: ACCOUNT, quota });
  const reader = await own.authenticate();
  await reader.resolve("op://app/db/password");
  await reader.groups.get(DEVS);
  await own.failure(reader.groups.get(NOBODY), "groupNotFound");
  await reader.vaults.updateGroupPermissions([{ vaultId: VAULT, groupId: DEVS, permissions: 32 }]);
  const { reads, writes } = reader.stats();
  assert.deepEqual(
    own.emulator.quota.map(({ used }) => used),
    [reads, writes],
  );
});

test("all steps of a call are within its time, and end with the client", async () => {
  const start = Date.now();
  service.replace = async ({ init }, ask) => {
    await new Promise((resolve) => setTimeout(resolve, 120));
    init.signal.throwIfAborted();
    return ask();
  };
  const grant = (options) =>
    client.vaults.grantGroupPermissions("app", [{ groupId: OPS, permissions: 32 }], options);
  await service.failure(grant({ timeoutMs: 300 }), "timeout");
  assert.ok(Date.now() - start < 2_000);
  const signal = AbortSignal.timeout(200);
  await service.failure(grant({ signal }), "aborted");
  const granting = grant();
  setTimeout(() => client.close(), 200);
  await service.failure(granting, "closed");
  await service.failure(grant(), "closed");
  assert.equal(await permissionsOf("ops"), undefined);
});

test("the names of permissions are the constants, and the other way round", () => {
  const constants = { ...api };
  const names = permissionNames(0xffff_ffff);
  assert.equal(names.length, 13);
  for (const name of names) assert.deepEqual(permissionNames(constants[name]), [name]);
});
