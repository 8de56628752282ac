// Base64 of sealed answers, as the shipped module decodes it: with vector instructions, of which a
// text of each length has other ones.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BY_ID, PATHS, SECRET, Service } from "./support.mjs";

/** More than several vectors of 16 bytes have in characters. */
const LENGTHS = 200;
/** Of base64url, and the first one once more. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_A";
const service = await Service.start();
const client = await service.authenticate();

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

/** Makes the answer longer by so many bytes, and spells its base64 as `spell` does. */
function answerWith(length, spell) {
  service.change = (answer) => {
    if (answer.path === PATHS.item) answer.json.padding = "x".repeat(length);
  };
  service.replace = async ({ path }, ask) => {
    const answer = await ask();
    if (path !== PATHS.item) return answer;
    const { data, ...rest } = await answer.json();
    return Response.json({ ...rest, data: spell(data) });
  };
}

const standard = (data) => data.replaceAll("-", "+").replaceAll("_", "/");
const padded = (data) => data.padEnd(Math.ceil(data.length / 4) * 4, "=");
const SPELLINGS = {
  base64url: (data) => data,
  "base64url with padding": padded,
  "base64 with padding": (data) => padded(standard(data)),
  "base64 without padding": standard,
  "both alphabets": (data) => data.replace("-", "+").replace("_", "/"),
};
for (const [name, spell] of Object.entries(SPELLINGS)) {
  test(`answers of ${LENGTHS} lengths in ${name}`, async () => {
    for (let length = 0; length < LENGTHS; length += 1) {
      answerWith(length, spell);
      assert.equal(await client.resolve(BY_ID), SECRET, `${length}`);
    }
  });
}

test("a letter that is none, at each place of a vector", async () => {
  for (let length = 0; length < 4; length += 1) {
    for (let place = 0; place < 64; place += 1) {
      const odd = "!.,:@[`{ \n\u0000é".at(place % 12);
      const from = (data) => (place % 2 === 0 ? place : data.length - 1 - place);
      answerWith(length, (data) => data.slice(0, from(data)) + odd + data.slice(from(data) + 1));
      await service.failure(client.resolve(BY_ID), "decryption", `${length}, ${place}`);
    }
  }
});

test("a length that none has, and bits after the last byte", async () => {
  for (let length = 0; length < 64; length += 1) {
    answerWith(length, (data) => data + "A".repeat((5 - (data.length % 4)) % 4));
    await service.failure(client.resolve(BY_ID), "decryption", `${length}`);
    // The last character of two or three has bits that have to be zero.
    answerWith(length, (data) => data.slice(0, -1) + DIGITS[DIGITS.indexOf(data.at(-1)) + 1]);
    await service.failure(client.resolve(BY_ID), "decryption", `${length}`);
  }
});

test("padding in the middle, and nothing but padding", async () => {
  for (const spell of [
    (data) => `${data.slice(0, 8)}=${data.slice(8)}`,
    (data) => `${data.slice(0, 8)}====${data.slice(8)}`,
    () => "====",
  ]) {
    answerWith(0, spell);
    await service.failure(client.resolve(BY_ID), "decryption");
  }
  service.replace = undefined;
  assert.equal(await client.resolve(BY_ID), SECRET);
});
