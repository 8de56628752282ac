// Answers made to exhaust or to crash: each is one error, and the client goes on.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BY_ID, BY_NAME, PATHS, SECRET, Service, VAULT } from "./support.mjs";

const MEGABYTE = 1024 * 1024;

const service = await Service.start({
  account: { vaults: [VAULT, ...Array.from({ length: 9 }, (_, n) => ({ name: `v${n}` }))] },
});

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

const instead = (path, body, status = 200) => {
  service.replace = (call, ask) =>
    call.path === path ? Promise.resolve(new Response(body, { status })) : ask();
};

for (const status of [200, 500]) {
  test(`100 MB of brackets in the first answer, with status ${status}`, async () => {
    instead(PATHS.start, Buffer.alloc(100 * MEGABYTE, "["), status);
    await service.failure(service.authenticate(), "protocol");
  });
}

test("60 MB of brackets in the first answer", async () => {
  instead(PATHS.start, Buffer.alloc(60 * MEGABYTE, "["));
  await service.failure(service.authenticate(), "protocol");
  service.replace = undefined;
  assert.equal(await (await service.authenticate()).resolve(BY_NAME), SECRET);
});

test("a list without end", async () => {
  const client = await service.authenticate();
  service.change = (answer) => {
    if (answer.path === PATHS.overviews) answer.json.items = Array(1_000_000).fill({});
  };
  await service.failure(client.resolve(BY_NAME), "protocol");
  service.change = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

for (const enc of ["A256GCM", "RSA-OAEP"]) {
  test(`keysets in a circle of 10,000, by ${enc}`, async () => {
    const client = await service.authenticate();
    service.change = (answer) => {
      if (answer.path !== PATHS.keysets) return;
      const [keyset] = answer.json.keysets;
      answer.json.keysets = Array.from({ length: 10_000 }, (_, n) => ({
        ...keyset,
        uuid: n === 0 ? keyset.uuid : `k${n}`,
        encryptedBy: n === 9_999 ? keyset.uuid : `k${n + 1}`,
        encSymKey: { ...keyset.encSymKey, enc },
      }));
    };
    await service.failure(client.resolve(BY_ID), "decryption");
  });
}

test("keysets that do not open are one error and one request", async () => {
  const client = await service.authenticate();
  service.calls = [];
  service.replace = async (call, ask) => {
    const response = await ask();
    if (call.path !== PATHS.keysets) return response;
    const envelope = await response.json();
    return Response.json({ ...envelope, data: envelope.data.replace(/^.{8}/, "AAAAAAAA") });
  };
  await service.failure(client.resolve(BY_NAME), "decryption");
  assert.deepEqual(service.paths, [PATHS.vaults, PATHS.keysets]);
});

test("a vault key that is spelled anew in every answer", async () => {
  const client = await service.authenticate();
  let spellings = 0;
  service.change = (answer) => {
    if (answer.path !== PATHS.vaults) return;
    spellings += 1;
    for (const { combinedAccess } of answer.json) {
      combinedAccess.encVaultKey.data += "=".repeat(spellings % 3);
    }
  };
  const { subtle } = crypto;
  const decrypt = subtle.decrypt;
  let decryptions = 0;
  subtle.decrypt = (...args) => {
    decryptions += args[0].name === "RSA-OAEP" ? 1 : 0;
    return decrypt.apply(subtle, args);
  };
  try {
    const secrets = await Promise.all(Array.from({ length: 6 }, () => client.resolve(BY_NAME)));
    assert.deepEqual(new Set(secrets), new Set([SECRET]));
  } finally {
    subtle.decrypt = decrypt;
  }
  assert.ok(decryptions <= 6 * 10, `${decryptions} for six calls and ten vaults`);
});

test("a vault that got a new key is read anew", async () => {
  const client = await service.authenticate();
  assert.equal(await client.resolve(BY_ID), SECRET);
  // Another account with the same ids: to this client's session, all keys have changed.
  const later = await Service.start();
  const observer = await later.authenticate();
  const sealed = new Map();
  later.change = ({ path, json }) => void sealed.set(path, structuredClone(json));
  await observer.resolve(BY_ID);
  service.change = (answer) => {
    if (answer.path === PATHS.item) answer.json = sealed.get(PATHS.item);
  };
  service.calls = [];
  await service.failure(client.resolve(BY_ID), "decryption");
  assert.deepEqual(service.paths, [PATHS.item, PATHS.vault, PATHS.item]);
});

test("a token that is revoked costs overlapping calls one sign-in", async () => {
  const client = await service.authenticate();
  service.emulator.expireSessions();
  instead(PATHS.start, "{}", 401);
  service.calls = [];
  const calls = Array.from({ length: 10 }, () => client.resolve(BY_NAME));
  await Promise.all(calls.map((call) => service.failure(call, "authenticationFailed")));
  assert.equal(service.paths.filter((path) => path === PATHS.start).length, 1);
  service.replace = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});
