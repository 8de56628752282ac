// Groups of the emulator as the vendor's client sees them, and what it does to their access.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { vendorClient } from "./vendor.mjs";

const { cases } = JSON.parse(
  readFileSync(new URL("../vectors/groups.json", import.meta.url), "utf8"),
);

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const DEVS = "qokahvr47axgmq6hp2sy6tzb6a";
const OPS = "rokahvr47axgmq6hp2sy6tzb6a";
const QA = "sokahvr47axgmq6hp2sy6tzb6a";
const KEYLESS = "tokahvr47axgmq6hp2sy6tzb6a";
const ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const account = {
  vaults: [{ name: "app", id: VAULT, items: [{ title: "db", password: "p" }] }],
  groups: [
    { name: "devs", id: DEVS, description: "d", access: [{ vault: "app", permissions: 48 }] },
    { name: "ops", id: OPS, type: "owners", algorithm: "RSA-OAEP-256" },
    { name: "qa", id: QA, state: "deleted" },
    { name: "keyless", id: KEYLESS, keyless: true },
  ],
};

let emulator;
let client;
beforeEach(async () => {
  emulator = await createEmulator({ account });
  client = await vendorClient(emulator);
});

const access = (group, permissions) => ({
  vaultUuid: VAULT,
  accessorType: "group",
  accessorUuid: group,
  permissions,
});
const permissionsOf = async (group) =>
  (await emulator.account.groupAccess("app", group))?.permissions;
const requests = () => emulator.requests.map(({ method, path }) => `${method} ${path}`);

test("groups, with their vaults and without", async () => {
  const devs = {
    id: DEVS,
    title: "devs",
    description: "d",
    groupType: "userDefined",
    state: "active",
    vaultAccess: [access(DEVS, 48)],
  };
  assert.deepEqual(await client.groups.get(DEVS, { vaultPermissions: true }), devs);
  assert.deepEqual(await client.groups.get(DEVS, {}), { ...devs, vaultAccess: null });
  const { groupType, vaultAccess } = await client.groups.get(OPS, { vaultPermissions: true });
  assert.deepEqual([groupType, vaultAccess], ["owners", []]);
  assert.equal((await client.groups.get(QA, {})).state, "deleted");
  await assert.rejects(client.groups.get(ABSENT, {}), {
    message: "error getting group: resource not found",
  });
});

test("a vault with those who have access", async () => {
  const vault = await client.vaults.get(VAULT, { accessors: true });
  const [own, ...others] = vault.access;
  assert.equal(own.accessorType, "user");
  assert.deepEqual(others, [access(DEVS, 48)]);
  assert.equal((await client.vaults.get(VAULT, { accessors: false })).access, null);
});

test("access is granted, to groups of either hash", async () => {
  emulator.clearRequests();
  await client.vaults.grantGroupPermissions(VAULT, [
    { groupId: OPS, permissions: 1_048_624 },
    { groupId: QA, permissions: 4_294_967_295 },
  ]);
  assert.deepEqual(requests(), [
    "GET /api/v1/group/pubkeys",
    `GET /api/v3/vault/${VAULT}`,
    "GET /api/v2/account/keysets",
    `PATCH /api/v2/vault/${VAULT}/vaultaccess`,
  ]);
  assert.deepEqual(
    [await permissionsOf("ops"), await permissionsOf("qa")],
    [1_048_624, 2 ** 32 - 1],
  );
  const { access: all } = await client.vaults.get(VAULT, { accessors: true });
  assert.deepEqual(all.slice(1), [
    access(DEVS, 48),
    access(OPS, 1_048_624),
    access(QA, 4_294_967_295),
  ]);
  await client.vaults.grantGroupPermissions(VAULT, []);
});

test("access that cannot be granted", async () => {
  const grant = (...groups) =>
    client.vaults.grantGroupPermissions(
      VAULT,
      groups.map((groupId) => ({ groupId, permissions: 32 })),
    );
  await assert.rejects(grant(OPS, KEYLESS), {
    message: new RegExp(`group not found .*${KEYLESS}`),
  });
  await assert.rejects(grant(OPS, ABSENT), { message: new RegExp(`group not found .*${ABSENT}`) });
  await assert.rejects(grant(OPS, DEVS), {
    message: "data conflict occurred on the server: performing a vault operation",
  });
  await assert.rejects(grant(OPS, OPS), { message: "bad request" });
  assert.equal(await permissionsOf("ops"), undefined);
});

test("access is changed", async () => {
  emulator.clearRequests();
  const update = { vaultId: VAULT, groupId: DEVS, permissions: 96 };
  await client.vaults.updateGroupPermissions([update]);
  assert.deepEqual(requests(), ["PATCH /api/v2/acl/groups"]);
  assert.equal(await permissionsOf("devs"), 96);
  await assert.rejects(client.vaults.updateGroupPermissions([{ ...update, groupId: OPS }]), {
    message: /^error updating group vault permissions: /,
  });
});

test("access is revoked", async () => {
  emulator.clearRequests();
  await client.vaults.revokeGroupPermissions(VAULT, DEVS);
  assert.deepEqual(requests(), [
    `GET /api/v3/vault/${VAULT}`,
    `DELETE /api/v1/vault/${VAULT}/group/${DEVS}`,
  ]);
  assert.equal(await permissionsOf("devs"), undefined);
  await assert.rejects(client.vaults.revokeGroupPermissions(VAULT, DEVS), {
    message: /^error revoking group vault permissions: /,
  });
});

test("access is granted again, with a new key", async () => {
  await client.vaults.revokeGroupPermissions(VAULT, DEVS);
  await emulator.account.rotateVaultKey("app");
  // Another client: this one may know the key that was.
  client = await vendorClient(emulator);
  await client.vaults.grantGroupPermissions(VAULT, [{ groupId: DEVS, permissions: 32 }]);
  assert.equal(await permissionsOf("devs"), 32);
});

test("recorded answers", async () => {
  let served;
  const emulator = await createEmulator({
    account,
    onAnswer: (answer) => {
      if (served === undefined || !/\/(group|vault)\//.test(answer.path)) return;
      if (served.status !== undefined) {
        return Response.json({ errorCode: 0 }, { status: served.status });
      }
      answer.json =
        served.call === "vaults.get" ? { ...answer.json, ...served.served } : served.served;
    },
  });
  const client = await vendorClient(emulator);
  for (const one of cases) {
    const isVault = one.call === "vaults.get";
    const id = isVault ? VAULT : DEVS;
    served = one;
    const what = `${one.call}: ${one.name}`;
    const answer = (isVault ? client.vaults : client.groups).get(id, one.params);
    if (one.error === undefined) {
      const { id: _, title, activeItemCount, ...expected } = one.result;
      const vaultOwn = isVault ? { id, title: "app", activeItemCount: 1 } : { id: _, title };
      assert.deepEqual(await answer, { ...expected, ...vaultOwn }, what);
    } else {
      await assert.rejects(answer, { message: one.error }, what);
    }
  }
});
