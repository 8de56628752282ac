// One client for many isolates.
import { setTimeout as sleep } from "node:timers/promises";
import { deepEqual, equal, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const ISOLATES = 20;
const REQUESTS = 10;
/** So many secrets, of as many items. */
const SECRETS = 10;

const reference = (n) => `op://app/item ${n}/password`;
const ITEM = /\/item\/\w{26}$/;

export async function sharing(kit) {
  const service = await startService(kit, {
    // Slow, so that all requests are under way at the same time.
    faults: () => service.pause ?? { kind: "delay", ms: 20 },
  });
  const { ask } = await startWorkers(kit, service, {
    callers: ISOLATES,
    services: { OWN: { entrypoint: "Own" } },
  });
  const { emulator } = service;
  /** All isolates ask for all secrets, each in another order. */
  const askAll = async (more) => {
    const asked = Array.from({ length: ISOLATES * REQUESTS }, async (_, n) => {
      const caller = n % ISOLATES;
      const wanted = (Math.floor(n / ISOLATES) + caller) % SECRETS;
      const [{ value }] = await ask({ calls: [resolve(reference(wanted))], ...more }, caller);
      equal(value, `pw ${wanted}`);
    });
    await Promise.all(asked);
  };
  const paths = () => emulator.requests.map(({ path }) => path);
  const signIns = () => paths().filter((path) => path.includes("/auth")).length;
  return runTests({
    "200 requests over 20 isolates: 4 sign-in requests, one read per secret": async () => {
      await askAll({ binding: "DEFAULT" });
      equal(signIns(), 4);
      const items = paths().filter((path) => ITEM.test(path));
      equal(items.length, SECRETS);
      equal(new Set(items).size, SECRETS);
      // Besides, the vaults, the keysets and the names in the vault.
      equal(paths().length, 4 + 3 + SECRETS);
    },
    "200 more make no request": async () => {
      const before = paths().length;
      await askAll({ binding: "DEFAULT" });
      equal(paths().length, before);
    },
    "objects of other names have a client of their own, in the same isolate at the same time":
      async () => {
        emulator.clearRequests();
        const program = (name) => ({
          binding: "DEFAULT",
          options: { name },
          calls: [0, 1].map(read),
        });
        const read = (n) => resolve(reference(n));
        const both = await Promise.all([ask(program("one"), 0), ask(program("two"), 1)]);
        for (const outcomes of both) {
          deepEqual(
            outcomes.map(({ value }) => value),
            ["pw 0", "pw 1"],
          );
        }
        equal(signIns(), 8);
        emulator.clearRequests();
        await ask(program("one"), 2);
        equal(paths().length, 0);
        await ask(program("three"), 2);
        equal(signIns(), 4);
      },
    "clients of the Worker's own do not get in their way, nor they in theirs": async () => {
      const rawCalls = [{ member: "ask", args: [reference(4)] }];
      const asked = Array.from({ length: 12 }, (_, n) =>
        n % 2 === 0
          ? ask({ binding: "OWN", rawCalls }, n)
          : ask(
              { binding: "DEFAULT", options: { name: `${n}` }, calls: [resolve(reference(4))] },
              n,
            ),
      );
      for (const [outcome] of await Promise.all(asked))
        equal(outcome.value, "pw 4", outcome.thrown);
    },
    "a pause that the service asks for ends the calls of all objects at once": async () => {
      service.pause = { kind: "status", status: 429, headers: { "Retry-After": "2" } };
      const names = ["one", "two", "five", "six"];
      const call = resolve(reference(5), { timeoutMs: 5_000, fresh: true });
      const asked = names.map((name) =>
        ask({ binding: "DEFAULT", options: { name }, calls: [call] }),
      );
      for (const [{ error, ms }] of await Promise.all(asked)) {
        equal(error?.code, "rateLimited");
        ok(error.retryAfterMs <= 2_000 && ms < 2_000, `${error.retryAfterMs} ${ms}`);
      }
      service.pause = undefined;
      await sleep(2_100);
      const [{ value }] = await ask({
        binding: "DEFAULT",
        options: { name: "one" },
        calls: [call],
      });
      equal(value, "pw 5");
    },
    "a token in a Secrets Store": async () => {
      const [{ value }] = await ask({ binding: "STORED", calls: [resolve(reference(3))] });
      equal(value, "pw 3");
    },
    "no number is sent twice": () => equal(emulator.repeatedNumbers, 0),
  });
}
