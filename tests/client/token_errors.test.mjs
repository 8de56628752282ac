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

const escapedOnce = (text) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");

const escaped = (text, times = 1) => (times === 0 ? text : escaped(escapedOnce(text), times - 1));
const bare = token.slice("ops_".length);
const { secretKey } = JSON.parse(Buffer.from(bare, "base64url"));
const inPieces = (separator, length = 30) =>
  bare.replaceAll(new RegExp(`.{${length}}`, "g"), `$&${separator}`);

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
  ...Object.fromEntries(
    ["/", ".", "-", " ", "%20", "%2520", "“", "\u00a0"].flatMap((separator) =>
      [30, 10, 5].map((length) => [
        `with ${JSON.stringify(separator)} after ${length}`,
        inPieces(separator, length),
      ]),
    ),
  ),
  "escaped twice": escaped(bare, 2),
  "escaped three times": escaped(bare, 3),
  "its percent signs escaped": escaped(bare).replaceAll("%", "%25"),
  "escaped, in pieces": escaped(inPieces(" ")),
  "a secret key": secretKey,
  "a secret key in small letters": secretKey.toLowerCase(),
  "a secret key without hyphens": secretKey.replaceAll("-", ""),
  "a secret key with spaces": secretKey.replaceAll("-", " "),
  "a secret key, escaped": escaped(secretKey),
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
  pieces.push(token.slice(at, at + 24).replaceAll(/[_-]/g, ""));
// But for the account's id, which is no secret.
const secret = secretKey.slice("A3-XXXXXX-".length);
pieces.push(...[secret, secret.replaceAll("-", "")].flatMap((key) => [key, key.toLowerCase()]));

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
    let plain = text;
    for (let level = 0; level < 4; level += 1) {
      plain = plain.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    }
    const bare = plain.replaceAll(/\\n|[^0-9A-Za-z]/g, "");
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
      () => createRelay({ allowedOrigins: [`https://${text}/`] }),
      () => createRelay({ allowedOrigins: text }),
      () => createRelay({ allowedOrigins, allowedHosts: [`${text}!`] }),
      () => createRelay({ allowedOrigins, timeoutMs: text }),
      () => generatePassword({ type: text, parameters }),
      () => generatePassword({ type: "Random", parameters: { ...parameters, length: text } }),
      () => compat.createClient({ auth: token, integrationName: "x", workloadDetails: text }),
      ...[
        "relay",
        "allowedHosts",
        "timeoutMs",
        "fetch",
        "signal",
        "store",
        "share",
        "waitUntil",
        "retry",
      ].map((name) => () => service.authenticate({ [name]: text })),
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
  const id = "s3rcqtop2nvvffimmsetsn3zyi";
  const old = "0F8A1B2C3D4E5F60718293A4B5C6D7E8";
  for (const reference of [
    "op://app",
    "op://app/no/such?x",
    `op://app/${id}/${id}/${id}`,
    `op://${id}/${id}/Section_${id}/${id}?attribute=otp`,
    `op://App/${old}/Section_${old}/${old}`,
    "op://Our Production Vault/The Database Of The Billing Service In Frankfurt/Admin/Password 2",
    "op://PROD SECRETS 2024/Database 01 US-EAST-1/API_KEY_V2/AWS_SECRET_ACCESS_KEY",
    "op://AwsProd/myDatabasePassword/OAuth2Client/AwsS3BucketName",
    "op://app/A3 printer password for the office in Berlin/pin",
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

test("a candidate's reference has the other parts of the one that was asked for", async () => {
  const twins = await Service.start({
    account: { vaults: [{ name: "twins" }, { name: "Twins" }] },
  });
  const asking = await twins.authenticate();
  for (const [how, text] of Object.entries(PASTED)) {
    const error = await thrown(() => asking.resolve(`op://twins/${text}/password`));
    checkTellsNothing(error, how);
  }
  const { candidates } = await thrown(() => asking.resolve("op://twins/x/password"));
  for (const { id, reference } of candidates) assert.equal(reference, `op://${id}/x/password`);
});
