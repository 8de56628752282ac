// Where a token may lead.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { createEmulator, SAMPLE_REFERENCE } from "../../dist/emulator/index.js";
import { alterToken, BY_NAME, SECRET, Service } from "./support.mjs";

const PACKAGE = new URL("../../dist/index.js", import.meta.url).href;
const run = promisify(execFile);
const service = await Service.start();

/** Authenticating with a token for this address fails with `code`, and sends nothing. */
async function refused(signInAddress, code, config = {}) {
  service.calls = [];
  const auth = alterToken(service.token, (json) => ({ ...json, signInAddress }));
  const error = await service.failure(service.authenticate({ auth, ...config }), code);
  assert.deepEqual(service.paths, [], signInAddress);
  return error;
}

const foreign = [
  "evil.example",
  "https://evil.example",
  "1password.com.evil.example",
  "my.1password.com.evil.example",
  "https://my.1password.com.evil.example:443",
  "evil1password.com",
  "evil-1password.com",
  "1password.com",
  "my.1password.org",
  "my.1password.co",
  "http://my.1password.com",
  "HTTP://my.1password.com",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "http://127.0.0.2",
  "http://0.0.0.0",
  "http://2130706433",
  "http://[::2]",
  "http://127.0.0.1:6379",
  "https://127.0.0.1",
  "http://localhost",
  "https://LOCALHOST:8443",
  "http://[::1]:9",
];
for (const address of foreign) {
  test(`not allowed: ${address}`, async () => {
    const error = await refused(address, "hostNotAllowed");
    const [host] = /[^/]+$/.exec(address);
    assert.ok(error.message.includes(host.toLowerCase()), error.message);
  });
}

const noHosts = [
  "user@my.1password.com",
  "my.1password.com@evil.example",
  "https://user:password@my.1password.com",
  "my.1password.com/path",
  "my.1password.com//",
  "my.1password.com?query",
  "my.1password.com#fragment",
  "my.1password.com\\@evil.example",
  "evil.example\\.1password.com",
  "evil.example/.1password.com",
  "evil.example%2f.1password.com",
  "ftp://my.1password.com",
  "javascript:alert(1)//.1password.com",
  "//my.1password.com",
  "https://",
  "https://.1password.com",
  ".1password.com",
  "my..1password.com",
  "my.1password.com.",
  "my.1password.com:",
  "my.1password.com:99999",
  "my.1password.com:+443",
  "my.1password.com:443:443",
  "my.1password。com",
  "my.1pаssword.com",
  " my.1password.com",
  "my.1password.com\n",
  "my.1password.com\r\nX-Header: 1",
  "[my].1password.com",
  "http://[::ffff:127.0.0.1]",
];
test("what is no host at all", async () => {
  for (const address of noHosts) {
    const error = await refused(address, "tokenInvalid");
    assert.match(error.message, /signInAddress is not a host/, address);
  }
});

const allowed = {
  "my.1password.com": "https://my.1password.com",
  "https://team.1password.ca/": "https://team.1password.ca",
  "HTTPS://Team.1Password.EU": "https://team.1password.eu",
  "my.b5test.1password.com:8443": "https://my.b5test.1password.com:8443",
  "http://localhost:1234": "http://localhost:1234",
  "127.0.0.1:8443": "https://127.0.0.1:8443",
  "http://[::1]:99": "http://[::1]:99",
};
for (const [address, origin] of Object.entries(allowed)) {
  test(`allowed: ${address}`, async () => {
    const here = await Service.start({ address });
    const client = await here.authenticate();
    assert.equal(await client.resolve(BY_NAME), SECRET);
    for (const { url } of here.calls) assert.ok(url.startsWith(`${origin}/api/`), url);
  });
}

test("loopback is an emulator's for as long as one says that it is there", async (t) => {
  const { url, port, token, close } = await service.emulator.serve();
  t.after(close);
  const asked = { auth: token, fetch: undefined };
  const client = await service.authenticate(asked);
  assert.equal(await client.resolve(BY_NAME), SECRET);
  await service.failure(
    service.authenticate({ ...asked, allowedHosts: ["my.1password.com"] }),
    "hostNotAllowed",
  );
  const others = [`http://127.0.0.1:${port - 1}`, `http://localhost:${port}`];
  for (const near of [...others, `https://127.0.0.1:${port}`]) {
    await refused(near, "hostNotAllowed");
  }
  await close();
  await refused(url, "hostNotAllowed");
});

test("processes that this one starts know where it listens", async (t) => {
  const env = () => process.env.ONEPASSWORD_EDGE_EMULATOR;
  assert.equal(env(), undefined);
  // The child's clock is not the one of these tests.
  const now = () => performance.timeOrigin + performance.now();
  const emulator = await createEmulator({ now });
  const [first, second] = [await emulator.serve(), await emulator.serve()];
  t.after(() => Promise.all([first.close(), second.close()]));
  assert.equal(env(), `${first.url},${second.url}`);
  await first.close();
  assert.equal(env(), second.url);
  const program = `
    import { Client } from ${JSON.stringify(PACKAGE)};
    const named = { integrationName: "child", integrationVersion: "1" };
    const client = await Client.authenticate({ auth: process.env.TOKEN, ...named });
    console.log(await client.resolve(${JSON.stringify(SAMPLE_REFERENCE)}));
  `;
  const child = (more) =>
    run(process.execPath, ["--input-type=module", "--eval", program], {
      env: { ...process.env, TOKEN: second.token, ...more },
    });
  assert.ok((await child()).stdout.trim().length > 0);
  await assert.rejects(child({ ONEPASSWORD_EDGE_EMULATOR: "" }), /not allowed/);
  await second.close();
  assert.equal(env(), undefined);
  assert.equal(Object.keys(globalThis).includes("ONEPASSWORD_EDGE_EMULATOR"), false);
});

test("what others put on prototypes opens no port", async (t) => {
  const name = "ONEPASSWORD_EDGE_EMULATOR";
  t.after(() => delete Object.prototype[name]);
  Object.prototype[name] = "http://127.0.0.1:6379";
  await refused("http://127.0.0.1:6379", "hostNotAllowed");
  await createEmulator();
  delete Object.prototype[name];
  await refused("http://127.0.0.1:6379", "hostNotAllowed");
});

test("an emulator that is closed twice takes no other's place away", async (t) => {
  const { port, close } = await service.emulator.serve();
  await close();
  const other = await service.emulator.serve({ port });
  t.after(other.close);
  await close();
  const client = await service.authenticate({ auth: other.token, fetch: undefined });
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("allowedHosts takes the place of the default", async () => {
  const here = await Service.start({ address: "vault.example.com" });
  await here.failure(here.authenticate(), "hostNotAllowed");
  for (const entry of ["vault.example.com", "*.example.com", "https://VAULT.example.com/"]) {
    const client = await here.authenticate({ allowedHosts: ["other.example", entry] });
    assert.equal(await client.resolve(BY_NAME), SECRET, entry);
  }
  const allowedHosts = ["vault.example.com"];
  for (const address of ["my.1password.com", "http://127.0.0.1", "localhost"]) {
    await refused(address, "hostNotAllowed", { allowedHosts });
  }
});

test("an entry of allowedHosts allows what it says and no more", async () => {
  for (const [entry, address] of [
    ["vault.example.com", "http://vault.example.com"],
    ["vault.example.com", "sub.vault.example.com"],
    ["vault.example.com", "vault.example.com.evil.example"],
    ["*.example.com", "example.com"],
    ["*.example.com", "evilexample.com"],
    ["https://vault.example.com", "http://vault.example.com"],
    ["http://vault.example.com", "https://vault.example.com"],
    ["vault.example.com:8443", "vault.example.com"],
    ["vault.example.com:8443", "vault.example.com:8444"],
  ]) {
    await refused(address, "hostNotAllowed", { allowedHosts: [entry] });
  }
  await refused("my.1password.com", "hostNotAllowed", { allowedHosts: [] });
});

test("entries of allowedHosts that are none", async () => {
  for (const entry of [
    "",
    "*",
    "*.",
    "*.*",
    "a b",
    "user@host",
    "https://host/path",
    "ftp://host",
  ]) {
    await refused("my.1password.com", "argumentInvalid", { allowedHosts: [entry] });
  }
  for (const allowedHosts of ["my.1password.com", [5], [null], {}, 5, new Set(["host"])]) {
    await refused("my.1password.com", "argumentInvalid", { allowedHosts });
  }
});
