// Objects that end, in the middle of a call too, and those that cannot be reached.
import { setTimeout as sleep } from "node:timers/promises";
import { equal, match, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const REFERENCE = "op://app/database/password";
const signIns = ({ emulator }) =>
  emulator.requests.filter(({ path }) => path.includes("/auth")).length;

export async function eviction(kit) {
  const service = await startService(kit);
  const { emulator, token } = service;
  const { ask, restart } = await startWorkers(kit, service, {
    persist: true,
    services: { APP: { props: { allow: ["op://app/**"] } } },
  });
  const one = async (call, more) => (await ask({ calls: [call], ...more }))[0];
  const member = async (name) => (await ask({ rawCalls: [{ member: name }] }))[0];
  return await runTests({
    "an evicted object does not sign in, and makes one request": async () => {
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
      equal(signIns(service), 4);
      emulator.clearRequests();
      await restart();
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
      equal(signIns(service), 0);
      equal(emulator.requests.length, 1);
    },
    "nor does one that ended for an error": async () => {
      await member("evict");
      emulator.clearRequests();
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
      equal(signIns(service), 0);
      equal(emulator.requests.length, 1);
    },
    "no name, id, key or secret is in its storage": async () => {
      const { value } = await member("dump");
      match(value, /onepassword-edge-[\w-]{22}/);
      ok(value.length > 500, value.length);
      const ids = emulator.requests.flatMap(({ path }) => path.match(/[a-z0-9]{26}/g) ?? []);
      ok(ids.length > 1);
      const { deviceUuid, email, muk, srpX, secretKey } = JSON.parse(
        Buffer.from(token.slice("ops_".length), "base64url"),
      );
      const words = [
        "app",
        "database",
        "password",
        "correct-horse",
        "op://",
        "ops_",
        token,
        ...ids,
      ];
      const ofToken = [deviceUuid, email, muk.k, srpX, secretKey];
      for (const word of [...words, ...ofToken]) {
        const at = value.replaceAll("onepassword-edge-", "").indexOf(word);
        equal(word.length > 4 && at >= 0, false, word);
      }
    },
    "evicted in the middle of a call: it is asked once more": async () => {
      let isFirst = true;
      service.fault = ({ path }) => {
        if (!path.includes("/item/") || !isFirst) return undefined;
        isFirst = false;
        return { kind: "hang" };
      };
      const asked = one(resolve("op://app/item 1/password"));
      while (isFirst) await sleep(10);
      await member("evict");
      equal((await asked).value, "pw 1");
    },
    "the same for many callers at once": async () => {
      let hangs = 0;
      service.fault = ({ path }) => {
        if (!path.includes("/item/") || hangs > 0) return undefined;
        hangs += 1;
        return { kind: "hang" };
      };
      const asked = Array.from({ length: 20 }, () => one(resolve("op://app/item 2/password")));
      while (hangs === 0) await sleep(10);
      await sleep(100);
      await member("evict");
      for (const { value } of await Promise.all(asked)) equal(value, "pw 2");
    },
    "the same through a service binding": async () => {
      let isFirst = true;
      service.fault = ({ path }) => {
        if (!path.includes("/item/") || !isFirst) return undefined;
        isFirst = false;
        return { kind: "hang" };
      };
      const asked = one(resolve("op://app/item 4/password"), { binding: "APP" });
      while (isFirst) await sleep(10);
      await member("evict");
      equal((await asked).value, "pw 4");
    },
    "evicted in the middle of a call that has no time left": async () => {
      service.fault = ({ path }) => (path.includes("/item/") ? { kind: "hang" } : undefined);
      const asked = one(resolve("op://app/item 3/password", { timeoutMs: 600 }));
      await sleep(300);
      await member("evict");
      const { error, ms } = await asked;
      ok(["timeout", "network"].includes(error?.code), JSON.stringify(error));
      ok(ms < 2_000, ms);
      service.fault = undefined;
    },
    "one that always fails: one documented error": async () => {
      const { error, ms } = await one(resolve(REFERENCE), { binding: "FAILING" });
      equal(error?.code, "network");
      equal(error.retryable, true);
      equal(error.isInstance, true);
      match(error.message, /could not be reached/);
      ok(!JSON.stringify(error).includes("ops_secret"));
      ok(ms < 2_000, ms);
      const all = await one({ method: "resolveAll", args: [[REFERENCE]] }, { binding: "FAILING" });
      equal(all.value.individualResponses[REFERENCE].error.type, "network");
    },
    "a binding to something else": async () => {
      const { error } = await one(resolve(REFERENCE), { options: { name: 5 } });
      equal(error?.code, "argumentInvalid");
      const none = await one(resolve(REFERENCE), { binding: "NOTHING" });
      equal(none.error?.code, "argumentInvalid");
    },
  });
}
