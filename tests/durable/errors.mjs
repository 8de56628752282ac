// Errors through RPC are those of a client that reads by itself.
import { Client, isOnePasswordError, OnePasswordError } from "../../dist/index.js";
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
import { outcomeOf } from "./outcome.mjs";

const kinds = { isOnePasswordError, OnePasswordError };
const ACCOUNT_ERRORS = {
  "no reference": "app/database/password",
  "op:/app": "op:/app",
  "op://app/database": "parsing",
  "op://app//password": "parsing",
  "op://app/data$base/password": "parsing",
  "op://app/%FF/password": "parsing",
  "op://nowhere/database/password": "vaultNotFound",
  "op://same/database/password": "tooManyVaults",
  "op://app/databse/password": "itemNotFound",
  "op://app/twice/password": "tooManyItems",
  "op://app/e4mwsz6ohkwwbwdnyn6xddfa6i/password": "itemNotActive",
  "op://app/database/no such/password": "noMatchingSections",
  "op://app/database/pasword": "fieldNotFound",
  "op://app/odd/twice": "tooManyMatchingFields",
  "op://app/odd/hologram": "unreadableField",
  "op://app/database/password?attribute=otp": "incompatibleTOTPQueryParameterField",
  "op://app/database/password?ssh-format=openssh": "incompatibleSshKeyQueryParameterField",
  "op://app/database/password?attribute=size": "incompatibleAttribute",
  "op://app/database/password?attribute=nothing": "parsing",
  "op://app/files/bytes.bin": "unsupportedFileFormat",
};
/** What the service does, and the code that it comes to. */
const FAULTS = {
  rateLimited: { kind: "status", status: 429, headers: { "Retry-After": "2" } },
  serverError: { kind: "status", status: 500 },
  permissionDenied: { kind: "status", status: 403 },
  conflict: { kind: "status", status: 409 },
  protocol: { kind: "garbage" },
  network: { kind: "reset" },
  authenticationFailed: { kind: "status", status: 401 },
};

async function inNode({ url, token }, work, more) {
  const client = await Client.authenticate({
    auth: token,
    integrationName: "node",
    integrationVersion: "1",
    allowedHosts: [url],
    lazy: true,
    retry: { retries: 0 },
    ...more,
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

const both = async (service, ask, reference) => {
  const own = await inNode(service, (client) => outcomeOf(() => client.resolve(reference), kinds));
  const [rpc] = await ask({ calls: [resolve(reference)] });
  return [own, rpc];
};

async function ofAccount(kit) {
  const service = await startService(kit);
  const { ask } = await startWorkers(kit, service, { options: { retry: { retries: 0 } } });
  const tests = {};
  for (const [reference, code] of Object.entries(ACCOUNT_ERRORS)) {
    tests[`${code}: ${reference}`] = async () => {
      const [own, rpc] = await both(service, ask, reference);
      ok(own.error, "a client fails, too");
      deepEqual(rpc.error, own.error);
      ok(rpc.error.isInstance);
    };
  }
  const references = [...Object.keys(ACCOUNT_ERRORS), "op://app/database/password", "__proto__"];
  tests["all of them in a batch, which one that is right survives"] = async () => {
    const own = await inNode(service, (client) => client.secrets.resolveAll(references));
    const [rpc] = await ask({ calls: [{ method: "resolveAll", args: [references] }] });
    deepEqual(rpc.value, JSON.parse(JSON.stringify(own)));
    ok(Object.hasOwn(rpc.value.individualResponses, "__proto__"));
  };
  const arguments_ = [
    [["op://app/database/password", { timeoutMs: 0 }], "argumentInvalid"],
    [["op://app/database/password", { timeoutMs: "1" }], "argumentInvalid"],
    [["op://app/database/password", { fresh: 1 }], "argumentInvalid"],
    [["op://app/database/password", { signal: {} }], "argumentInvalid"],
    [["op://app/database/password", { timeout: 1 }], "argumentInvalid"],
    [["op://app/database/password", 5], "argumentInvalid"],
    [[5], "parsing"],
    [[null], "parsing"],
    [[{ toString: "op://a/b/c" }], "parsing"],
  ];
  for (const [args, code] of arguments_) {
    tests[`${code}: ${JSON.stringify(args)}`] = async () => {
      const own = await inNode(service, (client) =>
        outcomeOf(() => client.resolve(...args), kinds),
      );
      const [rpc] = await ask({ calls: [{ method: "resolve", args }] });
      equal(rpc.error?.code, code);
      equal(rpc.error.code, own.error.code);
    };
  }
  return await runTests(tests);
}

/** Each in Workers of its own: a pause belongs to a token. */
async function ofService(kit) {
  const tests = {};
  for (const [code, fault] of Object.entries(FAULTS)) {
    tests[`${code}, from ${JSON.stringify(fault)}`] = async () => {
      const outcomes = [];
      for (const where of ["node", "workers"]) {
        const service = await startService(kit);
        const isData = ({ path }) => code === "authenticationFailed" || !path.includes("/auth");
        service.fault = (request) => (isData(request) ? fault : undefined);
        const reference = "op://app/database/password";
        if (where === "node") {
          outcomes.push(
            await inNode(service, (client) => outcomeOf(() => client.resolve(reference), kinds)),
          );
          continue;
        }
        const options = { retry: { retries: 0 } };
        const { ask, stop } = await startWorkers(kit, service, { options });
        outcomes.push((await ask({ calls: [resolve(reference)] }))[0]);
        await stop();
      }
      const [own, rpc] = outcomes;
      equal(rpc.error?.code, code);
      const { cause: ownCause, message: _own, retryAfterMs: ownWait, ...ownRest } = own.error;
      const { cause, message, retryAfterMs, ...rest } = rpc.error;
      deepEqual(rest, ownRest);
      equal(typeof cause, typeof ownCause);
      equal(typeof message, "string");
      equal(retryAfterMs === undefined, ownWait === undefined);
      if (ownWait !== undefined) ok(Math.abs(retryAfterMs - ownWait) < 2_000, retryAfterMs);
    };
  }
  tests["a token that is none, or is not there"] = async () => {
    for (const token of ["ops_bad", undefined]) {
      const service = { ...(await startService(kit)), token };
      const { ask, stop } = await startWorkers(kit, service);
      const [{ error }, all] = await ask({
        calls: [
          resolve("op://app/database/password"),
          { method: "resolveAll", args: [[REFERENCE]] },
        ],
      });
      equal(error?.code, "tokenInvalid");
      equal(all.error?.code, "tokenInvalid");
      await stop();
    }
  };
  tests["options that are wrong are told, what a function threw is not"] = async () => {
    const service = await startService(kit);
    const { ask, stop } = await startWorkers(kit, service, { options: { retrie: 3 } });
    const calls = [resolve("op://app/database/password")];
    for (const [binding, text] of [
      ["OP", /retrie is not an option of onePasswordObject; did you mean retry/],
      ["THROWING", /function that returns them threw/],
      ["UNSET", /allow must be an array of strings/],
      ["MALFORMED", /an entry of allow is a pattern.*app\/\*\*/],
    ]) {
      const [{ error }] = await ask({ binding, calls });
      equal(error?.code, "argumentInvalid");
      match(error.message, text);
      ok(!JSON.stringify(error).includes("ops_secret"));
    }
    await stop();
  };
  return await runTests(tests);
}

const REFERENCE = "op://app/database/password";

export async function errors(kit) {
  const [account, service] = [await ofAccount(kit), await ofService(kit)];
  return {
    passed: account.passed + service.passed,
    failed: [...account.failed, ...service.failed],
  };
}
