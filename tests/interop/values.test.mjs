// Odd values, beyond what is recorded: this client gives what the vendor's gives.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { vendorClient } from "./vendor.mjs";

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const COUNTRIES = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
const pem = (type, options) =>
  generateKeyPairSync(type, options).privateKey.export({ type: "pkcs8", format: "pem" });
const ED25519 = pem("ed25519");

/** Asks both clients for fields, each alone in an item, by every name of `parts`. */
async function compare(fields, parts = ["f"], deviations = {}) {
  const items = fields.map((field, n) => ({
    title: `item ${n}`,
    details: { sections: [{ name: "s", title: "", fields: [{ n: "f", t: "title", ...field }] }] },
  }));
  const references = items.flatMap(({ title }) => parts.map((part) => `op://v/${title}/${part}`));
  await compareItems(items, references, deviations);
}

async function compareItems(items, references, deviations = {}) {
  const emulator = await createEmulator({ account: { vaults: [{ name: "v", items }] } });
  const names = { integrationName: "interop", integrationVersion: "1" };
  const ours = await Client.authenticate({ auth: emulator.token, fetch: emulator.fetch, ...names });
  const theirs = await vendorClient(emulator);
  const [our, their] = await Promise.all(
    [ours, theirs].map(
      async ({ secrets }) => (await secrets.resolveAll(references)).individualResponses,
    ),
  );
  for (const reference of references) {
    const got = our[reference].content?.secret ?? "an error";
    const expected = deviations[reference] ?? their[reference].content?.secret ?? "an error";
    // Keys hold check bytes, which are random.
    const shown = (text) => (text.startsWith("-----BEGIN OPENSSH") ? "a key" : text);
    assert.equal(shown(got), shown(expected), reference);
  }
}

test("addresses of every country, whatever part is missing", async () => {
  const whole = { street: "S", city: "C", state: "T", zip: "Z" };
  const address = (v) => ({ k: "address", v });
  const fields = COUNTRIES.map((country) => address({ ...whole, country }));
  for (const country of ["US", "Germany", "xx", "", "uk", "USA", " de"])
    fields.push(address({ ...whole, country }));
  for (const country of ["us", "de", "gb", "jp", "cn", "ph", "tr", "kr", "xx"]) {
    for (let mask = 0; mask < 16; mask += 1) {
      const parts = Object.entries(whole).filter((_, n) => mask & (1 << n));
      fields.push(address({ ...Object.fromEntries(parts), country }));
    }
  }
  await compare(fields);
});

test("dates and months at their limits", async () => {
  const months = [
    0, 1, 12, 13, 100, 101, 1299, 2612, 9912, 9913, 10_001, 99_912, 100_001, 299_912, 300_001, -1,
    -201,
  ];
  const dates = [0, -1, -86_401, 32_503_679_999, 32_503_680_000, -62_135_596_801, 253_402_300_799];
  const both = (k, numbers) =>
    numbers.flatMap((v) => [v, String(v)].map((value) => ({ k, v: value })));
  await compare([...both("monthYear", months), ...both("date", dates)]);
});

test("SSH keys whose parts disagree", async () => {
  const attributes = {
    privateKey: ED25519,
    publicKey: "ssh-ed25519 AAAA",
    fingerprint: "SHA256:x",
    keyType: { t: "ed25519" },
  };
  const changes = [
    {},
    { privateKey: "" },
    { privateKey: undefined },
    { publicKey: 5 },
    { fingerprint: "" },
    { keyType: { t: "rsa" } },
    { keyType: { t: "rsa", c: 2048 } },
    { keyType: "ed25519" },
    { keyType: { t: "ecdsa" } },
  ];
  const values = [ED25519, "OTHER", "", undefined, pem("rsa", { modulusLength: 1024 })];
  const fields = changes.flatMap((change) =>
    values.map((v) => ({ k: "sshKey", v, a: { sshKeyAttributes: { ...attributes, ...change } } })),
  );
  const parts = [
    "f",
    "title",
    "private key",
    "public key",
    "fingerprint",
    "key type",
    "s/public key",
  ];
  await compare(fields, [...parts, "f?ssh-format=openssh", "public key?ssh-format=openssh"]);
});

test("private keys in PEM as people keep it", async () => {
  const rsa = pem("rsa", { modulusLength: 2048 });
  const keys = [
    ED25519.replaceAll("\n", "\r\n"),
    ED25519.replaceAll("\n", "\r"),
    `Bag Attributes\n${ED25519}`,
    `${ED25519}and more\n`,
    ED25519 + ED25519,
    ED25519.replaceAll("\n", "\n\t"),
    `\n\n  ${ED25519}`,
    rsa,
    pem("rsa", { modulusLength: 2047 }),
    pem("rsa", { modulusLength: 2048, publicExponent: 3 }),
    pem("ec", { namedCurve: "P-256" }),
    ED25519.replace("PRIVATE", "SECRET"),
  ];
  const a = {
    sshKeyAttributes: {
      privateKey: "x",
      publicKey: "ssh-ed25519 AAAA",
      fingerprint: "SHA256:x",
      keyType: { t: "ed25519" },
    },
  };
  await compare(
    keys.map((v) => ({ k: "sshKey", v, a })),
    ["f?ssh-format=openssh"],
  );
});

test("an id makes a field a one-time password", async () => {
  const v = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  for (const n of ["TOTP", "TOTPx", "TOTP_x", "totp_x", "Totpx", "xTOTP"]) {
    for (const k of ["concealed", "string"]) {
      await compare([{ k, n, v }], [`${n}?attribute=otp`, n]);
    }
  }
});

test("one-time passwords in odd URIs", async () => {
  const secret = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  const values = [
    `ot\npauth://totp/x?${secret}`,
    `otpauth://totp/x?se\tcret=GEZDGNBVGY3TQOJQ`,
    `otpauth://totp:abc/x?${secret}`,
    `otpauth://totp:99999/x?${secret}`,
    `otpauth://totp:80/x?${secret}`,
    `otpauth://totp:/x?${secret}`,
  ];
  await compare(
    values.map((v) => ({ k: "concealed", n: "TOTP_f", v })),
    ["TOTP_f?attribute=otp"],
  );
});

test("fields outside sections, and names that several things have", async () => {
  const built = (more) => ({ name: "n", type: "T", value: "v", ...more });
  const text = (n, t, v) => ({ k: "string", n, t, v });
  const items = [
    { title: "a", details: { password: "of the item" } },
    { title: "b", details: { password: "" } },
    { title: "c", details: { password: 5, notesPlain: 5 } },
    {
      title: "d",
      details: { password: "p", fields: [built({ designation: "password", type: "P" })] },
    },
    { title: "e", details: { notesPlain: "" } },
    {
      title: "f",
      details: {
        fields: [
          built({ id: "TOTP_x", designation: "password", type: "P", value: "GEZDGNBVGY3TQOJQ" }),
        ],
        sections: [{ name: "s", title: "t", fields: [text("a", "password", "in a section")] }],
      },
    },
  ];
  const parts = ["password", "notes", "notesPlain", "TOTP_x", "TOTP_x?attribute=otp", "t/password"];
  await compareItems(
    items,
    items.flatMap(({ title }) => parts.map((part) => `op://v/${title}/${part}`)),
  );
});
