// What a client leaves in the JavaScript heap: no token, once the core has it or has let go of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";

const emulator = await createEmulator({
  account: { vaults: [{ name: "app", items: [{ title: "database", password: "s" }] }] },
});
const server = await emulator.serve();
after(() => server.close());

const PROGRAM = `
import { text } from "node:stream/consumers";
import { getHeapSnapshot } from "node:v8";
const { WAY, URL_OF_MODULES } = process.env;
const { Client } = await import(URL_OF_MODULES + "index.js");
const slim = await import(URL_OF_MODULES + "slim.js");
const compat = await import(URL_OF_MODULES + "compat/index.js");
const { readFile } = await import("node:fs/promises");

/** The token as bytes, which no snapshot shows; each use makes a text of its own. */
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const bytes = Buffer.concat(chunks);
const options = (more) => ({
  auth: bytes.toString("latin1"),
  integrationName: "heap",
  integrationVersion: "1",
  retry: { retries: 0 },
  ...more,
});
const REFERENCE = "op://app/database/password";
const failing = async () => { throw new TypeError("no network"); };
const wasm = () => readFile(new URL(URL_OF_MODULES + "wasm/op.wasm"));

/** What each way leaves is kept until the snapshot is taken. */
const WAYS = {
  "a caller that keeps it": async () => options(),
  "signed in": async () => Client.authenticate(options()),
  "signed in, and used": async () => {
    const client = await Client.authenticate(options());
    await client.resolve(REFERENCE);
    return client;
  },
  "closed": async () => {
    const client = await Client.authenticate(options());
    await client.resolve(REFERENCE);
    client.close();
    return client;
  },
  "lazy, and never used": async () => {
    const client = await Client.authenticate(options({ lazy: true }));
    client.close();
    return client;
  },
  "lazy, and used": async () => {
    const client = await Client.authenticate(options({ lazy: true }));
    await client.resolve(REFERENCE);
    return client;
  },
  "lazy, and closed while it starts": async () => {
    const client = await Client.authenticate(options({ lazy: true }));
    const resolving = client.resolve(REFERENCE).catch((error) => error);
    client.close();
    return [client, await resolving];
  },
  "lazy, and its first call failed": async () => {
    const client = await Client.authenticate(options({ lazy: true, fetch: failing }));
    return [client, await client.resolve(REFERENCE).catch((error) => error)];
  },
  "lazy, and the module could not be loaded": async () => {
    const loading = { wasm: () => Promise.reject(new Error("no module")), lazy: true };
    const client = await slim.Client.authenticate(options(loading));
    const error = await client.resolve(REFERENCE).catch((error) => error);
    client.close();
    return [client, error];
  },
  "a sign-in that failed": () => Client.authenticate(options({ fetch: failing })).catch((e) => e),
  "a wrong option": () => Client.authenticate(options({ timeoutMs: -1 })).catch((e) => e),
  "a host that is not allowed": () =>
    Client.authenticate(options({ allowedHosts: ["other.example"] })).catch((e) => e),
  "a module that could not be loaded": () =>
    slim.Client.authenticate(options({ wasm: () => Promise.reject(new Error("no module")) }))
      .catch((e) => e),
  "with a signal that lives on": async () => {
    const { signal } = new AbortController();
    const client = await Client.authenticate(options({ signal }));
    client.close();
    return [client, signal];
  },
  "slim": async () => slim.Client.authenticate(options({ wasm })),
  "compat": async () => compat.createClient(options()),
};

const kept = await WAYS[WAY]();
// A turn of the event loop, and what was waited for is not on any stack.
await new Promise((resolve) => setTimeout(resolve, 20));
globalThis.gc();
const snapshot = await text(getHeapSnapshot());
// The beginning is the account's address; strings are cut after 1,024 characters.
const pieces = [100, 200, 300, 400].map((at) => bytes.toString("latin1", at, at + 60));
const found = JSON.parse(snapshot).strings.filter((one) =>
  pieces.some((piece) => one !== piece && one.includes(piece)));
console.log(JSON.stringify({ kept: kept !== undefined, found: found.length }));
process.exit();
`;

async function tokensIn(way) {
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", PROGRAM], {
    env: { ...process.env, WAY: way, URL_OF_MODULES: new URL("../../dist/", import.meta.url).href },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(server.token);
  const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
  const { kept, found } = JSON.parse(said);
  assert.ok(kept);
  return found;
}

test("the search finds a token that is there", async () => {
  assert.ok((await tokensIn("a caller that keeps it")) > 0);
});

for (const way of [
  "signed in",
  "signed in, and used",
  "closed",
  "lazy, and never used",
  "lazy, and used",
  "lazy, and closed while it starts",
  "lazy, and its first call failed",
  "lazy, and the module could not be loaded",
  "a sign-in that failed",
  "a wrong option",
  "a host that is not allowed",
  "a module that could not be loaded",
  "with a signal that lives on",
  "slim",
  "compat",
]) {
  test(`no token is left: ${way}`, async () => {
    assert.equal(await tokensIn(way), 0);
  });
}
