// What the stub sends, and what it makes of answers: with namespaces of the test's own, in Node.
import { setTimeout as sleep } from "node:timers/promises";
import { durableClient, isOnePasswordError } from "../../dist/durable_client.js";
import { deepEqual, equal, ok, runTests } from "./kit.mjs";

const REFERENCES = ["op://a/b/c", "op://a/b/d"];

/** A namespace that notes what it is asked; `answers` are given one after the other, the last for ever. */
function namespaceOf(...answers) {
  const seen = { requests: [], stubs: 0, ids: [], options: [] };
  const read = async (request) => {
    seen.requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === "function") return await answer(request);
    throw answer;
  };
  const get = (id, options) => {
    seen.stubs += 1;
    seen.ids.push(id);
    seen.options.push(options);
    return { read };
  };
  return { idFromName: (name) => `id of ${name}`, get, seen };
}

const echo = ({ kind, references }) => ({
  results: references.map((each) =>
    kind === "all"
      ? { value: { content: { secret: each, itemId: "i", vaultId: "v" } } }
      : { value: kind === "bytes" ? new TextEncoder().encode(each) : each },
  ),
});
const failing = (more) => Object.assign(new Error("ops_secret"), more);
const codeOf = async (promise) => {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  ok(isOnePasswordError(error), String(error));
  ok(!JSON.stringify(error).includes("ops_secret"));
  equal(String(error.cause ?? "").includes("ops_secret"), false);
  return error.code;
};

export async function stub() {
  return await runTests({
    "calls made in one go are one call over RPC, each reference once": async () => {
      const namespace = namespaceOf(echo);
      const { resolve, secrets } = durableClient(namespace);
      const [c, d] = REFERENCES;
      const values = await Promise.all([resolve(c), resolve(d), secrets.resolve(c), resolve(c)]);
      deepEqual(values, [c, d, c, c]);
      equal(namespace.seen.requests.length, 1);
      deepEqual(namespace.seen.requests[0].references, REFERENCES);
      await resolve(c);
      equal(namespace.seen.requests.length, 2);
    },
    "calls with other options are sent by themselves": async () => {
      const namespace = namespaceOf(echo);
      const { resolve, secrets } = durableClient(namespace);
      const [c] = REFERENCES;
      await Promise.all([
        resolve(c),
        resolve(c, { fresh: true }),
        resolve(c, { timeoutMs: 50 }),
        secrets.resolveBytes(c),
        secrets.resolveAll([c]),
      ]);
      const shapes = namespace.seen.requests.map(({ kind, fresh, timeoutMs }) => [
        kind,
        fresh,
        timeoutMs <= 50,
      ]);
      deepEqual(shapes, [
        ["text", false, false],
        ["text", true, false],
        ["text", false, true],
        ["bytes", false, false],
        ["all", false, false],
      ]);
    },
    "files are asked for one by one, so that several are not too much for an answer": async () => {
      const namespace = namespaceOf(echo);
      const { secrets } = durableClient(namespace);
      const [c, d] = REFERENCES;
      const [one, , again] = await Promise.all([c, d, c].map((each) => secrets.resolveBytes(each)));
      deepEqual(
        namespace.seen.requests.map(({ references }) => references),
        [[c], [d], [c]],
      );
      // Whoever overwrites his bytes leaves the other's alone.
      ok(one !== again);
    },
    "faked timers stop no call": async () => {
      const { setTimeout, clearTimeout } = globalThis;
      Object.assign(globalThis, { setTimeout: () => 0, clearTimeout: () => {} });
      try {
        const hanging = durableClient(namespaceOf(() => new Promise(() => {})));
        equal(await codeOf(hanging.resolve(REFERENCES[0], { timeoutMs: 50 })), "timeout");
        const namespace = namespaceOf(failing(), echo);
        equal(await durableClient(namespace).resolve(REFERENCES[0]), REFERENCES[0]);
      } finally {
        Object.assign(globalThis, { setTimeout, clearTimeout });
      }
    },
    "names may be trusted": async () => {
      const namespace = namespaceOf(echo);
      await durableClient(namespace).resolve(REFERENCES[0], { fresh: "secrets" });
      equal(namespace.seen.requests[0].fresh, "secrets");
    },
    "what is refused is not given from memory any more": async () => {
      const [c] = REFERENCES;
      const refusal = { code: "permissionDenied", message: "no" };
      const ofOne = (code) => () => ({ results: [{ error: { ...refusal, code } }] });
      const ofAll = (code) => () => ({
        results: [{ value: { error: { ...refusal, type: code } } }],
      });
      const whole = (code) => () => ({ error: { ...refusal, code } });
      for (const [method, answer] of [
        ["resolve", ofOne],
        ["resolve", whole],
        ["resolveBytes", ofOne],
        ["resolveAll", ofAll],
      ]) {
        for (const code of [
          "permissionDenied",
          "itemNotFound",
          "network",
          "timeout",
          "rateLimited",
        ]) {
          const namespace = namespaceOf(echo, answer(code), echo);
          const { secrets } = durableClient(namespace, { localTtlMs: 60_000 });
          await secrets.resolve(c);
          const asked = method === "resolveAll" ? [c] : c;
          await secrets[method](asked, { fresh: true }).catch(() => {});
          await secrets.resolve(c);
          const isKept = ["network", "timeout", "rateLimited"].includes(code);
          equal(namespace.seen.requests.length, isKept ? 2 : 3, `${method} ${code}`);
        }
      }
    },
    "more than 1,000 are sent in parts": async () => {
      const namespace = namespaceOf(echo);
      const many = Array.from({ length: 2_001 }, (_, n) => `op://a/b/${n}`);
      const { individualResponses } = await durableClient(namespace).secrets.resolveAll(many);
      deepEqual(Object.keys(individualResponses), many);
      equal(individualResponses["op://a/b/1999"].content.secret, "op://a/b/1999");
      deepEqual(
        namespace.seen.requests.map(({ references }) => references.length),
        [1_000, 1_000, 1],
      );
    },
    "the object is chosen by name, and placed by the hint": async () => {
      const namespace = namespaceOf(echo);
      await durableClient(namespace, { name: "one", locationHint: "weur" }).resolve(REFERENCES[0]);
      await durableClient(namespace).resolve(REFERENCES[0]);
      deepEqual(namespace.seen.ids, ["id of one", "id of default"]);
      equal(namespace.seen.options[0].locationHint, "weur");
      equal(namespace.seen.options[1], undefined);
    },
    "a call that failed is sent once more, by a new stub": async () => {
      const namespace = namespaceOf(failing({ retryable: true }), echo);
      equal(await durableClient(namespace).resolve(REFERENCES[0]), REFERENCES[0]);
      equal(namespace.seen.stubs, 2);
      ok(namespace.seen.requests[1].timeoutMs <= namespace.seen.requests[0].timeoutMs);
    },
    "twice at most": async () => {
      const namespace = namespaceOf(failing());
      equal(await codeOf(durableClient(namespace).resolve(REFERENCES[0])), "network");
      equal(namespace.seen.stubs, 2);
    },
    "not if the object is overloaded, and that is said": async () => {
      const namespace = namespaceOf(failing({ overloaded: true, retryable: true }));
      const asked = durableClient(namespace).resolve(REFERENCES[0]);
      equal(await codeOf(asked), "network");
      await asked.catch(({ message, retryable }) => {
        ok(/overloaded/.test(message));
        equal(retryable, true);
      });
      equal(namespace.seen.stubs, 1);
    },
    "nor when the time is up": async () => {
      const slow = async () => {
        await sleep(80);
        throw failing();
      };
      const namespace = namespaceOf(slow);
      const code = await codeOf(durableClient(namespace).resolve(REFERENCES[0], { timeoutMs: 60 }));
      equal(code, "timeout");
      await sleep(200);
      equal(namespace.seen.stubs, 1);
    },
    "what is thrown may be anything": async () => {
      for (const thrown of [
        undefined,
        null,
        "ops_secret",
        5,
        {
          get overloaded() {
            throw failing();
          },
        },
      ]) {
        const namespace = namespaceOf(() => {
          throw thrown;
        });
        equal(await codeOf(durableClient(namespace).resolve(REFERENCES[0])), "network");
      }
    },
    "answers that are none": async () => {
      const odd = [undefined, null, 5, {}, { results: [] }, { results: [{}, {}] }, { results: 5 }];
      odd.push({ results: [{}] }, { results: [null] }, { results: [{ value: 5 }] });
      odd.push(
        { error: {} },
        { error: null },
        { results: [{ error: { code: "x", message: "y" } }] },
      );
      for (const answer of odd) {
        const { resolve, secrets } = durableClient(namespaceOf(() => answer));
        equal(await codeOf(resolve(REFERENCES[0])), "protocol", JSON.stringify(answer));
        equal(await codeOf(secrets.resolveBytes(REFERENCES[0])), "protocol");
        const { individualResponses } = await secrets.resolveAll([REFERENCES[0]]);
        const { error, content } = individualResponses[REFERENCES[0]];
        ok(error?.type === "protocol" || content === undefined, JSON.stringify(answer));
      }
    },
    "options that are wrong": async () => {
      const namespace = namespaceOf(echo);
      const wrong = [
        { name: 5 },
        { localTtlMs: -1 },
        { localTtlMs: "1" },
        { localTtlMs: Number.NaN },
        { localTtlMs: Number.POSITIVE_INFINITY },
        { localTtlMs: 2 ** 31 },
        { timeoutMs: 0 },
      ];
      wrong.push({ locationHint: 5 }, { ttlMs: 5 });
      for (const options of wrong) {
        equal(await codeOf((async () => durableClient(namespace, options))()), "argumentInvalid");
      }
      for (const binding of [undefined, null, {}, 5, "OP", { get() {} }]) {
        equal(await codeOf((async () => durableClient(binding))()), "argumentInvalid");
      }
    },
    "what somebody put on Object.prototype does not count": async () => {
      const namespace = namespaceOf(echo);
      const inherited = {
        fresh: true,
        timeoutMs: 1,
        name: "x",
        localTtlMs: 5,
        error: {},
        overloaded: true,
      };
      Object.assign(Object.prototype, inherited);
      try {
        const client = durableClient(namespace);
        equal(await client.resolve(REFERENCES[0]), REFERENCES[0]);
        const all = await client.secrets.resolveAll(REFERENCES);
        equal(all.individualResponses[REFERENCES[1]].content.secret, REFERENCES[1]);
      } finally {
        for (const name of Object.keys(inherited)) delete Object.prototype[name];
      }
      equal(namespace.seen.requests[0].fresh, false);
      equal(namespace.seen.ids[0], "id of default");
    },
  });
}
