// Over real HTTP on loopback, with the platform's own fetch.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { alterToken, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

let service;
let server;
let client;

before(async () => {
  service = await Service.start();
  server = await service.emulator.serve();
  client = await authenticate();
});

after(() => server.close());

beforeEach(() => {
  service.change = undefined;
});

/** Some ports here are not the emulator's. */
function authenticate(config) {
  const allowedHosts = ["127.0.0.1"];
  return service.authenticate({ auth: server.token, fetch: undefined, allowedHosts, ...config });
}

/** A server on loopback that answers with `handle`, and a token that leads to it. */
async function listen(t, handle) {
  const other = createServer(handle);
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    other.close();
    other.closeAllConnections();
  });
  const signInAddress = `http://127.0.0.1:${other.address().port}`;
  return { auth: alterToken(server.token, (json) => ({ ...json, signInAddress })), signInAddress };
}

test("signs in and resolves, many times at once", async () => {
  const found = await Promise.all(Array.from({ length: 20 }, () => client.resolve(BY_NAME)));
  assert.deepEqual(new Set(found), new Set([SECRET]));
});

test("a fetch that passes on to the platform's", async () => {
  const wrapped = await authenticate({ fetch: (url, init) => fetch(url, init) });
  assert.equal(await wrapped.resolve(BY_NAME), SECRET);
});

test("a lost connection", async () => {
  service.change = ({ path }) => {
    if (path === PATHS.item) throw new Error("lost");
  };
  const error = await service.failure(client.resolve(BY_NAME), "network");
  assert.match(error.cause.message, /fetch failed/);
  assert.equal(error.retryable, true);
  service.change = undefined;
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("a connection lost in the middle of a body", async (t) => {
  const { auth } = await listen(t, (_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"status":', () => response.destroy());
  });
  await service.failure(authenticate({ auth }), "network");
});

test("nobody listens", async () => {
  // Port 1 is nobody's on a machine of these days.
  const auth = alterToken(server.token, (json) => ({
    ...json,
    signInAddress: "http://127.0.0.1:1",
  }));
  const error = await service.failure(authenticate({ auth }), "network");
  assert.match(error.message, /127\.0\.0\.1/);
  assert.ok(error.cause.message.length > 0);
});

test("what never answers is aborted by a signal, or runs out of time", async (t) => {
  const aborter = new AbortController();
  const { auth } = await listen(t, () => aborter.abort());
  for (const [code, signal] of [
    ["aborted", aborter.signal],
    ["timeout", AbortSignal.timeout(50)],
  ]) {
    const withSignal = (url, init) => fetch(url, { ...init, signal });
    await service.failure(authenticate({ auth, fetch: withSignal }), code);
  }
});

test("redirects are not followed", async (t) => {
  const seen = [];
  const { auth, signInAddress } = await listen(t, (request, response) => {
    seen.push(request.url);
    response.writeHead(307, { location: `${signInAddress}/elsewhere` }).end();
  });
  await service.failure(authenticate({ auth }), "protocol");
  assert.deepEqual(seen, [PATHS.start]);
});

test("headers arrive as they were meant", async (t) => {
  let rawHeaders;
  const { auth } = await listen(t, (request, response) => {
    rawHeaders = request.rawHeaders.map((text) => text.toLowerCase());
    response.writeHead(500).end();
  });
  const integrationName = "odd\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1";
  await service.failure(authenticate({ auth, integrationName }), "serverError");
  assert.ok(!rawHeaders.includes("x-injected"));
  const at = rawHeaders.indexOf("user-agent");
  assert.equal(
    rawHeaders[at + 1],
    "1password js sdk/0050002 odd??x-injected: 1????get / http/1.1/1.0.0",
  );
});
