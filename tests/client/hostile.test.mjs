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
    if (answer.path === PATHS.overviews) answer.json.items = Array(200_001).fill({});
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
