// Published vectors and independent implementations for the emulator's own arithmetic and formats.
import assert from "node:assert/strict";
import { createDiffieHellman, createDiffieHellmanGroup, randomBytes } from "node:crypto";
import { test } from "node:test";
import { fromBase64url, fromBigInt, toBase64url } from "../../dist/emulator/encoding.js";
import { isObjectId, mintId, toBase32 } from "../../dist/emulator/ids.js";
import { G, multiplier, N, parseUserA, powN } from "../../dist/emulator/srp.js";
import { openPublicToken, preAuthEncode } from "../../dist/emulator/throttle.js";

const bytes = (text) => new TextEncoder().encode(text);

test("RFC 4648 §10: base32, and base64url without padding", () => {
  const vectors = [
    ["", "", ""],
    ["f", "my", "Zg"],
    ["fo", "mzxq", "Zm8"],
    ["foo", "mzxw6", "Zm9v"],
    ["foob", "mzxw6yq", "Zm9vYg"],
    ["fooba", "mzxw6ytb", "Zm9vYmE"],
    ["foobar", "mzxw6ytboi", "Zm9vYmFy"],
  ];
  for (const [text, base32, base64] of vectors) {
    assert.equal(toBase32(bytes(text)), base32);
    assert.equal(toBase64url(bytes(text)), base64);
    assert.deepEqual(fromBase64url(base64), bytes(text));
  }
});

test("base64url decodes strictly", () => {
  for (const text of ["Zg==", "+w", "/w", "Z", "Zh", " Zg"]) {
    assert.equal(fromBase64url(text), undefined, text);
  }
});

test("ids are 26 characters of which the last has two bits of zero", () => {
  const last = new Set();
  for (let count = 0; count < 500; count += 1) {
    const id = mintId();
    assert.ok(isObjectId(id), id);
    last.add(id.at(-1));
  }
  assert.deepEqual([...last].sort(), [..."4aeimquy"]);
  for (const id of ["", "a".repeat(25), "a".repeat(27), `${"a".repeat(25)}b`, "A".repeat(26)]) {
    assert.ok(!isObjectId(id), id);
  }
});

test("the group is that of RFC 3526 §5, and its powers are right", () => {
  const prime = createDiffieHellmanGroup("modp16").getPrime("hex");
  assert.equal(N.toString(16), prime);
  const peer = createDiffieHellman(prime, "hex", 5);
  const x = randomBytes(32);
  peer.setPrivateKey(x);
  const expected = BigInt(`0x${peer.generateKeys("hex")}`);
  assert.equal(powN(G, BigInt(`0x${x.toString("hex")}`)), expected);
  assert.equal(powN(G, 0n), 1n);
  assert.equal(powN(N - 1n, 2n), 1n);
});

test("the multiplier k is the one that was observed", async () => {
  assert.match((await multiplier()).toString(16), /^3509477e[0-9a-f]{52}4dd2$/);
});

test("numbers become bytes, padded and not", () => {
  assert.deepEqual(fromBigInt(0n), new Uint8Array());
  assert.deepEqual(fromBigInt(0x5n), Uint8Array.of(5));
  assert.deepEqual(fromBigInt(0x1ffn), Uint8Array.of(1, 255));
  assert.deepEqual(fromBigInt(0x1ffn, 4), Uint8Array.of(0, 0, 1, 255));
});

test("userA is lower-case hex without leading zeros, below N", () => {
  assert.equal(parseUserA("abc"), 0xabcn);
  assert.equal(parseUserA((N - 1n).toString(16)), N - 1n);
  for (const hex of ["", "0", "0abc", "ABC", "0x1", N.toString(16)]) {
    assert.equal(parseUserA(hex), undefined, hex);
  }
});

test("PASETO: pre-authentication encoding", () => {
  const hex = (...parts) => Buffer.from(preAuthEncode(...parts)).toString("hex");
  assert.equal(hex(), "0000000000000000");
  assert.equal(hex(bytes("")), "01000000000000000000000000000000");
  assert.equal(hex(bytes("test")), "0100000000000000040000000000000074657374");
});

// https://github.com/paseto-standard/test-vectors, v4.json
const PUBLIC_KEY = "1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2";
const MESSAGE = '{"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"}';
const BODY =
  "eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9";
const FOOTER = '{"kid":"zVhMiPBP9fRf2snEcT7gFTioeA9COcNy9DfgL1W60haN"}';
const SEALED_FOOTER = Buffer.from(FOOTER).toString("base64url");
const PASETO = {
  "4-S-1": {
    token: `v4.public.${BODY}bg_XBBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA`,
    footer: "",
    implicit: "",
  },
  "4-S-2": {
    token: `v4.public.${BODY}v3Jt8mx_TdM2ceTGoqwrh4yDFn0XsHvvV_D0DtwQxVrJEBMl0F2caAdgnpKlt4p7xBnx1HcO-SPo8FPp214HDw.${SEALED_FOOTER}`,
    footer: FOOTER,
    implicit: "",
  },
  "4-S-3": {
    token: `v4.public.${BODY}NPWciuD3d0o5eXJXG5pJy-DiVEoyPYWs1YSTwWHNJq6DZD3je5gf-0M4JR9ipdUSJbIovzmBECeaWmaqcaP0DQ.${SEALED_FOOTER}`,
    footer: FOOTER,
    implicit: '{"test-vector":"4-S-3"}',
  },
};
for (const [name, { token, footer, implicit }] of Object.entries(PASETO)) {
  test(`PASETO test vector ${name}`, async () => {
    const raw = Buffer.from(PUBLIC_KEY, "hex");
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    assert.equal(await openPublicToken(key, token, footer, implicit), MESSAGE);
    assert.equal(await openPublicToken(key, token, footer, `${implicit}x`), undefined);
    assert.equal(await openPublicToken(key, token, `${footer}x`, implicit), undefined);
    const spoiled = token.replace("eyJk", "eyJl");
    assert.equal(await openPublicToken(key, spoiled, footer, implicit), undefined);
    const version3 = token.replace("v4.", "v3.");
    assert.equal(await openPublicToken(key, version3, footer, implicit), undefined);
  });
}
