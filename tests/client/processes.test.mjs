// Processes that have nothing in common but a file: each is a Node of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";

const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-processes-"));
after(() => rmSync(folder, { recursive: true }));

const of = (path) => JSON.stringify(new URL(path, import.meta.url));
const PROGRAM = `
  import { Client } from ${of("../../dist/index.js")};
  import { fileStore } from ${of("../../dist/node/file_store.js")};
  const { token, file, references } = JSON.parse(process.argv[1]);
  const told = [];
  const client = await Client.authenticate({
    auth: token, integrationName: "client tests", integrationVersion: "1", store: fileStore(file), lazy: true,
  });
  for (const reference of references) {
    told.push(await client.resolve(reference).catch(({ code, limit, retryAfterMs }) => ({ code, limit, retryAfterMs })));
  }
  console.log(JSON.stringify({ told, requests: client.stats().requests }));
`;

/** What a process of its own is told for each reference, and how many requests that took. */
async function run(given) {
  const args = ["--input-type=module", "--eval", PROGRAM, JSON.stringify(given)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (piece) => {
    text += piece;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(text);
}

const items = ["one", "two"].map((title) => ({ title, password: `secret ${title}` }));
const account = { vaults: [{ name: "app", items }] };
const [ONE, TWO] = items.map(({ title }) => `op://app/${title}/password`);

test("the second process makes one request", async () => {
  const emulator = await createEmulator({ account });
  const server = await emulator.serve();
  const given = { token: server.token, file: join(folder, "one.json"), references: [ONE] };
  assert.deepEqual(await run(given), { told: ["secret one"], requests: 8 });
  assert.deepEqual(await run(given), { told: ["secret one"], requests: 1 });
  await server.close();
});

test("once the quota is used up, a process that starts later sends nothing", async () => {
  const emulator = await createEmulator({ account, quota: { readsPerHour: 5 } });
  const server = await emulator.serve();
  const given = { token: server.token, file: join(folder, "quota.json") };
  // Four reads for the first secret; one for the second, and the next is refused.
  const first = await run({ ...given, references: [ONE, TWO, ONE] });
  assert.deepEqual(first.told.slice(0, 2), ["secret one", "secret two"]);
  assert.equal(first.told[2].code, "rateLimited");
  emulator.clearRequests();
  const { told, requests } = await run({ ...given, references: [TWO] });
  assert.deepEqual([told[0].code, told[0].limit], ["rateLimited", "token"]);
  assert.ok(told[0].retryAfterMs > 55 * 60_000, `${told[0].retryAfterMs}`);
  assert.deepEqual([requests, emulator.requests.length], [0, 0]);
  await server.close();
});

test("refused sign-ins of several processes are counted together", async () => {
  const emulator = await createEmulator({
    account,
    faults: ({ path }) =>
      path === "/api/v2/auth/confirm-key" ? { kind: "status", status: 401 } : undefined,
  });
  const server = await emulator.serve();
  const given = { token: server.token, file: join(folder, "refused.json"), references: [ONE] };
  const codes = [];
  for (let process = 0; process < 9; process += 1) codes.push((await run(given)).told[0].code);
  assert.equal(codes[0], "authenticationFailed");
  assert.deepEqual(codes.slice(-2), ["rateLimited", "rateLimited"]);
  await server.close();
});
