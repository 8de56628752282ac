// The ways in which a fleet can get at its secrets: for each isolate something that reads several.
import { byName, passwordOf } from "../account.mjs";
import { newClientClass } from "./module.mjs";
import { ImmediateStore, KvModel } from "./stores.mjs";
import { clock } from "./world.mjs";

const MINUTE_MS = 60_000;
/** How long secrets are shared: several times what KV's writes take. */
const TTL_MS = 15 * MINUTE_MS;
/** How long a Durable Object remembers secrets. */
const OBJECT_TTL_MS = 5 * MINUTE_MS;
const OBJECT_CACHE = { secretTtlMs: OBJECT_TTL_MS, metadataTtlMs: 15 * MINUTE_MS };
/** An object that nobody asks is evicted. */
const EVICTED_AFTER_MS = 70_000;

/** Nothing in the simulation takes its time, so no time limit is ever reached. */
const timers = { setTimeout: () => 0, clearTimeout: () => {} };

function newClient({ token, fetch }, config) {
  return newClientClass().create({
    auth: token,
    fetch,
    integrationName: "fleet",
    integrationVersion: "1",
    allowedHosts: ["127.0.0.1"],
    retry: { retries: 0 },
    timers,
    ...config,
  });
}

/** Whether all secrets came. A wrong one would make it a measure of something else. */
async function readAll(client, wanted) {
  const references = wanted.map(byName);
  const { individualResponses } = await client.resolveAll(references);
  const outcomes = references.map((reference) => individualResponses[reference]);
  const isServed = outcomes.every(({ content }) => content !== undefined);
  if (!isServed) return false;
  for (const [index, { content }] of outcomes.entries()) {
    if (content.secret !== passwordOf(wanted[index])) throw new Error("a wrong secret");
  }
  return true;
}

/** A client in each isolate. */
const eachItsOwn =
  (config = () => ({})) =>
  (service) => {
    const of = config();
    return {
      open({ place }) {
        const client = newClient(service, of(place));
        return { read: (wanted) => readAll(client, wanted), close: () => client.close() };
      },
    };
  };

/**
 * One client for all, in an object that goes when nobody asks it, but for what it has stored. Its alarm
 * reads anew what was asked for since the last one.
 */
function oneForAll(service, events) {
  const store = new ImmediateStore().seenFrom();
  const asked = new Set();
  let client;
  let askedMs = 0;
  let hasAlarm = false;
  const opened = () => {
    if (client !== undefined && clock.nowMs - askedMs > EVICTED_AFTER_MS) {
      client.close();
      client = undefined;
      asked.clear();
    }
    client ??= newClient(service, { store, cache: OBJECT_CACHE });
    return client;
  };
  const alarm = async () => {
    hasAlarm = false;
    const of = opened();
    if (asked.size === 0) return;
    const references = [...asked].map(byName);
    asked.clear();
    await of.resolveAll(references, { fresh: "secrets" });
    setAlarm();
  };
  const setAlarm = () => {
    if (!hasAlarm) events.at(clock.nowMs + 0.8 * OBJECT_TTL_MS, alarm);
    hasAlarm = true;
  };
  return {
    open: () => ({
      read(wanted) {
        const of = opened();
        askedMs = clock.nowMs;
        for (const n of wanted) asked.add(n);
        setAlarm();
        return readAll(of, wanted);
      },
      close() {},
    }),
  };
}

/** What the vendor's client asks for: four requests to sign in, keys once, and for each batch three. */
export function vendorPattern(service) {
  return {
    open() {
      let isSignedIn = false;
      return {
        async read() {
          if (!isSignedIn) {
            service.countSignIn();
            isSignedIn = true;
            this.hasKeys = false;
          }
          const requests = this.hasKeys ? 3 : 4;
          for (let sent = 0; sent < requests; sent += 1) {
            if (!service.takeRead()) return false;
          }
          this.hasKeys = true;
          return true;
        },
        close() {},
      };
    },
  };
}

export const WAYS = {
  vendor: vendorPattern,
  "no store": eachItsOwn(() => () => ({})),
  KV: eachItsOwn(() => {
    const kv = new KvModel();
    return (place) => ({ store: kv.seenFrom(place) });
  }),
  "KV, secrets": eachItsOwn(() => {
    const kv = new KvModel();
    const share = { secrets: { ttlMs: TTL_MS } };
    return (place) => ({
      store: kv.seenFrom(place),
      share,
      cache: { metadataTtlMs: TTL_MS },
    });
  }),
  "Redis, secrets": eachItsOwn(() => {
    const redis = new ImmediateStore();
    const share = { secrets: { ttlMs: TTL_MS } };
    return (place) => ({ store: redis.seenFrom(place), share });
  }),
  "Durable Object": oneForAll,
};
