// `doctor`: a line each for what may stand in the way, and what to do about it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as listen } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { alterToken } from "../client/support.mjs";
import { folderOf, noTerminal, serve, start, startTerminal } from "./support.mjs";

const NAMES = ["Node", "token", "host", "proxy", "network", "clock", "sign-in", "vaults", "pause"];
const MINUTE_MS = 60_000;

/** What it found, by name, and its exit code. */
async function examine(ended) {
  const { stdout, stderr, code } = await ended;
  assert.equal(stderr, "");
  const { ok, checks } = JSON.parse(stdout);
  assert.deepEqual(
    checks.map(({ name }) => name),
    NAMES,
  );
  for (const { status, message } of checks) {
    assert.ok(["ok", "warn", "fail", "skip"].includes(status) && message.length > 3, message);
  }
  assert.equal(ok, code === 0);
  const statuses = checks.map(({ status }) => status);
  assert.equal(ok, !statuses.includes("fail"));
  return { code, statuses, ...Object.fromEntries(checks.map((check) => [check.name, check])) };
}

test("where nothing stands in the way every line is ok", async (t) => {
  const { run, server } = await serve(t);
  const found = await examine(run(["doctor", "--json"]));
  assert.deepEqual(new Set(found.statuses), new Set(["ok"]));
  assert.equal(found.Node.message, process.versions.node);
  assert.equal(found.host.message, new URL(server.url).host);
  assert.equal(found.vaults.message, "it may read 2 vaults");
  const { stdout, stderr, code } = await run(["doctor"]);
  assert.deepEqual([stderr, code], ["", 0]);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(/\s+/).slice(0, 2)),
    NAMES.map((name) => ["ok", name]),
  );
});

test("it is colored on a terminal", { skip: noTerminal }, async (t) => {
  const { env } = await serve(t);
  const { stdout } = await startTerminal('"$0" doctor 2>/dev/null', { env }).ended;
  assert.ok(stdout.startsWith("\u001b[32mok    \u001b[39mNode"), stdout);
});

test("without a token the rest is skipped, and says why", async () => {
  const found = await examine(start(["doctor", "--json"]).ended);
  assert.equal(found.code, 3);
  const skipped = Array.from({ length: 5 }, () => "skip");
  assert.deepEqual(found.statuses, ["ok", "fail", "skip", "ok", ...skipped]);
  assert.match(found.token.message, /there is no token/);
  for (const name of ["host", "network", "pause"])
    assert.match(found[name].message, /token cannot be used/);
});

test("a token is judged before anybody is asked", async (t) => {
  const { token, run, emulator } = await serve(t);
  for (const OP_SERVICE_ACCOUNT_TOKEN of [`"${token}"`, token.slice(0, -40), "eyJ.eyJ.x"]) {
    const found = await examine(run(["doctor", "--json"], { env: { OP_SERVICE_ACCOUNT_TOKEN } }));
    assert.deepEqual([found.code, found.token.status], [3, "fail"]);
    assert.match(found.token.message, /token is not valid/);
  }
  const elsewhere = alterToken(token, (json) => ({ ...json, signInAddress: "vault.example.com" }));
  const env = { OP_SERVICE_ACCOUNT_TOKEN: elsewhere };
  const found = await examine(run(["doctor", "--json"], { env }));
  assert.deepEqual([found.code, found.token.status, found.host.status], [3, "ok", "fail"]);
  assert.match(found.host.message, /vault\.example\.com.*none of 1Password's/);
  assert.equal(emulator.requests.length, 0);
});

test("a token file that others may read, and Connect, are warnings", async (t) => {
  const { token, run } = await serve(t);
  const path = join(folderOf(t), "token");
  writeFileSync(path, token, { mode: 0o644 });
  const args = ["doctor", "--json", "--token-file", path];
  const found = await examine(run(args));
  assert.deepEqual([found.code, found.token.status], [0, "warn"]);
  assert.match(found.token.advice, /chmod 600/);
  const connect = await examine(
    run(["doctor", "--json"], { env: { OP_CONNECT_HOST: "http://x" } }),
  );
  assert.deepEqual([connect.code, connect.token.status], [0, "warn"]);
  assert.match(connect.token.message, /OP_CONNECT_HOST is set, and not used/);
  const missing = await examine(run([...args.slice(0, -1), `${path}.x`]));
  assert.deepEqual([missing.code, missing.token.status], [2, "fail"]);
});

test("a proxy that Node does not use is a warning, and its address is not told", async (t) => {
  const { run } = await serve(t);
  const HTTPS_PROXY = "http://user:pass-of-proxy@proxy.example:8080";
  const ended = await run(["doctor", "--json"], { env: { HTTPS_PROXY } });
  assert.ok(!ended.stdout.includes("pass-of-proxy"));
  const { code, proxy } = await examine(ended);
  assert.deepEqual([code, proxy.status], [0, "warn"]);
  assert.match(proxy.message, /^HTTPS_PROXY is set, but Node goes directly/);
  assert.match(proxy.advice, /NODE_USE_ENV_PROXY=1/);
});

const usesProxies = process.allowedNodeEnvironmentFlags.has("--use-env-proxy");
test("a proxy that Node uses is none", {
  skip: !usesProxies && "this Node uses none",
}, async (t) => {
  const { run } = await serve(t);
  const env = { HTTPS_PROXY: "http://127.0.0.1:1", NODE_USE_ENV_PROXY: "1" };
  // Node 22 itself warns that this is new.
  const ended = await run(["doctor", "--json"], { env });
  const { proxy } = await examine({ ...ended, stderr: "" });
  assert.deepEqual([proxy.status, proxy.message], ["ok", "HTTPS_PROXY, which Node uses"]);
});

test("a host that refuses connections, or does not answer, is told by its code", async (t) => {
  const { run, server } = await serve(t);
  await server.close();
  const env = { ONEPASSWORD_EDGE_EMULATOR: server.url };
  const refused = await examine(run(["doctor", "--json"], { env }));
  assert.equal(refused.code, 4);
  assert.deepEqual(refused.statuses.slice(4), ["fail", "skip", "skip", "skip", "skip"]);
  assert.match(refused.network.message, /refuses connections \(ECONNREFUSED\)/);
  assert.match(refused["sign-in"].message, /host cannot be reached/);
  const silent = await serve(t, { faults: () => ({ kind: "hang" }) });
  const late = await examine(silent.run(["doctor", "--json", "--timeout", "500ms"]));
  assert.match(late.network.message, /does not answer in time \(TimeoutError\)/);
  const broken = await serve(t, { faults: () => ({ kind: "reset" }) });
  const reset = await examine(broken.run(["doctor", "--json"]));
  assert.match(reset.network.message, /broken off \(\w+\)/);
});

test("a login that the network wants first is told", async (t) => {
  const faults = ({ method }) => (method === "HEAD" ? { kind: "status", status: 511 } : undefined);
  const { run } = await serve(t, { faults });
  const { code, network, clock } = await examine(run(["doctor", "--json"]));
  assert.deepEqual([code, network.status, clock.status], [4, "fail", "skip"]);
  assert.match(network.message, /log in \(HTTP 511\)/);
});

test("a clock that is wrong is a warning that says by how much", async (t) => {
  for (const [minutes, word] of [
    [-10, "ahead"],
    [10, "behind"],
  ]) {
    const faults = ({ method }) => {
      const date = new Date(Date.now() + minutes * MINUTE_MS).toUTCString();
      return method === "HEAD" ? { kind: "status", status: 200, headers: { date } } : undefined;
    };
    const { run } = await serve(t, { faults });
    const { code, clock } = await examine(run(["doctor", "--json"]));
    assert.deepEqual([code, clock.status], [0, "warn"]);
    const [, seconds] = clock.message.match(new RegExp(`clock is (\\d+) s ${word}`));
    assert.ok(Math.abs(seconds - 600) < 60, clock.message);
  }
});

test("a refused sign-in, one without vaults, and a pause are told apart", async (t) => {
  const answer = (status, headers) => ({ kind: "status", status, headers });
  const at =
    (end, fault) =>
    ({ path }) =>
      path.endsWith(end) ? fault : undefined;
  const refused = await serve(t, { faults: at("/auth/confirm-key", answer(401)) });
  const first = await examine(refused.run(["doctor", "--json"]));
  assert.deepEqual([first.code, ...first.statuses.slice(6)], [3, "fail", "skip", "skip"]);
  const none = await serve(t, { account: { vaults: [] } });
  const second = await examine(none.run(["doctor", "--json"]));
  assert.deepEqual([second.code, ...second.statuses.slice(6)], [0, "ok", "warn", "ok"]);
  const wait = answer(429, { "retry-after": "90" });
  const paused = await serve(t, { faults: at("/vaults", wait) });
  const third = await examine(paused.run(["doctor", "--json"]));
  assert.deepEqual([third.code, ...third.statuses.slice(6)], [4, "ok", "fail", "fail"]);
  assert.match(third.pause.message, /no requests for 90 s/);
  const early = await serve(t, { faults: at("/auth/start", wait) });
  const fourth = await examine(early.run(["doctor", "--json"]));
  assert.deepEqual([fourth.code, ...fourth.statuses.slice(6)], [4, "fail", "skip", "fail"]);
});

const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && "openssl is not installed";

/** A certificate that signs itself: for this name, from and until these days from now. */
function certificate(folder, name, more = []) {
  const [key, cert] = ["key.pem", "cert.pem"].map((file) => join(folder, file));
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const subject = ["-nodes", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const out = ["-keyout", key, "-out", cert, ...more];
  assert.equal(spawnSync("openssl", [...args, ...subject, ...out]).status, 0);
  return { key: readFileSync(key), cert: readFileSync(cert), path: cert };
}

/** What `doctor` says of a host with this certificate. */
async function ofCertificate(t, { key, cert }, env = {}) {
  const { token, run } = await serve(t);
  const server = createServer({ key, cert }, (_, answer) => answer.end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return await ofAddress(run, token, `https://localhost:${server.address().port}`, env);
}

async function ofAddress(run, token, address, env = {}) {
  const changed = alterToken(token, (json) => ({ ...json, signInAddress: address }));
  const all = { ...env, OP_SERVICE_ACCOUNT_TOKEN: changed, ONEPASSWORD_EDGE_EMULATOR: address };
  const ended = await run(["doctor", "--json"], { env: all });
  // Node itself warns of what it was told not to check.
  return await examine({ ...ended, stderr: "" });
}

test("what is wrong with a certificate is told apart", { skip: noOpenssl }, async (t) => {
  const folder = folderOf(t);
  const own = certificate(folder, "localhost");
  const selfSigned = await ofCertificate(t, own);
  assert.equal(selfSigned.code, 1);
  assert.match(selfSigned.network.message, /signed by itself \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  assert.match(selfSigned.network.advice, /NODE_EXTRA_CA_CERTS/);
  assert.equal(selfSigned.clock.status, "skip");
  const trusted = await ofCertificate(t, own, { NODE_EXTRA_CA_CERTS: own.path });
  assert.equal(trusted.network.message, "the host answers, and Node trusts its certificate");
  const unchecked = await ofCertificate(t, own, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
  assert.deepEqual([unchecked.network.status], ["warn"]);
  const other = certificate(folder, "other.example");
  const another = await ofCertificate(t, other, { NODE_EXTRA_CA_CERTS: other.path });
  assert.match(another.network.message, /another host's \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
});

test("what speaks no TLS is told as such", async (t) => {
  const { token, run } = await serve(t);
  const server = listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const found = await ofAddress(run, token, `https://localhost:${server.address().port}`);
  assert.deepEqual([found.code, found.network.status], [4, "fail"]);
  assert.match(found.network.message, /speaks no TLS/);
});
