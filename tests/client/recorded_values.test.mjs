// Recorded one-time passwords and SSH keys: this client gives what the vendor's gave.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { ERROR_CODES } from "../../dist/index.js";
import { Service } from "./support.mjs";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));
const totp = vectors("totp.json");
const ssh = vectors("ssh.json");

// One-time passwords depend on the time.
mock.method(Date, "now", () => totp.now_ms);

/** A client of an account with one field in each item; the items are titled by their number. */
async function clientOf(fields) {
  const items = fields.map((field, index) => ({
    title: `case ${index}`,
    details: { sections: [{ name: "s", title: "", fields: [field] }] },
  }));
  const service = await Service.start({ account: { vaults: [{ name: "v", items }] } });
  return { service, client: await service.authenticate() };
}

/** The secret, or the code of the error. */
async function answerOf({ service, client }, reference) {
  try {
    return { secret: await client.resolve(reference) };
  } catch (error) {
    service.checkTellsNothing(error);
    return { error: error.code };
  }
}

test("one-time passwords", async () => {
  const fields = totp.cases.map(({ value }) => ({
    k: "concealed",
    n: "TOTP_x",
    t: "code",
    v: value,
  }));
  const asked = await clientOf(fields);
  for (const [index, { code, error }] of totp.cases.entries()) {
    const reference = `op://v/case ${index}/code?attribute=otp`;
    const expected = error === undefined ? { secret: code } : { error: "unableToGenerateTotpCode" };
    assert.deepEqual(await answerOf(asked, reference), expected, totp.cases[index].value);
  }
  assert.equal(totp.cases.length, 61);
});

/** The vendor's sentences begin like this. */
const SSH_ERRORS = {
  "SSH key formatting": "incompatibleSshKeyQueryParameterField",
  "TOTP attribute": "incompatibleTOTPQueryParameterField",
  "unable to retrieve SSH Key": "sSHKeyMetadataNotFound",
  "unable to properly parse": "unableToParsePrivateKey",
};

function codeOf(sentence) {
  const [, code] = Object.entries(SSH_ERRORS).find(([start]) => sentence.startsWith(start));
  assert.ok(ERROR_CODES.includes(code));
  return code;
}

/** The key without its check bytes, which are random: four of them, twice, after the public key. */
function withoutCheckBytes(pem) {
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]*-----|\n/g, ""), "base64");
  const publicKeyAt = "openssh-key-v1\0".length + 3 * 4 + 2 * "none".length + 4;
  const at = publicKeyAt + 4 + bytes.readUInt32BE(publicKeyAt) + 4;
  assert.deepEqual(bytes.subarray(at, at + 4), bytes.subarray(at + 4, at + 8));
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 8)]);
}

test("SSH keys", async () => {
  const asked = await clientOf(ssh.cases.map(({ field }) => field));
  let converted = 0;
  for (const [index, { name, results }] of ssh.cases.entries()) {
    for (const [field, { secret, error, nondeterministic }] of Object.entries(results)) {
      const answer = await answerOf(asked, `op://v/case ${index}/${field}`);
      if (nondeterministic) {
        assert.match(answer.secret, /^-----BEGIN OPENSSH PRIVATE KEY-----\n(.{1,70}\n)+-----END/);
        assert.deepEqual(withoutCheckBytes(answer.secret), withoutCheckBytes(secret), name);
        converted += 1;
      } else {
        const expected = error === undefined ? { secret } : { error: codeOf(error) };
        assert.deepEqual(answer, expected, `${name}: ${field}`);
      }
    }
  }
  assert.ok(converted >= 14, `${converted} keys were converted`);
});
