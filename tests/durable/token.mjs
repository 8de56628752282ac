// A token in a Secrets Store, which may be slow, and is replaced at times.
import { equal, match, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const REFERENCE = "op://app/database/password";
const LIMIT_MS = 10_000;

/** A token that the service refuses: its key is another one. */
function refused(token) {
  const parts = JSON.parse(Buffer.from(token.slice("ops_".length), "base64url"));
  const srpX = parts.srpX.replace(/^../, (start) => (start === "11" ? "22" : "11"));
  return `ops_${Buffer.from(JSON.stringify({ ...parts, srpX })).toString("base64url")}`;
}

export async function token(kit) {
  const service = await startService(kit);
  const { ask } = await startWorkers(kit, service);
  const one = async (call, binding) => (await ask({ calls: [call], binding }))[0];
  const member = async (name, ...args) =>
    (await ask({ binding: "ROTATED", rawCalls: [{ member: name, args }] }))[0].value;
  return await runTests({
    "a store that never answers once is asked again by the next call": async () => {
      const { error, ms } = await one(resolve(REFERENCE), "SLOW");
      equal(error?.code, "timeout");
      equal(error.retryable, true);
      match(error.message, /options of the Durable Object/);
      ok(ms >= LIMIT_MS - 10 && ms < LIMIT_MS + 2_000, ms);
      equal((await one(resolve(REFERENCE), "SLOW")).value, "correct-horse");
    },
    "a token that is refused is read anew by the next call": async () => {
      await member("rotate", refused(service.token));
      const call = resolve(REFERENCE);
      const outcomes = await ask({
        binding: "ROTATED",
        calls: [call, { ...call, method: "resolveBytes" }],
      });
      for (const { error } of outcomes) equal(error?.code, "authenticationFailed");
      await member("rotate", service.token);
      equal((await one(call, "ROTATED")).value, "correct-horse");
      equal(await member("reads"), 1);
      equal((await one(call, "ROTATED")).value, "correct-horse");
      equal(await member("reads"), 1);
    },
    "one that is replaced while it is in use": async () => {
      service.fault = () => ({ kind: "status", status: 401 });
      const all = { method: "resolveAll", args: [["op://app/item 1/password"]] };
      const { value } = await one(all, "ROTATED");
      const { error } = value.individualResponses["op://app/item 1/password"];
      equal(error?.type, "authenticationFailed");
      service.fault = undefined;
      await member("rotate", service.token);
      await one(all, "ROTATED");
      equal(await member("reads"), 1);
    },
    "one that is none": async () => {
      await member("rotate", "ops_none");
      const call = resolve(REFERENCE);
      // The client in use does not know of it.
      equal((await one(call, "ROTATED")).value, "correct-horse");
      const other = { binding: "ROTATED", options: { name: "other" }, calls: [call] };
      equal((await ask(other))[0].error?.code, "tokenInvalid");
      await member("rotate", service.token);
      equal((await ask(other))[0].value, "correct-horse");
    },
    "many calls with one that is refused make few sign-ins, and the next one is there at once":
      async () => {
        const [old, next] = [await startService(kit), await startService(kit)];
        const workers = await startWorkers(kit, old);
        const rotate = (...args) =>
          workers.ask({ binding: "ROTATED", rawCalls: [{ member: "rotate", args }] });
        const asked = { binding: "ROTATED", calls: [resolve(REFERENCE)] };
        await rotate(refused(old.token));
        const codes = new Set();
        for (let n = 0; n < 20; n += 1) codes.add((await workers.ask(asked))[0].error?.code);
        equal([...codes].join(), "authenticationFailed,rateLimited");
        const signIns = old.emulator.requests.filter(({ path }) => path.includes("/auth"));
        ok(signIns.length <= 18, `${signIns.length} requests to sign in`);
        await rotate(next.token, next.url);
        equal((await workers.ask(asked))[0].value, "correct-horse");
        await workers.stop();
      },
  });
}
