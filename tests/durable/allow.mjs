// Which references a binding may ask for.
import { parsePatterns, refusalOf } from "../../dist/durable/allow.js";
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

const ID = "o55tod6a4pdaoelxf2f7icbrv4";
/** A pattern, what it allows, and what not. */
const PATTERNS = [
  [
    "op://app/database/password",
    ["op://app/database/password", "op://APP/Database/PASSWORD", "op://app/%64atabase/password"],
    [
      "op://app/database/replica/password",
      "op://app/database/username",
      "op://app/database/password%00",
      "op://app/database%00/password",
      "op://app/database /password",
      "op://app%2Fdatabase/password/x",
      "op://app/database%2Fpassword/x",
      `op://app/${ID}/password`,
      `op://${ID}/database/password`,
      "op://app/%2564atabase/password",
    ],
  ],
  ["op://app/database/password", ["op://app/database/password?attribute=otp"], []],
  [
    "op://app/**",
    ["op://app/a/b", "op://app/a/b/c", `op://app/${ID}/b`, "op://App/a/b?attr=type"],
    ["op://apps/a/b", "op://app%2F/a/b", "op://app%20/a/b", "op://ap/p/a/b", "op://%2E%2E/app/b"],
  ],
  ["op://app/db/**", ["op://app/db/x", "op://app/db/s/x"], ["op://app/dbs/x", "op://app/x/db"]],
  ["op://app/db/s/**", ["op://app/db/s/x"], ["op://app/db/s", "op://app/db/x"]],
  ["op://**", ["op://a/b/c", "op://a/b/c/d"], []],
  [
    "op://*/db/password",
    ["op://a/db/password", `op://${ID}/db/password`],
    ["op://a/b/db/password"],
  ],
  [
    "op://app/web-*/password",
    ["op://app/web-1/password", "op://app/WEB-/password"],
    ["op://app/we/password", "op://app/my web-1/password", "op://app/web-1/x/password"],
  ],
  // An id that begins like a name may be that of anything.
  ["op://app/o55*/password", ["op://app/o55/password"], [`op://app/${ID}/password`]],
  [`op://app/${ID}/password`, [`op://app/${ID}/password`], ["op://app/database/password"]],
  ["op://a/*x*y*/c", ["op://a/1x2y3/c", "op://a/xy/c"], ["op://a/yx/c", "op://a/x/c"]],
  ["op://a/ab*ba/c", ["op://a/abba/c"], ["op://a/aba/c"]],
  ["op://a/%2A/c", ["op://a/%2A/c"], ["op://a/b/c"]],
  ["op://caf%C3%A9/b/c", ["op://CAF%C3%89/b/c"], ["op://cafe%CC%81/b/c", "op://cafe/b/c"]],
];
const MALFORMED = [
  ...[
    "",
    "op://",
    "op://a",
    "op://a/b",
    "op://a/b/c/d/e",
    "op://a/b/c/d/**",
    "op://a//c",
    "app/**",
  ],
  ...[
    "OP://a/b/c",
    " op://a/b/c",
    "op://a/**/c",
    "op://a/b/c**",
    "op://a/***",
    "op://a/b/c?attr=id",
  ],
  ...["op://a/é/c", "op://a/b/%F", "op://a/b/%FF", "op://a/$b/c", "op://**/", "*", "**"],
];

function ofPatterns() {
  const tests = {};
  for (const [pattern, allowed, others] of PATTERNS) {
    tests[pattern] = () => {
      const patterns = parsePatterns([pattern]);
      for (const each of allowed) equal(refusalOf(patterns, each)?.code, undefined, each);
      for (const each of others) equal(refusalOf(patterns, each)?.code, "permissionDenied", each);
      equal(refusalOf(patterns, "op://x")?.code, "parsing");
    };
  }
  tests["malformed patterns"] = () => {
    for (const each of MALFORMED) {
      let code;
      try {
        parsePatterns(["op://a/b/c", each]);
      } catch (error) {
        code = error.code;
      }
      equal(code, "argumentInvalid", each);
    }
    for (const given of [undefined, null, "op://**", {}, [5], new Array(2), { length: 0 }]) {
      let isRefused = false;
      try {
        parsePatterns(given);
      } catch {
        isRefused = true;
      }
      ok(isRefused, String(given));
    }
  };
  tests["an empty list allows nothing"] = () =>
    equal(refusalOf([], "op://a/b/c")?.code, "permissionDenied");
  tests["long patterns and names take no time"] = () => {
    const patterns = parsePatterns([`op://a/${"*a".repeat(2_000)}*/c`]);
    const start = performance.now();
    refusalOf(patterns, `op://a/${"a".repeat(8_000)}b/c`);
    ok(performance.now() - start < 200);
  };
  return runTests(tests);
}

const HIDDEN = "op://hidden/safe/password";
const HIDDEN_ID = "op://hidden7hidden7hidden7hidde/safe77safe77safe77safe77sa/password";

async function ofBindings(kit) {
  const service = await startService(kit);
  const services = {
    APP: { props: { allow: ["op://app/**"] } },
    ONE: { props: { allow: ["op://app/database/password"] } },
    BARE: {},
    EMPTY: { props: {} },
    TEXT: { props: { allow: "op://**" } },
    WRONG: { props: { allow: ["op://**", "app"] } },
    POLLUTE: { entrypoint: "Pollute" },
    NAMED: { entrypoint: "Named", props: { allow: ["op://app/**"] } },
  };
  const { ask } = await startWorkers(kit, service, { services });
  const one = async (binding, reference) =>
    (await ask({ binding, calls: [resolve(reference)] }))[0];
  const tests = {
    "what a binding allows": async () => {
      equal((await one("APP", "op://app/database/password")).value, "correct-horse");
      equal((await one("ONE", "op://app/database/password")).value, "correct-horse");
      equal((await one("NAMED", "op://app/database/password")).value, "correct-horse");
      equal((await one("OP", HIDDEN)).value, "not for all");
      equal((await one("OP", HIDDEN_ID)).value, "not for all");
    },
    "what it does not": async () => {
      service.emulator.clearRequests();
      for (const reference of [HIDDEN, HIDDEN_ID, "op://hidden/app/password"]) {
        const { error } = await one("APP", reference);
        equal(error?.code, "permissionDenied");
        equal(error.retryable, false);
        equal(error.reference, reference);
        match(error.message, /does not allow/);
      }
      equal((await one("ONE", "op://app/database/username")).error?.code, "permissionDenied");
      equal(service.emulator.requests.length, 0);
    },
    "no list, or a malformed one, allows nothing": async () => {
      for (const binding of ["BARE", "EMPTY", "TEXT", "WRONG"]) {
        const { error } = await one(binding, "op://app/database/password");
        equal(error?.code, "permissionDenied", binding);
        match(error.message, /no valid allow list/);
      }
    },
    "nor does what somebody put on Object.prototype": async () => {
      const [{ value }] = await ask({ binding: "POLLUTE", rawCalls: [{ member: "pollute" }] });
      deepEqual(value, ["op://**"]);
      for (const binding of ["BARE", "EMPTY"]) {
        equal((await one(binding, HIDDEN)).error?.code, "permissionDenied");
      }
    },
    "in a batch the others are answered, in their order": async () => {
      const references = [
        HIDDEN,
        "op://app/item 1/password",
        HIDDEN_ID,
        "op://app/item 2/password",
      ];
      const [{ value }] = await ask({
        binding: "APP",
        calls: [{ method: "resolveAll", args: [references] }],
      });
      const { individualResponses } = value;
      deepEqual(
        references.map((each) => {
          const { content, error } = individualResponses[each];
          return content?.secret ?? error.type;
        }),
        ["permissionDenied", "pw 1", "permissionDenied", "pw 2"],
      );
      const outcomes = await ask({
        binding: "APP",
        calls: references.map((each) => resolve(each)),
      });
      deepEqual(
        outcomes.map(({ value, error }) => value ?? error.code),
        ["permissionDenied", "pw 1", "permissionDenied", "pw 2"],
      );
    },
    "malformed references are told as such": async () => {
      equal((await one("APP", "op://app")).error?.code, "parsing");
    },
    "a service binding takes no name": async () => {
      const [{ error }] = await ask({ binding: "APP", options: { name: "other" }, calls: [] });
      equal(error?.code, "argumentInvalid");
    },
    "requests of one's own making": async () => {
      const request = { kind: "text", references: [HIDDEN] };
      const rawCalls = [
        { member: "read", args: [request] },
        { member: "read", args: [{ ...request, allow: ["op://**"] }] },
        { member: "read", args: [request, { allow: ["op://**"] }] },
        { member: "read", args: [{ ...request, name: "default" }] },
        { member: "read", args: [{ ...request, references: [[HIDDEN]] }] },
      ];
      for (const { value, thrown } of await ask({ binding: "APP", rawCalls })) {
        const { code } = value?.error ?? value?.results?.[0].error ?? {};
        ok(["permissionDenied", "argumentInvalid"].includes(code), `${code} ${thrown}`);
      }
    },
  };
  return await runTests(tests);
}

async function ofObject(kit) {
  const service = await startService(kit);
  const options = { allow: ["op://app/database/*"] };
  const services = { ALL: { props: { allow: ["op://**"] } } };
  const { ask } = await startWorkers(kit, service, { options, services });
  return await runTests({
    "an object's own list holds for every binding": async () => {
      for (const binding of ["OP", "ALL"]) {
        const calls = ["op://app/database/username", "op://app/item 1/password", HIDDEN_ID];
        const outcomes = await ask({ binding, calls: calls.map((each) => resolve(each)) });
        deepEqual(
          outcomes.map(({ value, error }) => value ?? error.code),
          ["app", "permissionDenied", "permissionDenied"],
        );
      }
    },
  });
}

export async function allow(kit) {
  const all = [await ofPatterns(), await ofBindings(kit), await ofObject(kit)];
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.flatMap(({ failed }) => failed),
  };
}
