// A token in the place of something else: no error tells it, in whichever way one looks at it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import * as compat from "../../dist/compat/index.js";
import { OnePasswordError } from "../../dist/index.js";
import { generatePassword } from "../../dist/passwords.js";
import { parseSecretReference, validateSecretReference } from "../../dist/reference.js";
import { createRelay } from "../../dist/relay.js";
import { Service } from "./support.mjs";

const service = await Service.start();
const { token } = service;
const client = await service.authenticate();

const escaped = (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");

/** As it comes out of a clipboard, a wrapped line or an address. */
const PASTED = {
  whole: token,
  "without its prefix": token.slice("ops_".length),
  "its beginning": token.slice(0, 150),
  "its end": token.slice(-150),
  "in capitals before": `OPS_${token.slice("ops_".length)}`,
  escaped: escaped(token),
  "its first letter escaped": `${escaped(token[0])}${token.slice(1)}`,
  "with spaces": token.replaceAll(/.{60}/g, "$& "),
  "in lines": token.replaceAll(/.{60}/g, "$&\n"),
};

const REFERENCES = [
  (text) => text,
  (text) => ` ${text}`,
  (text) => `op://prod/${text}`,
  (text) => `op://${text}`,
  (text) => `op://prod/${text}/password`,
  (text) => `op://${text}/database/password`,
  (text) => `op://app/database/${text}`,
  (text) => `op://app/database/${text}/password`,
  (text) => `op://app/database/password/x/${text}`,
  (text) => `op://app//${text}`,
  (text) => `op://app/é/${text}`,
  (text) => `op://app/%zz/${text}`,
  (text) => `op://app/database/password?${text}`,
  (text) => `op://app/database/password?${text}=otp`,
  (text) => `op://app/database/password?attribute=${text}`,
  (text) => `op://app/database/password?attribute=otp?${text}`,
];

/** What is of no use to anybody: the beginning is the account's address, the same for many. */
const HARMLESS_CHARS = 64;

/** Pieces of a token, each too short to be of use and too long to be there by chance. */
const pieces = [];
for (let at = HARMLESS_CHARS; at + 24 <= token.length; at += 8)
  pieces.push(token.slice(at, at + 24));

function checkTellsNothing(error, what) {
  const shown = [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true, maxStringLength: Infinity }),
    inspect({ ...error }, { depth: 10, maxStringLength: Infinity }),
  ];
  for (const text of shown.filter((one) => one !== undefined)) {
    const plain = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    const bare = plain.replaceAll(/\\n|\s/g, "");
    for (const one of [text, plain, bare]) {
      const told = pieces.find((piece) => one.includes(piece));
      assert.equal(told, undefined, `${what}: ${error.message}`);
    }
  }
}

/** What it throws or rejects with; `undefined` if it does not. */
async function thrown(work) {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const all = REFERENCES.flatMap((make) =>
  Object.entries(PASTED).map(([how, text]) => [`${make("…")}, ${how}`, make(text)]),
);

test("a reference, by the functions that need no client", async () => {
  let failures = 0;
  for (const [what, reference] of all) {
    for (const check of [
      validateSecretReference,
      parseSecretReference,
      compat.Secrets.validateSecretReference,
    ]) {
      const error = await thrown(() => check(reference));
      if (error === undefined) continue;
      failures += 1;
      assert.equal(error.code, "parsing", what);
      checkTellsNothing(error, what);
    }
  }
  assert.ok(failures > 100);
});

test("a reference, by a client", async () => {
  for (const [what, reference] of all) {
    for (const resolve of [client.resolve, client.secrets.resolve, client.secrets.resolveBytes]) {
      const error = await thrown(() => resolve.call(client, reference));
      assert.ok(error instanceof OnePasswordError, what);
      checkTellsNothing(error, what);
    }
    const { individualResponses } = await client.secrets.resolveAll([reference]);
    checkTellsNothing(individualResponses[reference].error, what);
  }
});

test("a name, by a client", async () => {
  for (const [how, text] of Object.entries(PASTED)) {
    for (const work of [
      () => client.items.get(text, "database"),
      () => client.items.get("app", text),
      () => client.items.list(text),
      () => client.items.files.read("app", "database", { id: text, name: text, size: 0 }),
      () => client.vaults.get(text),
      () => client.items.list("app", { type: text }),
      () => client.resolve("op://app/database/password", { timeoutMs: text }),
      () => client.resolve("op://app/database/password", text),
      () => client.secrets.resolveAll(text),
    ]) {
      const error = await thrown(work);
      assert.ok(error instanceof OnePasswordError, `${work}, ${how}`);
      checkTellsNothing(error, `${work}, ${how}`);
    }
    const { individualResponses } = await client.items.getAll("app", [text]);
    checkTellsNothing(individualResponses[0].error, `getAll, ${how}`);
  }
});

test("an option", async () => {
  const parameters = { includeDigits: true, includeSymbols: true, length: 20 };
  const allowedOrigins = ["https://tool.example"];
  for (const [how, text] of Object.entries(PASTED)) {
    for (const work of [
      () => createRelay({ allowedOrigins: [text] }),
      () => createRelay({ allowedOrigins: [`https://${text}`] }),
      () => createRelay({ allowedOrigins: text }),
      () => createRelay({ allowedOrigins, allowedHosts: [`${text}!`] }),
      () => createRelay({ allowedOrigins, timeoutMs: text }),
      () => generatePassword({ type: text, parameters }),
      () => generatePassword({ type: "Random", parameters: { ...parameters, length: text } }),
      () => compat.createClient({ auth: token, integrationName: "x", workloadDetails: text }),
      ...["relay", "allowedHosts", "timeoutMs", "fetch", "signal", "sessionStore", "retry"].map(
        (name) => () => service.authenticate({ [name]: text }),
      ),
      () => service.authenticate({ allowedHosts: [text, `http://${text}`] }),
    ]) {
      const error = await thrown(work);
      assert.ok(error instanceof OnePasswordError, `${work}, ${how}`);
      checkTellsNothing(error, `${work}, ${how}`);
    }
  }
});

test("an error that is made with one", () => {
  for (const [what, reference] of all) {
    const error = new OnePasswordError({ code: "parsing", message: "it is wrong", reference });
    checkTellsNothing(error, what);
  }
});

test("a reference without one is told", async () => {
  const long = `op://app/${"%C3%A9".repeat(30)}/a field of sixty characters and more that is no key-or-token at all`;
  for (const reference of [
    "op://app",
    "op://app/no/such?x",
    long,
    "op://app/data_base/pass-word",
  ]) {
    assert.equal(
      new OnePasswordError({ code: "parsing", message: "m", reference }).reference,
      reference,
    );
    const error = await thrown(() => client.resolve(reference));
    assert.equal(error.reference, reference);
  }
});
