// What an error looks like from outside.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { ERROR_CODES, isOnePasswordError, OnePasswordError } from "../../dist/index.js";
import { parseSecretReference } from "../../dist/reference.js";
import { BY_NAME, copyPackage, PATHS, SECRET, Service } from "./support.mjs";

const BINNED = "hyhlbblpx44jaexkeb2t4ckxra";
const twins = { title: "extra", fields: [{ title: "twin" }, { title: "twin" }] };
const database = {
  title: "database",
  password: SECRET,
  fields: [{ title: "born", kind: "date", value: SECRET }],
  sections: [twins],
};
const account = {
  vaults: [
    {
      name: "app",
      items: [
        database,
        { title: "pair" },
        { title: "Pair" },
        { title: "bin", id: BINNED, state: "trashed" },
      ],
    },
    { name: "twins" },
    { name: "Twins" },
  ],
};
const service = await Service.start({ account });
const client = await service.authenticate();

beforeEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

/** References, what becomes of each, and a word that the message has. */
const FAILURES = [
  ["op://nowhere/database/password", "vaultNotFound", "nowhere"],
  ["op://twins/database/password", "tooManyVaults", "twins"],
  ["op://app/nothing/password", "itemNotFound", "nothing"],
  ["op://app/pair/password", "tooManyItems", "pair"],
  ["op://app/bin/password", "itemNotFound", "bin"],
  [`op://app/${BINNED}/password`, "itemNotActive", BINNED],
  ["op://app/database/nowhere/password", "noMatchingSections", "nowhere"],
  ["op://app/database/nothing", "fieldNotFound", "nothing"],
  ["op://app/database/extra/twin", "tooManyMatchingFields", "twin"],
  ["op://app/database/born", "unreadableField", "born"],
  ["op://app/database/password?attribute=otp", "incompatibleTOTPQueryParameterField", "password"],
  [
    "op://app/database/password?ssh-format=openssh",
    "incompatibleSshKeyQueryParameterField",
    "password",
  ],
  ["op://", "parsing", "op://vault/item/field"],
  ["op://app/database", "parsing", "op://vault/item/field"],
  ["op://app/database/a/b/c", "parsing", "op://vault/item/field"],
  ["op://app/database/password?field=x", "parsing", "query"],
  ["op://app/datenbank/passwört", "parsing", "letters"],
  ["op://app/data\ud800base/password", "parsing", "letters"],
];
for (const [reference, code, words] of FAILURES) {
  test(`${code}: ${JSON.stringify(reference)}`, async () => {
    for (const resolve of [client.resolve.bind(client), client.secrets.resolve]) {
      const error = await service.failure(resolve(reference), code);
      assert.equal(error.reference, reference);
      assert.equal(error.retryable, false);
      assert.ok(error.message.includes(words), error.message);
      const { name, message, candidates } = error;
      assert.equal(candidates?.length, code.startsWith("tooMany") ? 2 : undefined);
      assert.deepEqual(JSON.parse(JSON.stringify(error)), {
        name,
        code,
        message,
        retryable: false,
        reference,
        ...(candidates && { candidates }),
      });
    }
  });
}

test("references that break the grammar are refused before any request", async () => {
  service.calls = [];
  for (const [reference, code] of FAILURES) {
    if (code === "parsing") await service.failure(client.resolve(reference), code);
  }
  assert.deepEqual(service.calls, []);
});

test("what is no reference is not repeated", async () => {
  const { token } = service;
  for (const reference of [token, ` ${token}`, SECRET, "", "OP://a/b/c", undefined, null, 5, {}]) {
    const error = await service.failure(client.resolve(reference), "parsing");
    assert.equal(error.reference, undefined);
  }
});

test("a secret that damages what stands around it", async () => {
  // Foreign parsers quote what they choke on.
  for (const json of [{ item: { title: SECRET } }, { item: SECRET }, SECRET, [SECRET]]) {
    service.change = (answer) => {
      if (answer.path.includes("/item/")) answer.json = json;
    };
    await service.failure(client.resolve(BY_NAME), "protocol");
  }
});

test("no message and no reference holds what does something to a terminal, or is not seen", async () => {
  // The same for Unicode's own words for them as for those that the core has a list of.
  const judge = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{Noncharacter_Code_Point}]/u;
  // But for U+0000, which no name may have.
  const odd = Array.from({ length: 0x11_0000 }, (_, code) => code)
    .slice(1)
    .filter((code) => (code < 0xd800 || code > 0xdfff) && judge.test(String.fromCodePoint(code)));
  assert.ok(odd.length > 4_000);
  for (let at = 0; at < odd.length; at += 150) {
    const part = odd.slice(at, at + 150);
    const title = part.map((code) => String.fromCodePoint(code)).join("");
    const { message } = await service.failure(client.items.get("app", `q${title}`), "itemNotFound");
    assert.doesNotMatch(message, judge);
    for (const code of part) assert.ok(message.includes(`\\u{${code.toString(16)}}`), message);
  }
  for (const code of odd) {
    const ref = `op://app/${String.fromCodePoint(code)}/x`;
    assert.throws(
      () => parseSecretReference(ref),
      ({ reference }) => reference === undefined,
      ref,
    );
  }
});

test("an error answer that quotes the request", async () => {
  service.replace = ({ headers }) =>
    Response.json(
      { errorCode: 5, errorMessage: JSON.stringify(headers), requestId: 1 },
      { status: 400, statusText: headers["OP-Throttling-Token"].slice(0, 100) },
    );
  const error = await service.failure(client.resolve(BY_NAME), "serverError");
  assert.match(error.message, /HTTP 400, service error 5/);
});

test("the check for secrets finds one, however it is hidden", () => {
  const leaks = [
    new OnePasswordError({ code: "network", message: `no ${SECRET}` }),
    new OnePasswordError({ code: "network", message: "no", reference: SECRET }),
    new OnePasswordError({ code: "network", message: "no", cause: new Error(SECRET) }),
    new OnePasswordError({ code: "network", message: "no", cause: { deep: [{ er: SECRET }] } }),
    Object.defineProperty(new OnePasswordError({ code: "network", message: "no" }), "hidden", {
      value: service.token,
    }),
  ];
  for (const leak of leaks) {
    assert.throws(() => service.checkTellsNothing(leak), /tells a secret/, inspect(leak));
  }
});

test("members that say nothing are absent", async () => {
  const error = await service.failure(service.authenticate({ auth: "" }), "tokenInvalid");
  for (const name of ["status", "retryAfterMs", "reference", "cause"]) {
    assert.ok(!(name in error), name);
  }
});

test("errors of another copy of the package are known, others are not", async () => {
  const other = await import(copyPackage().entry);
  const theirs = await other.Client.authenticate({ auth: "" }).catch((error) => error);
  assert.ok(theirs instanceof other.OnePasswordError);
  assert.ok(theirs instanceof OnePasswordError);
  assert.ok(isOnePasswordError(theirs));
  const ours = await service.failure(service.authenticate({ auth: "" }), "tokenInvalid");
  assert.ok(other.isOnePasswordError(ours));
  const { code, message, name } = ours;
  for (const value of [undefined, null, 5, "", {}, new Error("x"), { code, message, name }]) {
    assert.equal(isOnePasswordError(value), false);
    assert.ok(!(value instanceof OnePasswordError));
  }
});

test("a class derived from the error's has instances of its own", () => {
  class Mine extends OnePasswordError {}
  const details = { code: "closed", message: "it is" };
  const [mine, plain] = [new Mine(details), new OnePasswordError(details)];
  assert.ok(mine instanceof Mine && mine instanceof OnePasswordError);
  assert.ok(!(plain instanceof Mine));
});

test("codes are distinct words", () => {
  assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
  for (const code of ERROR_CODES) assert.match(code, /^[a-z][A-Za-z]+$/);
});

test("an error names itself", async () => {
  service.replace = (call, ask) =>
    call.path === PATHS.vaults ? new Response("", { status: 500 }) : ask();
  const error = await service.failure(
    (await service.authenticate()).resolve(BY_NAME),
    "serverError",
  );
  assert.equal(String(error), `OnePasswordError: ${error.message}`);
  assert.match(inspect(error), /OnePasswordError.*HTTP 500/);
  assert.match(error.stack, /client\.js/);
});
