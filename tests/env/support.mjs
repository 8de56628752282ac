// A client that knows every secret there is, and what it was asked.
import assert from "node:assert/strict";
import { OnePasswordError } from "../../dist/env.js";

/** Answers every reference with `<its path>`, but for what `answers` says: a secret, or an error. */
export function clientOf(answers = {}) {
  const calls = [];
  const answerOf = (reference) => {
    const answer = answers[reference] ?? `<${reference.slice("op://".length)}>`;
    if (typeof answer !== "string") return { error: answer };
    return { content: { secret: answer, itemId: "item", vaultId: "vault" } };
  };
  const resolveAll = async (references, options) => {
    calls.push({ references: [...references], options });
    const entries = references.map((reference) => [reference, answerOf(reference)]);
    return { individualResponses: Object.fromEntries(entries) };
  };
  return { calls, secrets: { resolveAll } };
}

/** What an `envUnresolved` error lists. */
export async function failuresOf(action) {
  const thrown = await Promise.resolve()
    .then(action)
    .then(
      () => assert.fail("nothing was thrown"),
      (error) => error,
    );
  assert.ok(thrown instanceof OnePasswordError, String(thrown));
  assert.equal(thrown.code, "envUnresolved");
  assert.ok(thrown.failures.length > 0);
  return thrown.failures;
}
