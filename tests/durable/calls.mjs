// What a call may ask, and what ends it.
import { setTimeout as sleep } from "node:timers/promises";
import {
  deepEqual,
  equal,
  match,
  ok,
  resolve,
  runTests,
  startService,
  startWorkers,
} from "./kit.mjs";

const REFERENCE = "op://app/database/password";
const SLACK_MS = 1_500;
const MIB = 2 ** 20;

const fileOf = (name, mebibytes) => ({ name, content: new Uint8Array(mebibytes * MIB).fill(7) });

/** Files that are much for RPC, which takes 32 MiB in one answer. */
const LARGE = {
  vaults: [
    {
      name: "app",
      items: [
        {
          title: "large",
          files: [...[1, 2, 3, 4].map((n) => fileOf(`${n}.bin`, 10)), fileOf("5.bin", 31)],
        },
      ],
    },
  ],
};

export async function calls(kit) {
  const service = await startService(kit);
  const { emulator } = service;
  const { ask } = await startWorkers(kit, service);
  const hang = () => {
    service.fault = ({ path }) => (path.includes("/item/") ? { kind: "hang" } : undefined);
  };
  const one = async (call, more) => (await ask({ calls: [call], ...more }))[0];
  return await runTests({
    "text, bytes, a file as text, many at once": async () => {
      const all = [
        "op://app/database/username",
        "op://app/files/read.me",
        REFERENCE,
        "op://app/x/y",
      ];
      const outcomes = await ask({
        calls: [
          resolve(REFERENCE),
          { method: "resolveBytes", args: ["op://app/files/bytes.bin"] },
          { method: "resolveBytes", args: [REFERENCE] },
          resolve("op://app/files/read.me"),
          { method: "resolveAll", args: [all] },
          { method: "resolveAll", args: [[]] },
        ],
      });
      equal(outcomes[0].value, "correct-horse");
      deepEqual(outcomes[1].value, { bytes: [0, 255, 128, 7] });
      deepEqual(outcomes[2].value, { bytes: [...Buffer.from("correct-horse")] });
      equal(outcomes[3].value, "of a file");
      const { individualResponses } = outcomes[4].value;
      deepEqual(Object.keys(individualResponses), all);
      equal(individualResponses[REFERENCE].content.secret, "correct-horse");
      match(individualResponses[REFERENCE].content.itemId, /^\w{26}$/);
      equal(individualResponses["op://app/x/y"].error.type, "itemNotFound");
      deepEqual(outcomes[5].value, { individualResponses: {} });
    },
    "several files that are too much for one answer": async () => {
      const large = await startService(kit, { account: LARGE });
      const workers = await startWorkers(kit, large);
      const file = (n) => ({ method: "resolveBytes", args: [`op://app/large/${n}.bin`] });
      const outcomes = await workers.ask({ calls: [1, 2, 3, 4].map(file) });
      for (const { value, error } of outcomes)
        deepEqual(value, { count: 10 * MIB, last: 7 }, error?.message);
      large.emulator.clearRequests();
      const [{ error }] = await workers.ask({ calls: [file(5)] });
      equal(error?.code, "fileTooLarge");
      equal(error.retryable, false);
      equal(error.reference, "op://app/large/5.bin");
      match(error.message, /at most 30 MiB/);
      const reads = large.emulator.requests.filter(({ path }) => path.includes("/file/"));
      equal(reads.length, 1);
      // Texts share an answer; what it has no room for does not take the rest away.
      const texts = {
        method: "resolveAll",
        args: [[1, 2, 3, 4].map((n) => `op://app/large/${n}.bin`)],
      };
      const { individualResponses } = (await workers.ask({ calls: [texts] }))[0].value;
      const sizes = Object.values(individualResponses).map(
        ({ content, error }) => error?.type ?? content.secret.length,
      );
      deepEqual(sizes, [10 * MIB, 10 * MIB, 10 * MIB, "fileTooLarge"]);
      await workers.stop();
    },
    "a batch of more than 1,000": async () => {
      const many = Array.from({ length: 2_500 }, (_, n) => `op://app/nothing ${n}/x`);
      const { value } = await one({ method: "resolveAll", args: [[...many, REFERENCE]] });
      equal(Object.keys(value.individualResponses).length, 2_501);
      equal(value.individualResponses[REFERENCE].content.secret, "correct-horse");
    },
    "a reference that is too long is refused before it is sent": async () => {
      const { error } = await one(resolve("op://".padEnd(9_000, "x")));
      equal(error.code, "argumentInvalid");
    },
    "what is remembered is answered without a request, fresh asks anew": async () => {
      await one(resolve(REFERENCE));
      await emulator.account.setItem("app", "database", { password: "rotated" });
      emulator.clearRequests();
      equal((await one(resolve(REFERENCE))).value, "correct-horse");
      equal(emulator.requests.length, 0);
      equal((await one(resolve(REFERENCE, { fresh: true }))).value, "rotated");
      equal((await one(resolve(REFERENCE))).value, "rotated");
    },
    "one-time passwords are made anew": async () => {
      const { value } = await one(resolve("op://app/login/code?attribute=otp"));
      match(value, /^\d{6}$/);
    },
    "a call's time, and the client's": async () => {
      hang();
      const call = await one(resolve("op://app/item 1/password", { timeoutMs: 300 }));
      equal(call.error?.code, "timeout");
      equal(call.error.retryable, true);
      equal(call.error.reference, "op://app/item 1/password");
      ok(call.ms >= 290 && call.ms < 300 + SLACK_MS, call.ms);
      const options = { timeoutMs: 200 };
      const client = await one(resolve("op://app/item 1/password"), { options });
      equal(client.error?.code, "timeout");
      ok(client.ms < 200 + SLACK_MS);
      const all = await one(
        { method: "resolveAll", args: [["op://app/item 1/password"]] },
        { options },
      );
      equal(all.value.individualResponses["op://app/item 1/password"].error.type, "timeout");
    },
    "an object that never answers": async () => {
      const { error, ms } = await one(resolve(REFERENCE, { timeoutMs: 300 }), {
        binding: "HANGING",
      });
      equal(error?.code, "timeout");
      ok(ms < 300 + SLACK_MS);
    },
    "a signal before, and during": async () => {
      hang();
      emulator.clearRequests();
      const call = { ...resolve("op://app/item 2/password"), abortMs: -1 };
      const before = await one(call);
      equal(before.error?.code, "aborted");
      equal(before.error.retryable, false);
      await sleep(100);
      equal(emulator.requests.length, 0);
      const during = await one({ ...call, abortMs: 150 });
      equal(during.error?.code, "aborted");
      ok(during.ms < 150 + SLACK_MS, during.ms);
      const all = { method: "resolveAll", args: [["op://app/item 2/password"]], abortMs: 50 };
      equal((await one(all)).error?.code, "aborted");
    },
    "who gives up ends only his own wait": async () => {
      service.fault = ({ path }) =>
        path.includes("/item/") ? { kind: "delay", ms: 400 } : undefined;
      const [aborted, answered] = await ask({
        calls: [
          { ...resolve("op://app/item 3/password"), abortMs: 50 },
          resolve("op://app/item 3/password"),
        ],
      });
      equal(aborted.error?.code, "aborted");
      equal(answered.value, "pw 3");
    },
    "an answer that is none": async () => {
      const { error } = await one(resolve(REFERENCE), { binding: "ODD" });
      equal(error?.code, "protocol");
    },
  });
}
