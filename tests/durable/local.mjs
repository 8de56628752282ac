// What an isolate keeps for itself.
import { setTimeout as sleep } from "node:timers/promises";
import { equal, match, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const REFERENCE = "op://app/database/password";
const LOCAL_TTL_MS = 1_500;

export async function local(kit) {
  const service = await startService(kit);
  const { emulator } = service;
  // The object remembers nothing, so that each call over RPC can be seen.
  const options = { cache: { secretTtlMs: 0 } };
  const services = { ALL: { props: { allow: ["op://**"] } } };
  const { ask } = await startWorkers(kit, service, { options, callers: 2, services });
  const kept = { localTtlMs: LOCAL_TTL_MS };
  const one = async (call, { caller = 0, ...more } = {}) =>
    (await ask({ calls: [call], options: kept, ...more }, caller))[0];
  const requests = async (work) => {
    emulator.clearRequests();
    await work();
    return emulator.requests.length;
  };
  return await runTests({
    "within its time no call, in requests of the same isolate": async () => {
      await one(resolve(REFERENCE));
      equal(await requests(() => one(resolve(REFERENCE))), 0);
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
    },
    "another isolate, a client without it, another name and another binding ask": async () => {
      ok((await requests(() => one(resolve(REFERENCE), { caller: 1 }))) > 0);
      ok((await requests(() => one(resolve(REFERENCE), { options: {} }))) > 0);
      ok((await requests(() => one(resolve(REFERENCE), { options: { ...kept, name: "x" } }))) > 0);
      ok((await requests(() => one(resolve(REFERENCE), { binding: "ALL" }))) > 0);
      equal(await requests(() => one(resolve(REFERENCE), { binding: "ALL" })), 0);
    },
    "a batch": async () => {
      const all = { method: "resolveAll", args: [[REFERENCE, "op://app/item 1/password"]] };
      await one(all);
      equal(await requests(() => one(all)), 0);
      const { value } = await one(all);
      equal(value.individualResponses[REFERENCE].content.secret, "correct-horse");
    },
    "fresh asks, and what it gets is kept": async () => {
      await emulator.account.setItem("app", "database", { password: "rotated" });
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
      equal((await one(resolve(REFERENCE, { fresh: true }))).value, "rotated");
      equal(await requests(() => one(resolve(REFERENCE))), 0);
      equal((await one(resolve(REFERENCE))).value, "rotated");
    },
    "it ends": async () => {
      await sleep(LOCAL_TTL_MS + 50);
      ok((await requests(() => one(resolve(REFERENCE)))) > 0);
    },
    "one-time passwords, bytes, errors and what is long are not kept": async () => {
      for (const attribute of ["otp", "totp"]) {
        const call = resolve(`op://app/login/code?attribute=${attribute}`);
        match((await one(call)).value, /^\d{6}$/);
        ok((await requests(() => one(call))) > 0);
      }
      const bytes = { method: "resolveBytes", args: [REFERENCE] };
      await one(bytes);
      ok((await requests(() => one(bytes))) > 0);
      const wrong = resolve("op://app/database/no such field");
      equal((await one(wrong)).error?.code, "fieldNotFound");
      equal((await one(wrong)).error?.code, "fieldNotFound");
      await emulator.account.setItem("app", "item 2", { password: "x".repeat(20_000) });
      const long = resolve("op://app/item 2/password");
      await one(long);
      ok((await requests(() => one(long))) > 0);
    },
    "what has ended is dropped when anything is asked": async () => {
      const { LocalCache } = await import("../../dist/durable/local_cache.js");
      const { durableClient } = await import("../../dist/durable_client.js");
      const read = async () => ({ results: [{ value: "x" }] });
      const binding = { idFromName: (name) => name, get: () => ({ read }) };
      // One that keeps it for longer would still have it.
      const cache = new LocalCache(binding, 60_000);
      new LocalCache(binding, 20).put("ended", { value: "x" }, Date.now());
      cache.put("kept", { value: "x" }, Date.now());
      await sleep(30);
      const values = [];
      const { delete: drop } = Map.prototype;
      Map.prototype.delete = function (key) {
        if (drop.call(this, key)) values.push(key);
        return true;
      };
      try {
        await durableClient(binding).resolve(REFERENCE, { fresh: true });
      } finally {
        Map.prototype.delete = drop;
      }
      ok(values.includes("ended"));
      equal(values.includes("kept"), false);
    },
    "500 at most": async () => {
      const { LocalCache } = await import("../../dist/durable/local_cache.js");
      const cache = new LocalCache({}, 60_000);
      for (let n = 0; n < 600; n += 1) cache.put(`${n}`, { value: "x" }, Date.now());
      equal(cache.get("99"), undefined);
      equal(cache.get("100")?.value, "x");
      equal(cache.get("599")?.value, "x");
      cache.put("599", { value: "older" }, Date.now() - 1_000);
      equal(cache.get("599")?.value, "x");
      // What has ended makes room first.
      cache.put("ended", { value: "x" }, Date.now() - 120_000);
      cache.put("new", { value: "x" }, Date.now());
      equal(cache.get("102")?.value, "x");
    },
  });
}
