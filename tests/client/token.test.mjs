// Tokens that cannot be used are refused before anything is sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../dist/index.js";
import { readToken } from "../emulator/raw_client.mjs";
import { alterToken, BY_NAME, encodeToken, SECRET, Service } from "./support.mjs";

const service = await Service.start();
const { token } = service;
const encoded = token.slice("ops_".length);

/** Authenticating with `auth` fails as `tokenInvalid`, sends nothing, and its message has `words`. */
async function refused(auth, words) {
  service.calls = [];
  const error = await service.failure(service.authenticate({ auth }), "tokenInvalid");
  assert.ok(error.message.includes(words), error.message);
  assert.deepEqual(service.paths, []);
  assert.equal(error.retryable, false);
}

/** The parent object of a member's path in a token's JSON, and the member's own name. */
function locate(json, path) {
  const names = path.split(".");
  const name = names.pop();
  return [names.reduce((object, key) => object[key], json), name];
}

function withMember(path, value) {
  return alterToken(token, (json) => {
    const [object, name] = locate(json, path);
    object[name] = value;
  });
}

const notStrings = [undefined, null, 42, true, {}, [token], new String(token), () => token];
for (const [index, auth] of notStrings.entries()) {
  test(`not a string, ${index}: ${typeof auth}`, () => refused(auth, `not ${typeof auth}`));
}

test("no configuration at all", async () => {
  for (const config of [undefined, null, {}]) {
    await service.failure(Client.authenticate(config), "tokenInvalid");
  }
});

const broken = {
  nothing: ["", "empty"],
  "white space": [" \n\t", "empty"],
  "the prefix alone": ["ops_", "JSON"],
  "no prefix": [encoded, "ops_"],
  "the prefix in capitals": [`OPS_${encoded}`, "ops_"],
  "a word before it": [`token: ${token}`, "ops_"],
  "not base64": [`ops_${encoded.slice(0, 100)}*${encoded.slice(100)}`, "base64url"],
  "not ASCII": [`ops_${encoded}é`, "base64url"],
  "white space inside": [`ops_${encoded.slice(0, 100)}\n${encoded.slice(100)}`, "base64url"],
  "not JSON": [encodeToken("a token"), "JSON"],
  "not UTF-8": [`ops_${Buffer.of(0xff, 0xfe, 0x7b).toString("base64url")}`, "JSON"],
  "JSON null": [encodeToken("null"), "JSON object"],
  "a JSON array": [encodeToken("[]"), "JSON object"],
  "a JSON string": [encodeToken(JSON.stringify(token)), "JSON object"],
  "two objects": [encodeToken("{}{}"), "JSON object"],
  "an empty object": [encodeToken("{}"), "userAuth.method"],
  "2 MB": [`ops_${"A".repeat(2_000_000)}`, "2000004 bytes"],
  "a token and 2 MB after it": [token + "A".repeat(2_000_000), "bytes long"],
  "2 MB in an unknown member": [
    alterToken(token, (json) => ({ ...json, more: "x".repeat(2_000_000) })),
    "bytes long",
  ],
  "nested without end": [encodeToken("[".repeat(10_000)), "JSON object"],
};
for (const [name, [auth, words]] of Object.entries(broken)) {
  test(name, () => refused(auth, words));
}

for (const length of [1, 4, 5, 6, 7, 8, 100, 101, 102, 103, token.length - 2, token.length - 1]) {
  test(`cut off after ${length} of ${token.length} characters`, () =>
    refused(token.slice(0, length), "the service-account token is not valid"));
}

const members = [
  "signInAddress",
  "email",
  "secretKey",
  "srpX",
  "muk",
  "muk.k",
  "userAuth",
  "userAuth.method",
  "userAuth.alg",
  "userAuth.salt",
  "deviceUuid",
  "throttleSecret",
  "throttleSecret.seed",
  "throttleSecret.uuid",
];
for (const path of members) {
  test(`without ${path}`, async () => {
    for (const value of [undefined, null, 5, "", false, [], {}, ["x"]]) {
      await refused(withMember(path, value), path);
    }
  });
}

const wrong = {
  srpX: ["", "0", "0f".repeat(31), "0f".repeat(33), `${"0f".repeat(31)}0`, "zz".repeat(32)],
  "muk.k": [31, 33, 16, 0].map((n) => Buffer.alloc(n, 7).toString("base64url")).concat("*"),
  "userAuth.salt": [15, 17].map((n) => Buffer.alloc(n, 7).toString("base64url")),
  "throttleSecret.seed": ["0f".repeat(31), "0f".repeat(33), "zz".repeat(32)],
  "throttleSecret.uuid": ['A"}', "A\r\nB", "é", "A".repeat(65)],
  deviceUuid: ["../../x", "a b", "a|b", "a\nb", "a?b", "a".repeat(65)],
  secretKey: ["A3", "A3-", "A3-ABCDE-FGHJK", "A3-ABCDEFG-HJK", "A2-ABCDEF-GHJ", "A3-ABC\nEF-G"],
  "userAuth.method": ["SRP-4096", "srpg-4096"],
  "userAuth.alg": ["PBES2-HS256", "none"],
};
for (const [path, values] of Object.entries(wrong)) {
  test(`a wrong ${path}`, async () => {
    for (const value of values) await refused(withMember(path, value), path);
  });
}

test("white space around a token is dropped", async () => {
  const client = await service.authenticate({ auth: `\r\n\t ${token} \n\r\n` });
  assert.equal(await client.resolve(BY_NAME), SECRET);
});

test("padding, the standard alphabet and unknown members are accepted", async () => {
  const json = JSON.stringify({ ...readToken(token), more: [null, "ÿ".repeat(20)] });
  const spellings = [json, `${json} `].map((text) => Buffer.from(text).toString("base64"));
  const base64 = spellings.find((spelling) => spelling.endsWith("="));
  assert.match(base64, /[+/].*=$/);
  const client = await service.authenticate({ auth: `ops_${base64}` });
  assert.equal(await client.resolve(BY_NAME), SECRET);
});
