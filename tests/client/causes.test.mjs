// What an error says of what stands in the way: certificates, proxies, clocks, pages, the service.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { aQuarterHourPasses, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const KEY = "a1B2c3D4e5F6g7H8";

beforeEach(() => {
  service.change = undefined;
  service.replace = undefined;
  aQuarterHourPasses();
});

/** What undici throws: the code is the cause's, or that of one of several. */
const failed = (...causes) => {
  const [cause, ...more] = causes.map(({ code, message = "" }) =>
    Object.assign(new Error(message), { code }),
  );
  const all = more.length === 0 ? cause : new AggregateError([cause, ...more]);
  return new TypeError("fetch failed", { cause: all });
};

const signIn = (thrown) => {
  service.replace = () => Promise.reject(thrown);
  return service.authenticate({ retry: { retries: 2, minMs: 1 } });
};

for (const code of [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
]) {
  for (const [where, thrown] of [
    ["the cause", failed({ code })],
    ["one of several errors", failed({ code: "ECONNREFUSED" }, { code })],
    ["the cause's cause", new TypeError("x", { cause: new Error("y", { cause: { code } }) })],
    ["the error itself", Object.assign(new Error("no"), { code })],
  ]) {
    test(`a certificate: ${code} of ${where}`, async () => {
      service.calls = [];
      const error = await service.failure(signIn(thrown), "network");
      assert.equal(error.retryable, false);
      assert.ok(error.message.includes(code) && error.cause.message.includes(code), error.message);
      assert.match(error.message, /NODE_EXTRA_CA_CERTS/);
      assert.equal(service.calls.length, 1, "it is not tried again");
    });
  }
}

for (const message of [
  "error sending request for url (https://x): client error (Connect): invalid peer certificate: UnknownIssuer",
  "unable to get local issuer certificate",
  "TLS peer's certificate is not trusted; reason = self signed certificate",
]) {
  test(`a certificate, in words: ${message}`, async () => {
    const error = await service.failure(signIn(new TypeError(message)), "network");
    assert.equal(error.retryable, false);
    assert.match(error.message, /NODE_EXTRA_CA_CERTS/);
  });
}

for (const code of [
  "ECONNREFUSED",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
  "ConnectionRefused",
]) {
  test(`no connection: ${code}`, async () => {
    const error = await service.failure(signIn(failed({ code })), "network");
    assert.equal(error.retryable, true);
    assert.ok(error.message.includes(`(${code})`), error.message);
    assert.ok(error.cause.message.endsWith(`: ${code}`), error.cause.message);
  });
}

test("what is no code of a platform is cut out where it may be a key", async () => {
  for (const code of [KEY, KEY.toUpperCase(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]) {
    const error = await service.failure(signIn(failed({ code, message: code })), "network");
    assert.ok(!error.message.includes(code) && !error.cause.message.includes(code));
  }
  const cycle = failed({ code: "ECONNRESET" });
  cycle.cause.cause = cycle;
  cycle.cause.errors = [cycle, cycle];
  await service.failure(signIn(cycle), "network");
});

test("a proxy that wants a login says so", async () => {
  for (const message of [
    "Proxy response (407) !== 200 when HTTP Tunneling",
    "Failed to establish tunnel: HTTP/1.1 407 Proxy Authentication Required",
  ]) {
    const error = await service.failure(signIn(failed({ message })), "network");
    assert.deepEqual([error.retryable, /407/.test(error.message)], [false, true], error.message);
    assert.match(error.message, /proxy on the way wants a login/);
  }
  service.replace = () => new Response("", { status: 407 });
  const error = await service.failure(service.authenticate(), "serverError");
  assert.match(error.message, /HTTP 407.*proxy on the way wants a login/);
});

test("the service's words are kept, without what looks like a key or does something", async () => {
  const errorMessage = `The account is frozen\u001b[2J ${KEY}${KEY} \u202e`;
  for (const [status, code] of [
    [400, "serverError"],
    [401, "authenticationFailed"],
    [403, "permissionDenied"],
    [404, "notFound"],
    [409, "conflict"],
    [429, "rateLimited"],
    [503, "serverError"],
  ]) {
    service.replace = () => Response.json({ errorCode: 7, errorMessage }, { status });
    const error = await service.failure(service.authenticate(), code);
    assert.match(
      error.message,
      /service error 7: “The account is frozen\\u\{1b\}\[2J …/,
      `${status}`,
    );
    assert.ok(!error.message.includes(KEY));
    aQuarterHourPasses();
  }
  service.replace = () => new Response("x ".repeat(5_000), { status: 400 });
  const { message } = await service.failure(service.authenticate(), "serverError");
  assert.ok(message.length < 400, message);
});

test("a 403 names permissions and firewall rules", async () => {
  service.replace = () => new Response("{}", { status: 403 });
  const error = await service.failure(service.authenticate(), "permissionDenied");
  assert.match(error.message, /vaults and permissions, and the account's firewall rules/);
});

for (const [ms, says] of [
  [-2 * 3_600_000, /this machine's clock is 2 hours ahead of the server's/],
  [3 * 86_400_000 + 60_000, /this machine's clock is 3 days behind the server's/],
  [5 * 60_000, /this machine's clock is [45] minutes behind the server's/],
  [30_000, undefined],
  [0, undefined],
]) {
  test(`the server's clock, ${ms} ms off, when it refuses`, async () => {
    const refusal = (status) => {
      const headers = { date: new Date(Date.now() + ms).toUTCString() };
      return new Response("{}", { status, headers });
    };
    for (const [status, code] of [
      [400, "serverError"],
      [401, "authenticationFailed"],
      [403, "permissionDenied"],
    ]) {
      service.replace = () => refusal(status);
      const { message } = await service.failure(service.authenticate(), code);
      if (says) assert.match(message, says);
      else assert.doesNotMatch(message, /clock/);
    }
    service.replace = undefined;
    const client = await service.authenticate();
    service.replace = ({ path }, ask) => (path === PATHS.vaults ? refusal(400) : ask());
    const { message } = await service.failure(client.resolve(BY_NAME), "serverError");
    assert.equal(/clock/.test(message), says !== undefined);
    service.replace = undefined;
    assert.equal(await client.resolve(BY_NAME), SECRET);
  });
}

test("a web page is called one", async () => {
  for (const page of ["<html><h1>Welcome</h1>", "\n <!DOCTYPE html><p>log in", "\ufeff<html>"]) {
    for (const path of [PATHS.start, PATHS.confirm]) {
      service.replace = (call, ask) => (call.path === path ? new Response(page) : ask());
      const error = await service.failure(service.authenticate(), "protocol");
      assert.match(error.message, /web page.*captive portal.*proxy/);
      assert.doesNotMatch(error.message, /report it/);
    }
    service.replace = undefined;
    aQuarterHourPasses();
    const client = await service.authenticate();
    service.replace = (call, ask) => (call.path === PATHS.item ? new Response(page) : ask());
    const error = await service.failure(client.resolve(BY_NAME), "protocol");
    assert.match(error.message, /web page/);
    for (const status of [403, 404, 503, 511]) {
      service.replace = () => new Response(page, { status });
      const { message } = await service.failure(
        client.resolve(BY_NAME),
        { 403: "permissionDenied", 404: "notFound" }[status] ?? "serverError",
      );
      assert.match(message, /captive portal/, `${status}`);
      assert.doesNotMatch(message, /Welcome|check its vaults/);
    }
  }
});
