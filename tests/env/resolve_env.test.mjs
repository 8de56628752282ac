// resolveEnv: bindings in, the same with secrets out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveEnv, resolvePlan } from "../../dist/env.js";
import { clientOf, failuresOf } from "./support.mjs";

const MISSING = { type: "fieldNotFound", message: "no field" };

test("strings that hold references become secrets, in one batch; all else is passed on as it is", async () => {
  class Bucket {
    get() {}
  }
  const source = {
    KV: new Bucket(),
    run: () => {},
    PORT: 8080,
    NAME: "app",
    NOTE: "see op://v/i/f",
    A: "op://v/i/f",
    B: "x {{ op://v/i/g }} y",
    C: "op://v/i/f",
    D: undefined,
    E: null,
  };
  const before = { ...source };
  const client = clientOf();
  const env = await resolveEnv(source, { client });
  assert.deepEqual(env, { ...before, A: "<v/i/f>", B: "x <v/i/g> y", C: "<v/i/f>" });
  assert.equal(env.KV, source.KV);
  assert.equal(env.run, source.run);
  assert.deepEqual(source, before, "the source is unchanged");
  assert.deepEqual(
    client.calls.map(({ references }) => references),
    [["op://v/i/f", "op://v/i/g"]],
  );
});

test("without a reference nothing is asked, and no client is needed", async () => {
  const client = clientOf();
  assert.deepEqual(await resolveEnv({ A: "1", N: 1 }, { client }), { A: "1", N: 1 });
  assert.equal(client.calls.length, 0);
  assert.deepEqual(await resolveEnv({}, {}), {});
});

test("without a client the error says so", async () => {
  await assert.rejects(resolveEnv({ A: "op://v/i/f" }, {}), { code: "argumentInvalid" });
  await assert.rejects(resolveEnv({ A: "op://v/i/f" }, { client: {} }), {
    code: "argumentInvalid",
  });
});

test("`only` names the variables that are looked at", async () => {
  const client = clientOf();
  const env = await resolveEnv({ A: "op://v/i/f", B: "op://v/i" }, { client, only: ["A"] });
  assert.deepEqual(env, { A: "<v/i/f>", B: "op://v/i" });
});

test("optional variables may be missing, with or without a default; another failure of them is one", async () => {
  const client = clientOf({
    "op://v/i/a": MISSING,
    "op://v/i/b": { type: "itemNotFound", message: "no item" },
    "op://v/i/c": { type: "permissionDenied", message: "no" },
  });
  const source = { A: "op://v/i/a", B: "x{{ op://v/i/b }}", D: "op://v/i/d" };
  const named = await resolveEnv(source, { client, optional: ["A", "B", "D", "X"] });
  assert.deepEqual(named, { A: undefined, B: undefined, D: "<v/i/d>" });
  const defaults = await resolveEnv(source, { client, optional: { A: "a", B: "" } });
  assert.deepEqual(defaults, { A: "a", B: "", D: "<v/i/d>" });
  const both = { A: "{{ op://v/i/a }}{{ op://v/i/c }}" };
  const failures = await failuresOf(() => resolveEnv(both, { client, optional: ["A"] }));
  assert.deepEqual(
    failures.map(({ code }) => code),
    ["fieldNotFound", "permissionDenied"],
  );
});

test("one of a hundred that fails is named, and nothing comes out", async () => {
  const source = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`V${at}`, `op://v/i/f${at}`]),
  );
  const client = clientOf({ "op://v/i/f42": MISSING });
  const failures = await failuresOf(() => resolveEnv(source, { client }));
  assert.deepEqual(failures, [
    { name: "V42", reference: "op://v/i/f42", code: "fieldNotFound", message: "no field" },
  ]);
  assert.equal(client.calls.length, 1);
});

test("what may pass by itself says when to come again", async () => {
  const wait = { type: "rateLimited", message: "wait", retryAfterMs: 60_000 };
  const client = clientOf({ "op://v/i/a": wait, "op://v/i/b": { type: "network", message: "-" } });
  await assert.rejects(resolveEnv({ A: "op://v/i/a", B: "op://v/i/b" }, { client }), {
    retryable: true,
    retryAfterMs: 60_000,
  });
});

test("a token pasted into a reference is not repeated", async () => {
  const reference = `op://v/i/ops_${"a1B".repeat(30)}`;
  const client = clientOf({ [reference]: MISSING });
  const [failure] = await failuresOf(() => resolveEnv({ A: reference }, { client }));
  assert.equal(failure.reference, undefined);
});

test("what the client itself throws is passed on", async () => {
  const thrown = new Error("closed");
  const client = { secrets: { resolveAll: () => Promise.reject(thrown) } };
  await assert.rejects(resolveEnv({ A: "op://v/i/f" }, { client }), (error) => error === thrown);
});

test("a reference that the client does not answer is a failure", async () => {
  const reference = "op://v/i/f";
  const responses = [
    ...[{}, null, undefined, 1, { [reference]: {} }, { [reference]: null }],
    { [reference]: { error: {} } },
    { [reference]: { error: { type: "network" } } },
    { [reference]: { content: {} } },
    Object.create({ [reference]: { content: { secret: "inherited" } } }),
  ];
  const answers = responses.map((individualResponses) => ({ individualResponses }));
  for (const answer of [...answers, undefined, null, 1]) {
    const client = { secrets: { resolveAll: async () => answer } };
    const [failure] = await failuresOf(() => resolveEnv({ A: reference }, { client }));
    assert.deepEqual([failure.code, failure.message], ["protocol", "the client gave no answer"]);
  }
});

test("names in options are arrays", async () => {
  const source = { A: "op://v/i/f" };
  for (const options of [{ only: "AB" }, { optional: "A" }, { only: [1] }, { optional: null }]) {
    const resolving = resolveEnv(source, { client: clientOf(), ...options });
    await assert.rejects(resolving, { code: "argumentInvalid" });
  }
});

test("options of the call reach the client", async () => {
  const client = clientOf();
  const call = { timeoutMs: 5 };
  await resolveEnv({ A: "op://v/i/f" }, { client, call });
  assert.equal(client.calls[0].options, call);
});

test("names that objects inherit are names like others", async () => {
  const source = JSON.parse('{"__proto__":"op://v/i/f","constructor":"op://v/i/g"}');
  const env = await resolveEnv(source, { client: clientOf() });
  assert.equal(Object.getPrototypeOf(env), Object.prototype);
  assert.deepEqual(Object.entries(env), [
    ["__proto__", "<v/i/f>"],
    ["constructor", "<v/i/g>"],
  ]);
  const plan = new Map([["toString", { parts: [{ reference: "op://v/i/f" }] }]]);
  assert.deepEqual(await resolvePlan(plan, { client: clientOf() }), { toString: "<v/i/f>" });
});
