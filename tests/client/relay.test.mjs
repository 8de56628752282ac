// The relay: what it forwards, what it refuses, and a client behind it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { createRelay, toNodeListener } from "../../dist/relay.js";
import { BY_NAME, ITEM_ID, SECRET, Service, VAULT_ID } from "./support.mjs";

const ORIGIN = "https://tool.example";
const HOST = "team.1password.com";
const service = await Service.start({ address: HOST });

/** A relay to the emulator, and what arrived there. */
function relayTo(answer = (url, init) => service.emulator.fetch(url, init), more = {}) {
  const seen = [];
  const fetch = (url, init) => {
    seen.push({ url, init });
    return answer(url, init);
  };
  return { seen, relay: createRelay({ allowedOrigins: [ORIGIN], fetch, ...more }) };
}

const ask = (relay, path, { method = "GET", host = HOST, origin = ORIGIN, ...more } = {}) =>
  relay(
    new Request(`https://relay.example/below/it${path}`, {
      method,
      ...more,
      headers: {
        ...(host && { "OP-Relay-Host": host }),
        ...(origin && { Origin: origin }),
        ...more.headers,
      },
    }),
  );

test("a client resolves through it, and MACs are for the account's host", async () => {
  const { seen, relay } = relayTo();
  const fetch = (url, init) => {
    assert.ok(url.startsWith("https://relay.example/op/api/"), url);
    return relay(new Request(url, { ...init, headers: { ...init.headers, Origin: ORIGIN } }));
  };
  for (const address of [
    "https://relay.example/op",
    (url) => `https://relay.example/op${url.pathname}${url.search}`,
  ]) {
    const client = await service.authenticate({ fetch, relay: address });
    assert.equal(await client.resolve(BY_NAME), SECRET);
    client.close();
  }
  assert.ok(seen.every(({ url }) => url.startsWith(`https://${HOST}/api/`)));
});

test("what is no relay's address is refused", async () => {
  for (const relay of [
    "relay.example",
    "ftp://relay.example",
    "https://",
    "https://r.example/?x",
    "https://user:word@relay.example",
    "http://relay.example",
    7,
    null,
  ]) {
    await service.failure(service.authenticate({ relay }), "argumentInvalid");
  }
});

const ALLOWED = [
  ["POST", "/api/v3/auth/start"],
  ["POST", "/api/v2/auth/confirm-key"],
  ["GET", "/api/v1/vaults?attrs=combined-access"],
  ["GET", `/api/v3/vault/${VAULT_ID}?attrs=accessors,combined-access`],
  ["GET", `/api/v1/vault/${VAULT_ID}/item/${ITEM_ID}`],
  ["POST", `/api/v3/vault/${VAULT_ID}/items/batch`],
  ["GET", `/api/v3/file/${ITEM_ID}`],
  ["GET", `/api/v2/group/${ITEM_ID}?attrs=vault-access`],
  ["GET", `/api/v1/group/pubkeys?uuids=${ITEM_ID},${VAULT_ID}`],
  ["GET", `/api/v4/itemshare/preflight/${VAULT_ID}/${ITEM_ID}`],
  ["POST", "/api/v4/itemshare/validate-recipients"],
  ["POST", "/api/v4/itemshare"],
  ["PATCH", `/api/v2/vault/${VAULT_ID}/vaultaccess`],
  ["PATCH", "/api/v2/acl/groups"],
  ["DELETE", `/api/v1/vault/${VAULT_ID}/group/${ITEM_ID}`],
];
const REFUSED = [
  ["GET", "/api/v3/auth/start"],
  ["DELETE", "/api/v1/vaults"],
  ["PATCH", `/api/v3/vault/${VAULT_ID}/1/items`],
  ["GET", "/api/v1/vaults?attrs=else"],
  ["GET", "/api/v1/vaults?attrs=accessors"],
  ["GET", "/api/v1/users"],
  ["GET", `/api/v1/vault/${VAULT_ID}/item/../../../users`],
  ["GET", `/api/v1/vault/${VAULT_ID}%2f${ITEM_ID}/items/overviews`],
  ["DELETE", `/api/v4/vault/${VAULT_ID}`],
  ["GET", `/api/v1/group/pubkeys?uuids=${ITEM_ID},x`],
  ["GET", "/signin"],
  ["GET", ""],
];

test("only what clients ask is forwarded", async () => {
  const { seen, relay } = relayTo(async () => new Response("{}"));
  for (const [method, path] of ALLOWED) {
    const body = method === "POST" || method === "PATCH" ? "{}" : undefined;
    assert.equal((await ask(relay, path, { method, body })).status, 200, path);
    assert.equal(seen.pop().url, `https://${HOST}${path}`);
  }
  for (const [method, path] of REFUSED) {
    assert.equal((await ask(relay, path, { method })).status, 403, `${method} ${path}`);
  }
  assert.deepEqual(seen, []);
});

test("only to 1Password, and only for the pages that may", async () => {
  const { seen, relay } = relayTo(async () => new Response("{}"));
  const vaults = "/api/v1/vaults?attrs=combined-access";
  for (const host of [
    undefined,
    "1password.com.evil.example",
    "evil1password.com",
    "evil.example",
    "127.0.0.1",
    "user@team.1password.com",
    "evil.example/.1password.com",
    "evil.example#.1password.com",
    "evil.example:443\\.1password.com",
  ]) {
    assert.equal((await ask(relay, vaults, { host: host ?? "" })).status, 403, host);
  }
  for (const origin of ["", "https://other.example", "null", `${ORIGIN}.evil.example`]) {
    assert.equal((await ask(relay, vaults, { origin })).status, 403, origin);
  }
  assert.deepEqual(seen, []);
  for (const host of ["TEAM.1password.eu", "a.b.1password.ca"]) {
    assert.equal((await ask(relay, vaults, { host })).status, 200, host);
  }
});

test("headers of the page stay behind, and so do those of the service", async () => {
  const { seen, relay } = relayTo(
    async () =>
      new Response("{}", {
        status: 429,
        headers: { "Retry-After": "7", "Set-Cookie": "a=b", Location: "/x" },
      }),
  );
  const headers = {
    Cookie: "session=1",
    Referer: ORIGIN,
    "X-AgileBits-MAC": "v1|1|x",
    Authorization: "x",
  };
  const answer = await ask(relay, "/api/v2/account/keysets", { headers });
  assert.deepEqual(Object.fromEntries(seen[0].init.headers), { "x-agilebits-mac": "v1|1|x" });
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get("retry-after"), "7");
  assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN);
  for (const name of ["set-cookie", "location"]) assert.equal(answer.headers.get(name), null);
});

test("a page of the relay's own origin names none where it only reads", async () => {
  const { relay } = relayTo(async () => new Response("{}"));
  const own = (site) => ({ origin: "", headers: { "Sec-Fetch-Site": site } });
  const keysets = "/api/v2/account/keysets";
  assert.equal((await ask(relay, keysets, own("same-origin"))).status, 200);
  for (const site of ["same-site", "cross-site", "none"]) {
    assert.equal((await ask(relay, keysets, own(site))).status, 403, site);
  }
});

test("below a path that looks like the service's", async () => {
  const { seen, relay } = relayTo(async () => new Response("{}"));
  const headers = { Origin: ORIGIN, "OP-Relay-Host": HOST };
  const url = "https://tool.example/api/relay/api/v2/account/keysets";
  assert.equal((await relay(new Request(url, { headers }))).status, 200);
  assert.equal(seen[0].url, `https://${HOST}/api/v2/account/keysets`);
});

test("options that would allow what they do not say are refused", () => {
  for (const options of [
    undefined,
    {},
    { allowedOrigins: ORIGIN },
    { allowedOrigins: [`${ORIGIN}/`] },
    { allowedOrigins: ["*"] },
    { allowedOrigins: [ORIGIN], allowedHosts: "*.1password.com" },
    { allowedOrigins: [ORIGIN], allowedHosts: ["https://team.1password.com"] },
    { allowedOrigins: [ORIGIN], allowedHosts: ["Team.1password.com"] },
  ]) {
    assert.throws(() => createRelay(options), { code: "argumentInvalid" }, JSON.stringify(options));
  }
});

test("what the relay refuses is not taken for 1Password's word", async () => {
  const { relay } = relayTo(undefined, { allowedHosts: ["*.1password.eu"] });
  const fetch = (url, init) =>
    relay(new Request(url, { ...init, headers: { ...init.headers, Origin: ORIGIN } }));
  const refused = service.authenticate({ fetch, relay: "https://relay.example" });
  const error = await service.failure(refused, "network");
  assert.match(error.cause.message, /the relay refuses: it does not forward to this host/);
});

test("a preflight is answered, and nothing is forwarded for it", async () => {
  const { seen, relay } = relayTo();
  const answer = await ask(relay, "/api/v1/vaults", { method: "OPTIONS", host: "" });
  assert.equal(answer.status, 204);
  assert.match(answer.headers.get("access-control-allow-headers"), /OP-Relay-Host/);
  assert.equal(
    (await ask(relay, "/api/v1/vaults", { method: "OPTIONS", origin: "https://x.example" })).status,
    403,
  );
  assert.deepEqual(seen, []);
});

test("redirects are not passed on, long bodies not taken, a lost service is said", async () => {
  const keysets = "/api/v2/account/keysets";
  const redirect = relayTo(async () => Response.redirect("https://evil.example/", 307));
  assert.equal((await ask(redirect.relay, keysets)).status, 502);
  assert.equal(redirect.seen[0].init.redirect, "manual");
  const lost = relayTo(() => Promise.reject(new TypeError("lost")));
  assert.equal((await ask(lost.relay, keysets)).status, 502);
  const long = { method: "POST", body: "x".repeat(1024 * 1024 + 1) };
  assert.equal((await ask(lost.relay, "/api/v2/auth", long)).status, 413);
});

test("in Node, a page that leaves ends what is read for it", async () => {
  let pieces = 0;
  let ended;
  const cancelled = new Promise((resolve) => {
    ended = resolve;
  });
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(++pieces)),
      cancel: ended,
    });
  const { relay } = relayTo(async () => new Response(endless()));
  const server = createServer(toNodeListener(relay)).listen(0, "127.0.0.1");
  after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const leaving = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/api/v2/account/keysets`, {
    headers: { Origin: ORIGIN, "OP-Relay-Host": HOST },
    signal: leaving.signal,
  });
  await answer.body.getReader().read();
  leaving.abort();
  await cancelled;
});

test("in Node, over HTTP, with a file in pieces", async () => {
  const bytes = new Uint8Array(3_000_000).fill(7);
  const { relay } = relayTo(async () => new Response(bytes));
  const server = createServer(toNodeListener(relay)).listen(0, "127.0.0.1");
  after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  const headers = { Origin: ORIGIN, "OP-Relay-Host": HOST };
  const answer = await fetch(`${address}/op/api/v3/file/${ITEM_ID}`, { headers });
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytes);
  const refused = await fetch(`${address}/api/v1/users`, { headers });
  assert.equal(refused.status, 403);
});
