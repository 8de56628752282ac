// The emulator as its users see it: options, hook, log, writes, and listening.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { createEmulator, SAMPLE_REFERENCE } from "../../dist/emulator/index.js";
import { RawClient, readToken, sealJson } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const KEYSETS = "/api/v2/account/keysets";
const account = { vaults: [{ name: "app", id: VAULT, items: [{ title: "db", id: ITEM }] }] };

test("the sample account has the sample reference", () => {
  assert.match(SAMPLE_REFERENCE, /^op:\/\/[a-z]+\/[a-z]+\/[a-z]+$/);
});

test("the token has all eight fields", async () => {
  const emulator = await createEmulator({ address: "team.1password.example" });
  const token = readToken(emulator.token);
  assert.equal(token.signInAddress, "team.1password.example");
  assert.match(token.secretKey, /^A3-[2-9A-Z]{6}-[2-9A-Z]{6}(-[2-9A-Z]{5}){4}$/);
  assert.match(token.srpX, /^[0-9a-f]{64}$/);
  assert.match(token.throttleSecret.seed, /^[0-9a-f]{64}$/);
  assert.equal(Buffer.from(token.muk.k, "base64url").length, 32);
  assert.equal(Buffer.from(token.userAuth.salt, "base64url").length, 16);
  assert.deepEqual(Object.keys(token).sort(), [
    "deviceUuid",
    "email",
    "muk",
    "secretKey",
    "signInAddress",
    "srpX",
    "throttleSecret",
    "userAuth",
  ]);
});

test("userB is padded, or stripped of its zeros", async () => {
  const padded = await (await startedClient({})).exchange();
  assert.equal(padded.json.userB.length, 1024);
  const emulator = await createEmulator({ account, userB: "stripped" });
  // One value in 16 begins with a zero: of 200, none does not once in 400,000 runs.
  let odd = false;
  for (let round = 0; round < 200 && !odd; round += 1) {
    const client = new RawClient(emulator);
    await client.start();
    const { userB } = (await client.plain("POST", "/api/v2/auth", { userA: "5" })).json;
    assert.doesNotMatch(userB, /^0/);
    odd = userB.length % 2 === 1;
  }
  assert.ok(odd);
});

async function startedClient(options) {
  const client = new RawClient(await createEmulator({ account, ...options }));
  await client.start();
  return client;
}

test("uses the given clock for throttling tokens", async () => {
  const client = new RawClient(await createEmulator({ account, now: () => 0 }));
  const { status } = await client.plain("POST", "/api/v3/auth/start", {});
  assert.equal(status, 400);
});

test("keeps to the machine's clock, also to one that is faked later", async (t) => {
  const client = await new RawClient(await createEmulator({ account })).signIn();
  t.mock.timers.enable({ apis: ["Date"] });
  assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
});

for (const [device, method, path, body] of [
  ["not-registered", "POST", "/api/v1/device", true],
  ["deleted", "PUT", "/api/v1/device/:device/reauthorize", false],
]) {
  test(`a device that is ${device} has to be made known`, async () => {
    const client = new RawClient(await createEmulator({ account, device }));
    const { json } = await client.start();
    assert.deepEqual(json, { status: `device-${device}`, sessionID: client.sessionId });
    const uuid = client.token.deviceUuid;
    const texts = ["clientName", "clientVersion", "name", "model", "osName", "osVersion"];
    const described = Object.fromEntries([...texts, "userAgent"].map((name) => [name, "x"]));
    const sent = body ? { uuid, ...described } : undefined;
    const early = await client.plain("POST", "/api/v2/auth", { userA: "5" });
    assert.equal(early.status, 401);
    const answer = await client.plain(method, path.replace(":device", uuid), sent);
    assert.deepEqual(answer.json, { success: 1 });
    assert.equal((await client.start()).json.status, "ok");
  });
}

test("a hook changes an answer, and not the account", async () => {
  let spoil = true;
  const emulator = await createEmulator({
    account,
    onAnswer(answer) {
      if (answer.path !== KEYSETS || !spoil) return;
      answer.json.keysets.length = 0;
    },
  });
  const client = await new RawClient(emulator).signIn();
  assert.equal((await client.sealed("GET", KEYSETS)).json.keysets.length, 0);
  spoil = false;
  assert.equal((await client.sealed("GET", KEYSETS)).json.keysets.length, 1);
});

test("a hook sets the status, sends a response, or breaks the connection", async () => {
  const hooks = [
    (answer) => {
      answer.status = 503;
    },
    () => new Response("busy", { status: 429 }),
    () => {
      throw new Error("connection lost");
    },
  ];
  let hook = () => {};
  const emulator = await createEmulator({ account, onAnswer: (answer) => hook(answer) });
  const client = new RawClient(emulator);
  hook = hooks[0];
  assert.equal((await client.plain("GET", KEYSETS)).status, 503);
  hook = hooks[1];
  assert.equal((await client.plain("GET", KEYSETS)).status, 429);
  hook = hooks[2];
  await assert.rejects(client.plain("GET", KEYSETS), /connection lost/);
  assert.deepEqual(
    emulator.requests.map(({ status }) => status),
    [503, 429, 0],
  );
});

test("fetch rejects when it is aborted", async () => {
  const emulator = await createEmulator({ account, onAnswer: () => new Promise(() => {}) });
  const aborter = new AbortController();
  const pending = emulator.fetch("https://any.example/", { signal: aborter.signal });
  aborter.abort(new Error("enough"));
  await assert.rejects(pending, /enough/);
});

test("remembers the last thousand requests", async () => {
  const emulator = await createEmulator({ account });
  for (let n = 0; n < 1003; n += 1) await emulator.fetch(`https://any.example/${n}?q`);
  assert.equal(emulator.requests.length, 1000);
  assert.deepEqual(emulator.requests.at(-1), { method: "GET", path: "/1002", status: 404 });
  emulator.clearRequests();
  assert.deepEqual(emulator.requests, []);
});

/** A signed-in client with the vault's key, and a new item as it would be written. */
async function writer() {
  const emulator = await createEmulator({ account });
  const client = await new RawClient(emulator).signIn();
  const path = `/api/v1/vault/${VAULT}/item/${ITEM}`;
  const { item } = (await client.sealed("GET", path)).json;
  return { client, item };
}

test("refuses writes from an old version, and envelopes of another key", async () => {
  const { client, item } = await writer();
  const write = (version, items) =>
    client.sealed("PATCH", `/api/v3/vault/${VAULT}/${version}/items`, items);
  assert.equal((await write(7, [item])).status, 409);
  assert.equal((await write(1, [{ ...item, itemVersion: 0 }])).status, 409);
  assert.equal((await write(1, [item, item])).status, 400);
  const foreign = sealJson(Buffer.alloc(32), item.encryptedBy, {});
  assert.equal((await write(1, [{ ...item, encDetails: foreign }])).status, 400);
  assert.equal((await write("01", [item])).status, 400);
  const written = await write(1, [{ ...item, trashed: "A" }]);
  assert.deepEqual(written.json, {
    contentVersion: 2,
    updatedItems: { [ITEM]: 2 },
    failedItems: {},
  });
  assert.equal((await write(1, [{ ...item, itemVersion: 2 }])).status, 409);
});

test("serves on loopback alone", async () => {
  const server = await (await createEmulator({ account })).serve();
  try {
    assert.equal(server.url, `http://127.0.0.1:${server.port}`);
    assert.equal(readToken(server.token).signInAddress, server.url);
    assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
    const others = Object.values(networkInterfaces()).flat();
    for (const { address } of others.filter(
      ({ family, internal }) => family === "IPv4" && !internal,
    )) {
      await assert.rejects(connected(server.port, address), { code: "ECONNREFUSED" });
    }
    await assert.rejects(connected(server.port, "127.0.0.2"), { code: "ECONNREFUSED" });
  } finally {
    await server.close();
  }
  await assert.rejects(connected(server.port, "127.0.0.1"), { code: "ECONNREFUSED" });
});

function connected(port, host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host }, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

test("signs a client in over HTTP", async () => {
  const emulator = await createEmulator({ account });
  const server = await emulator.serve();
  const overHttp = {
    token: server.token,
    fetch: (url, init) => fetch(server.url + new URL(url).pathname + new URL(url).search, init),
  };
  const client = await new RawClient(overHttp).signIn();
  assert.equal((await client.sealed("GET", KEYSETS)).status, 200);
  await server.close();
});

test("closes once the last answer is out, and leaves no connection open", async () => {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  const onAnswer = ({ path }) => (path === "/slow" ? released : undefined);
  const server = await (await createEmulator({ account, onAnswer })).serve();
  assert.equal((await fetch(`${server.url}/idle`)).status, 404);
  const slow = fetch(`${server.url}/slow`);
  // The next answer shows that the slow request has arrived.
  assert.equal((await fetch(`${server.url}/idle`)).status, 404);
  const started = performance.now();
  const closed = server.close();
  release();
  assert.equal((await slow).status, 404);
  await closed;
  assert.ok(performance.now() - started < 2000, "waited for an idle connection");
});

test("refuses bodies that are too long or out of place", async () => {
  const server = await (await createEmulator({ account })).serve();
  const body = "x".repeat(5 * 1024 * 1024);
  const answer = await fetch(`${server.url}/api/v2/auth`, { method: "POST", body }).catch(() => {});
  // The connection may be gone before the client has read the answer.
  assert.ok(answer === undefined || answer.status === 413);
  const reply = await rawHttp(
    server.port,
    `GET ${KEYSETS} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx`,
  );
  assert.match(reply, /^HTTP\/1\.1 400 /);
  await server.close();
});

function rawHttp(port, request) {
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(request));
    socket.setEncoding("utf8").on("data", (chunk) => {
      reply += chunk;
    });
    socket.once("error", reject).once("close", () => resolve(reply));
  });
}

test("survives clients that hang up, and answers of a broken connection", async () => {
  const emulator = await createEmulator({
    account,
    onAnswer({ path }) {
      if (path === "/broken") throw new Error("connection lost");
    },
  });
  const server = await emulator.serve();
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write("POST /api/v2/auth HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  socket.destroy();
  await assert.rejects(fetch(`${server.url}/broken`));
  assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  await server.close();
});

test("the command serves options from a file's path or a line, until its input ends", async () => {
  const script = new URL("../../scripts/emulator.mjs", import.meta.url);
  const child = spawn(process.execPath, [script.pathname, "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write(`${JSON.stringify({ account, device: "deleted" })}\n`);
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const { url, token } = JSON.parse(line);
  const overHttp = { token, fetch: (to, init) => fetch(url + new URL(to).pathname, init) };
  assert.equal((await new RawClient(overHttp).start()).json.status, "device-deleted");
  child.stdin.end();
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
