// What each HTTP status becomes, at each step; and a session that ends.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BY_ID, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
// Nothing remembered, so that every call makes every request.
const FORGETFUL = { cache: { metadataTtlMs: 0, negativeTtlMs: 0 } };
const client = await service.authenticate(FORGETFUL);
const SIGN_IN = [PATHS.start, PATHS.exchange, PATHS.confirm, PATHS.complete];

beforeEach(() => {
  service.calls = [];
  service.replace = undefined;
});

const STATUSES = [
  [400, "serverError", false],
  [403, "permissionDenied", false],
  [404, "notFound", false],
  [405, "serverError", false],
  [408, "serverError", true],
  [409, "conflict", false],
  [418, "serverError", false],
  [429, "rateLimited", true],
  [500, "serverError", true],
  [501, "serverError", false],
  [502, "serverError", true],
  [503, "serverError", true],
  [504, "serverError", true],
  [501, "serverError", false],
  [520, "serverError", true],
  [599, "serverError", true],
];
const BODIES = [
  "",
  "<html><h1>Bad Gateway</h1></html>",
  '{"errorCode":102,"errorMessage":"no","requestId":7}',
  '{"errorCode":"102"}',
  "null",
];

/** Has `path` answered with `response`, and every other path as usual. */
function answerAt(path, response) {
  service.replace = (call, ask) => (call.path === path ? response() : ask());
}

for (const [step, reference] of [
  ["vaults", BY_NAME],
  ["keysets", BY_NAME],
  ["overviews", BY_NAME],
  ["item", BY_NAME],
  ["vault", BY_ID],
  ["keysets", BY_ID],
]) {
  test(`${step}, on the way to ${reference}`, async () => {
    // A client that has read a vault's key once does not ask for it again.
    const fresh = await service.authenticate(FORGETFUL);
    // No vault with this id is no error yet: see below.
    const statuses = STATUSES.filter(([status]) => step !== "vault" || status !== 404);
    for (const [status, code, retryable] of statuses) {
      for (const body of BODIES) {
        answerAt(PATHS[step], () => new Response(body, { status }));
        const error = await service.failure(fresh.resolve(reference), code);
        assert.equal(error.status, status);
        assert.equal(error.retryable, retryable, `${status}`);
        assert.equal(error.message.includes("service error 102"), body === BODIES[2]);
        service.replace = undefined;
        // It would send nothing for a while.
        if (status === 429) fresh.clearPause();
      }
    }
    service.replace = undefined;
    assert.equal(await fresh.resolve(reference), SECRET);
  });
}

for (const [status, code, retryable] of [...STATUSES, [401, "authenticationFailed", false]]) {
  test(`sign-in: ${status}`, async () => {
    answerAt(PATHS.start, () => new Response("", { status }));
    const error = await service.failure(service.authenticate(), code);
    assert.deepEqual([error.status, error.retryable], [status, retryable]);
    assert.deepEqual(service.paths, [PATHS.start]);
  });
}

test("sign-in: later steps", async () => {
  for (const [index, path] of SIGN_IN.entries()) {
    for (const [status, code] of [
      [401, "authenticationFailed"],
      [403, "permissionDenied"],
      [500, "serverError"],
    ]) {
      service.calls = [];
      answerAt(path, () => new Response("<html>", { status }));
      const error = await service.failure(service.authenticate(), code);
      assert.equal(error.status, status);
      assert.deepEqual(service.paths, SIGN_IN.slice(0, index + 1));
    }
  }
});

test("a vault that is not there by its id is looked for by its name", async () => {
  const fresh = await service.authenticate(FORGETFUL);
  answerAt(PATHS.vault, () => new Response("", { status: 404 }));
  await service.failure(fresh.resolve(BY_ID), "vaultNotFound");
  assert.deepEqual(service.paths.slice(-3), [PATHS.vault, PATHS.vaults, PATHS.keysets]);
});

test("an item that is not there by its id is looked for by its title", async () => {
  answerAt(PATHS.item, () => new Response("", { status: 404 }));
  await service.failure(client.resolve(BY_ID), "itemNotFound");
  assert.deepEqual(service.paths.slice(-2), [PATHS.item, PATHS.overviews]);
});

test("redirects are not followed", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = { location: "http://127.0.0.1/elsewhere" };
    answerAt(PATHS.vaults, () => new Response("", { status, headers }));
    service.calls = [];
    const error = await service.failure(client.resolve(BY_NAME), "protocol");
    assert.match(error.message, /redirect/);
    assert.deepEqual(service.paths.slice(0, 1), [PATHS.vaults]);
  }
  answerAt(PATHS.vaults, () => Response.error());
  await service.failure(client.resolve(BY_NAME), "protocol");
});

test("answers without content", async () => {
  for (const status of [204, 205, 304]) {
    answerAt(PATHS.vaults, () => new Response(null, { status }));
    await service.failure(client.resolve(BY_NAME), "protocol");
    answerAt(PATHS.start, () => new Response(null, { status }));
    await service.failure(service.authenticate(), "protocol");
  }
});

for (const [header, expected] of [
  ["7", 7000],
  [" 0 ", 0],
  ["86400", 86_400_000],
  ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
  ["Wed, 21 Oct 2015 07:28:00", 0],
  ["2015", 2_015_000],
  ["-1", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["1000000000", 86_400_000],
  ["9".repeat(30), 86_400_000],
  [undefined, undefined],
]) {
  test(`Retry-After: ${header}`, async () => {
    const headers = header === undefined ? {} : { "retry-after": header };
    for (const status of [503, 429]) {
      const here = await service.authenticate(FORGETFUL);
      answerAt(PATHS.vaults, () => new Response("", { status, headers }));
      const code = status === 429 ? "rateLimited" : "serverError";
      const error = await service.failure(here.resolve(BY_NAME), code);
      // A service that does not say when is left alone for half a minute, and no less than a second.
      const ms = status === 429 ? Math.max(expected ?? 30_000, 1_000) : expected;
      assert.equal(error.retryAfterMs, ms, `${status}`);
      assert.equal(JSON.parse(JSON.stringify(error)).retryAfterMs, ms);
      service.replace = undefined;
      here.clearPause();
    }
  });
}

test("a date is read by the clock of who sent it", async () => {
  const date = (ms) => new Date(ms).toUTCString();
  const ago = Date.now() - 3_600_000;
  const headers = { "retry-after": date(ago + 7_000), date: date(ago) };
  const client = await service.authenticate(FORGETFUL);
  answerAt(PATHS.vaults, () => new Response("", { status: 429, headers }));
  const error = await service.failure(client.resolve(BY_NAME), "rateLimited");
  assert.equal(error.retryAfterMs, 7_000);
  service.replace = undefined;
  client.clearPause();
});
