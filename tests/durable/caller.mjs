// A Worker that has a binding alone: each request runs a program, and answers what came out.
import { durableClient, isOnePasswordError, OnePasswordError } from "../../dist/durable_client.js";
import { outcomeOf } from "./outcome.mjs";

const kinds = { isOnePasswordError, OnePasswordError };

/** One call: `{ method, args, abortMs }`. `abortMs` -1 is a signal that was given before. */
function call(client, { method, args: [first, options], abortMs }) {
  const { [method]: ask } = { ...client.secrets };
  if (abortMs === undefined) return ask(first, options ?? undefined);
  const aborter = new AbortController();
  if (abortMs < 0) aborter.abort();
  else setTimeout(() => aborter.abort(), abortMs);
  return ask(first, { ...options, signal: aborter.signal });
}

const raw = async (env, { binding, name = "default", member, args = [] }) => {
  const target = env[binding].idFromName && Object.prototype.toString.call(env[binding]);
  const stub = /Namespace/.test(target) ? env[binding].getByName(name) : env[binding];
  return await stub[member](...args);
};

/** What JSON cannot hold. */
const ODD_ARGUMENTS = {
  none: [],
  null: [null],
  text: ["read"],
  function: [() => "x"],
  functions: [{ kind: "text", references: [() => "x"] }],
  cyclic: (() => {
    const references = [];
    references.push(references);
    return [{ kind: "text", references }];
  })(),
  cyclicRequest: (() => {
    const request = { kind: "text", references: [] };
    request.more = request;
    return [request];
  })(),
  many: [{ kind: "text", references: Array.from({ length: 100_000 }, () => "op://a/b/c") }],
  length: [{ kind: "text", references: { length: 1 } }],
  sparse: [{ kind: "text", references: new Array(10) }],
  long: [{ kind: "text", references: ["op://".padEnd(1_000_000, "x")] }],
  kind: [{ kind: "constructor", references: [] }],
  timeout: [{ kind: "text", references: ["op://a/b/c"], timeoutMs: Number.NaN }],
  negative: [{ kind: "text", references: ["op://a/b/c"], timeoutMs: -1 }],
  fresh: [{ kind: "text", references: ["op://a/b/c"], fresh: "yes" }],
  unknown: [{ kind: "text", references: ["op://a/b/c"], ops_secret: 1 }],
  map: [new Map([["kind", "text"]])],
  date: [new Date()],
};

async function run(env, { binding = "OP", options, calls, odd, rawCalls = [], pause = [] }) {
  if (odd) {
    const all = Object.entries(ODD_ARGUMENTS).map(async ([name, args]) => [
      name,
      await outcomeOf(() => raw(env, { binding, member: "read", args }), kinds),
    ]);
    return Object.fromEntries(await Promise.all(all));
  }
  if (rawCalls.length > 0) {
    const outcomes = [];
    for (const each of rawCalls)
      outcomes.push(await outcomeOf(() => raw(env, { binding, ...each }), kinds));
    return outcomes;
  }
  const made = await outcomeOf(async () => durableClient(env[binding], options), kinds);
  if (made.error) return [made];
  const client = durableClient(env[binding], options);
  const going = calls.map((each) => outcomeOf(() => call(client, each), kinds));
  for (const ms of pause) await new Promise((resolve) => setTimeout(resolve, ms));
  return await Promise.all(going);
}

export default {
  async fetch(request, env) {
    return Response.json(await run(env, await request.json()));
  },
};
