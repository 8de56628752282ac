// What a program lends a client, and what it may see of it.
import { answering, equal, status } from "./checks.mjs";
import { isTrue, never, same, sleep, TEXT, watched } from "./kit.mjs";

const ID = /[a-z0-9]{26}/i;
const SECRET_MS = 60_000;
const RELAY = "https://relay.example/op";
const SIGNING_IN = ["auth/start", "auth", "auth/confirm-key", "auth/complete"];
const RESOLVING = ["vaults", "account/keysets", "vault/:id/items/overviews", "vault/:id/item/:id"];

const isPlain = (object) => Object.getPrototypeOf(object) === Object.prototype;
/** Without a prototype, which others may have changed. */
const isBare = (object) => Object.getPrototypeOf(object) === null;
const shortPath = ({ path }) => path.replace(/^\/api\/v\d\//, "");

/** A store in memory, and what was asked of it. */
function memory() {
  const records = new Map();
  const asked = [];
  const store = {
    async get(key) {
      asked.push("get");
      return records.get(key);
    },
    set(key, value, seconds) {
      asked.push(`set for ${typeof seconds}`);
      records.set(key, value);
    },
  };
  return { records, asked, store };
}

async function checkEvents(check, { signIn }) {
  await check("events in the order of what happens, without ids and names", async () => {
    const events = [];
    const client = await signIn({ onEvent: (event) => events.push(event) });
    const { id, vaultId } = await client.items.get("app", "kinds");
    await client.resolve("op://app/kinds/all/read.me");
    await sleep(0);
    const requests = events.filter(({ type }) => type === "request");
    same(requests.slice(0, 4).map(shortPath), SIGNING_IN, "signing in");
    equal(events[4].type, "signIn", "the event after it");
    // The first two are sent at the same time.
    const [one, other, ...rest] = requests.slice(4, 8).map(shortPath);
    same([...[one, other].sort().reverse(), ...rest], RESOLVING, "reading an item");
    isTrue(
      requests.some(({ path }) => path === "/api/v3/file/:id"),
      "a file",
    );
    for (const { method, path, status: code, ms, retry, bytes } of requests) {
      isTrue(/^(GET|POST|PUT)$/.test(method) && path.startsWith("/api/"), `${method} ${path}`);
      same([code, retry, ms >= 0, bytes > 0], [200, 0, true, true], path);
    }
    const shown = JSON.stringify(events);
    for (const text of [id, vaultId, "kinds", "127.0.0.1", "grüße"]) {
      isTrue(!shown.includes(text), text);
    }
    isTrue(!ID.test(shown), "an id");
    isTrue(events.every(isPlain), "plain objects");
    equal(requests.length, client.stats().requests, "as many as stats counts");
  });
  await check("a listener sees ids if it is to, may use the client, may throw", async () => {
    const seen = [];
    let client;
    const onEvent = (event) => {
      seen.push(event);
      client?.clearCache();
      client?.stats();
      throw new Error("of a listener");
    };
    client = await signIn({ onEvent, idsInEvents: true });
    const { id } = await client.items.get("app", "kinds");
    await sleep(0);
    isTrue(
      seen.some(({ path }) => path?.endsWith(`/item/${id}`)),
      "an id",
    );
  });
  await check("stats counts, and gives a copy", async () => {
    let isBroken = true;
    const breaking = () => {
      if (!isBroken) return undefined;
      isBroken = false;
      return status(503)();
    };
    const retry = { retries: 1, minMs: 0, maxMs: 0 };
    const fetch = async (url, init) =>
      (new URL(url).pathname.endsWith("/items/overviews") && breaking()) ||
      globalThis.fetch(url, init);
    const client = await signIn({ fetch, retry });
    equal(await client.resolve(TEXT), "grüße", "value");
    const stats = client.stats();
    isTrue(isPlain(stats) && stats.bytes > 1000, "bytes");
    const { requests, retries, failures, signIns, resumes, throttles } = stats;
    same([requests, retries, failures, signIns, resumes, throttles], [9, 1, 1, 1, 0, 0], "counts");
    stats.requests = 0;
    equal(client.stats().requests, 9, "requests");
  });
}

async function checkMemory(check, { signIn, create, isQuiet }) {
  await check("what is remembered, forgotten by clearCache, and passed over by fresh", async () => {
    const client = await signIn({ cache: { secretTtlMs: SECRET_MS } });
    const costs = async (work) => {
      const before = client.stats();
      await work();
      const after = client.stats();
      return ["requests", "cacheHits", "cacheMisses"].map((name) => after[name] - before[name]);
    };
    const resolve = (options) => () => client.resolve(TEXT, options);
    same(await costs(resolve()), [4, 0, 2], "at first");
    same(await costs(resolve()), [0, 1, 0], "remembered");
    isTrue((await costs(resolve({ fresh: true })))[0] > 0, "fresh");
    client.clearCache();
    const [requests, hits] = await costs(resolve());
    isTrue(requests >= 2 && hits === 0, `forgotten: ${requests} requests, ${hits} hits`);
  });
  await check("a session is stored, sealed, and taken up by a second client", async () => {
    const { records, asked, store } = memory();
    const first = await signIn({ store });
    equal(await first.resolve(TEXT), "grüße", "value");
    same(asked, ["get", "set for number"], "what was asked");
    equal(records.size, 1, "records");
    for (const text of [...records].flat())
      isTrue(isQuiet(text) && !text.includes("ops_"), "quiet");
    const second = create({ store });
    equal(await second.resolve(TEXT), "grüße", "value");
    const { signIns, resumes } = second.stats();
    same([signIns, resumes], [0, 1], "sign-ins and resumes");
  });
  await check("a store that fails is as good as none", async () => {
    const thrown = () => {
      throw new Error("of a store");
    };
    const rejected = () => Promise.reject(new Error("of a store"));
    const others = { get: () => 7, set: rejected };
    for (const store of [{ get: thrown, set: thrown }, others]) {
      const client = await signIn({ store });
      equal(await client.resolve(TEXT), "grüße", "value");
      equal(client.stats().signIns, 1, "sign-ins");
    }
    const slow = create({ store: { get: never, set: never } });
    equal(await slow.resolve(TEXT), "grüße", "value");
  });
}

async function checkFetch(check, { signIn, fails, isQuiet }) {
  await check("a fetch is called with an address and an object without a prototype", async () => {
    const { calls, fetch } = watched();
    const client = await signIn({ fetch });
    equal(await client.resolve(TEXT), "grüße", "value");
    equal(calls.length, 8, "calls");
    for (const args of calls) {
      const [url, init] = args;
      same([args.length, typeof url, isBare(init)], [2, "string", true], "arguments");
      isTrue(url.startsWith("http://127.0.0.1:") && isQuiet(url), url);
      const { method, headers, body, redirect, signal } = init;
      isTrue(
        isPlain(headers) && Object.values(headers).every((it) => typeof it === "string"),
        "headers",
      );
      isTrue(Object.keys(headers).length > 2, "no headers");
      same([redirect, signal instanceof AbortSignal], ["manual", true], "init");
      equal(typeof body, method === "GET" ? "undefined" : "string", `body of ${method}`);
      isTrue(isQuiet(`${body} ${JSON.stringify(headers)}`), "the token is sent");
    }
  });
  await check(
    "a fetch may answer with any Response, or with what only looks like one",
    async () => {
      const alike = async (url, init) => {
        const response = await fetch(url, init);
        const headers = { get: (name) => response.headers.get(name) };
        return { status: response.status, headers, arrayBuffer: () => response.arrayBuffer() };
      };
      const client = await signIn({ fetch: alike });
      equal(await client.resolve(TEXT), "grüße", "value");
      for (const answer of [undefined, null, 7, {}, [], new Response(null, { status: 204 })]) {
        const retry = { retries: 0 };
        const unlucky = await signIn({ retry, fetch: answering("/vaults", () => answer) });
        await fails(answer instanceof Response ? "protocol" : "network", unlucky.resolve(TEXT));
      }
    },
  );
  await check(
    "a relay, as a function: given a URL, gets the request and the account's host",
    async () => {
      const given = [];
      const relay = (url) => {
        given.push(url instanceof URL ? url.href : `no URL: ${url}`);
        return new URL(`${RELAY}${url.pathname}${url.search}`);
      };
      const { calls, fetch: send } = watched((url, init) => {
        const { "OP-Relay-Host": host, ...headers } = init.headers;
        return fetch(url.replace(RELAY, `http://${host}`), { ...init, headers });
      });
      const client = await signIn({ relay, fetch: send });
      equal(await client.resolve(TEXT), "grüße", "value");
      const hosts = calls.map(([, { headers }]) => headers["OP-Relay-Host"]);
      const asked = calls.map(([url], n) => url.replace(RELAY, `http://${hosts[n]}`));
      same(asked, given, "addresses");
      equal(calls.length, 8, "requests");
      isTrue(
        calls.every(([url]) => url.startsWith(RELAY)),
        "requests past the relay",
      );
      const broken = [
        () => 7,
        () => "http://relay.example/",
        () => Promise.resolve(RELAY),
        () => JSON.parse("{"),
      ];
      for (const relay of broken) await fails("network", signIn({ relay, retry: { retries: 0 } }));
    },
  );
}

export async function checkWatching(check, kit) {
  await checkEvents(check, kit);
  await checkMemory(check, kit);
  await checkFetch(check, kit);
}
