// The object reads again what is in use, before its time is over.
import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const REFERENCE = "op://app/database/password";
const SECRET_TTL_MS = 3_000;
const PERIOD_MS = 2_400;
const ITEM = /\/item\/\w{26}$/;

export async function refresh(kit) {
  const service = await startService(kit);
  const { emulator } = service;
  const cache = { secretTtlMs: SECRET_TTL_MS, staleIfErrorMs: 60_000 };
  const options = { cache, retry: { retries: 0 } };
  const { ask } = await startWorkers(kit, service, { options });
  const one = async (reference, more) => (await ask({ calls: [resolve(reference)], ...more }))[0];
  const reads = () => emulator.requests.filter(({ path }) => ITEM.test(path)).length;
  const lists = () => emulator.requests.filter(({ path }) => path.endsWith("/vaults")).length;
  /** Asks every so often. */
  const askFor = async (ms, check) => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(50))
      check(await one(REFERENCE));
  };
  return await runTests({
    "a rotated secret is there without anybody having waited": async () => {
      await one(REFERENCE);
      service.fault = () => ({ kind: "delay", ms: 50 });
      await emulator.account.setItem("app", "database", { password: "rotated" });
      emulator.clearRequests();
      const seen = new Set();
      await askFor(2 * PERIOD_MS + 600, ({ value }) => seen.add(value));
      equal([...seen].join(), "correct-horse,rotated");
      equal(reads(), 2);
      // No list is read again by a refresh: it trusts names.
      equal(lists(), 0);
      service.fault = undefined;
    },
    "what nobody asks for is not read": async () => {
      await sleep(2 * PERIOD_MS);
      emulator.clearRequests();
      await sleep(1.5 * PERIOD_MS);
      equal(emulator.requests.length, 0);
      const [{ value }] = await ask({ rawCalls: [{ member: "alarmAt" }] });
      equal(value, null);
    },
    "an outage: the old value, no more often than the period": async () => {
      await one(REFERENCE);
      service.fault = () => ({ kind: "status", status: 503 });
      emulator.clearRequests();
      await askFor(2.5 * SECRET_TTL_MS, ({ value }) => equal(value, "rotated"));
      ok(emulator.requests.length > 0);
      ok(emulator.requests.length <= 16, `${emulator.requests.length} requests`);
      service.fault = undefined;
    },
    "after it the new one": async () => {
      await emulator.account.setItem("app", "database", { password: "again" });
      let last;
      await askFor(2 * SECRET_TTL_MS, ({ value }) => {
        last = value;
      });
      equal(last, "again");
    },
    "one-time passwords and what does not exist are not refreshed": async () => {
      await sleep(2 * PERIOD_MS);
      await one("op://app/login/code?attribute=otp");
      await one("op://app/nothing/password");
      emulator.clearRequests();
      await sleep(1.5 * PERIOD_MS);
      equal(emulator.requests.length, 0);
    },
  });
}
