// Masking (rows Mk), and 20,000 random texts in random pieces against a plain search.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMasker, MASK, maskStream } from "../../dist/env.js";

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

/** What is shown after each chunk, and at the end. */
function shown(secrets, chunks, { idle = false } = {}) {
  const masker = createMasker(secrets);
  const pieces = chunks.map((chunk) => {
    const now = decode(masker.write(chunk));
    return idle ? now + decode(masker.idle()) : now;
  });
  return [...pieces, decode(masker.end())];
}

const KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0\nshort\n-----END KEY-----\n";

/** id, secrets, chunks, what is shown in all */
const ROWS = [
  ["Mk1", ["hunter2"], ["pw hunter2 end"], `pw ${MASK} end`],
  ["Mk2", ["hunter2"], ["pw hun", "ter", "2 end"], `pw ${MASK} end`],
  ["Mk3", ["hunter2"], ["pw hunter"], "pw hunter"],
  ["Mk4", ["abc", "abcdef"], ["abcdef abcx"], `${MASK} ${MASK}x`],
  ["Mk4 pieces", ["abc", "abcdef"], ["abc", "def ", "abc", "x"], `${MASK} ${MASK}x`],
  ["Mk5", ["abc", "cde"], ["abcde"], MASK],
  ["Mk5 pieces", ["abc", "cde"], [..."abcde"], MASK],
  ["Mk6", ["aaab"], ["aaaab"], `a${MASK}`],
  ["Mk7", ["foo"], ["foofoo"], MASK],
  ["Mk7 pieces", ["foo"], ["foo", "foo", " foo"], `${MASK} ${MASK}`],
  ["Mk9", [KEY], ["a MIIEvQIBADANBg b\nkqhkiG9w0\nshort"], `a ${MASK} b\n${MASK}\nshort`],
  ["Mk9 whole", [KEY], [KEY], MASK],
  ["Mk9 CRLF", [KEY], ["MIIEvQIBADANBg\r\n"], `${MASK}\r\n`],
  ["Mk9 indented", ["  long-enough\nx"], ["long-enough"], MASK],
  ["Mk10", ["a\nb"], ["a\nb"], MASK],
  ["final newline", ["secret\n"], ["secret and secret\n."], `${MASK} and ${MASK}.`],
  ["final newlines", ["secret\n\n"], ["x secret y"], `x ${MASK} y`],
  ["blanks around it", [" secret\t"], ["x secret y"], `x ${MASK} y`],
  ["short without blanks", [" ab "], ["x ab y ab"], `x${MASK}y ab`],
  ["other line breaks", ["pw-1\npw-2"], ["pw-1\r\npw-2"], MASK],
  ["other line breaks, the other way", ["pw-1\r\npw-2"], ["pw-1\npw-2"], MASK],
  [
    "carriage returns alone",
    ["line-one-x\rline-two-x"],
    ["line-one-x|line-two-x"],
    `${MASK}|${MASK}`,
  ],
  ["empty", ["", " ", "\n\n"], ["a b\n\nc"], "a b\n\nc"],
  ["none", [], ["a b"], "a b"],
  ["inside another", ["bc", "abcd"], ["abcX", "abcd", "xbc"], `a${MASK}X${MASK}x${MASK}`],
];

for (const [id, secrets, chunks, expected] of ROWS) {
  test(`secrets are masked: ${id}`, () => {
    assert.equal(shown(secrets, chunks).join(""), expected);
    assert.equal(shown(secrets, [...chunks.join("")]).join(""), expected, "letter by letter");
  });
}

test("secrets are masked: Mk8, cut within a character", () => {
  const bytes = encode("é pässword€ €");
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const masker = createMasker(["pässword€"]);
    const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].map((piece) =>
      masker.write(piece),
    );
    assert.equal(decode(Buffer.concat([...pieces, masker.end()])), `é ${MASK} €`);
  }
});

test("secrets are masked: Mk11, what cannot be one is shown at once", () => {
  assert.deepEqual(shown(["hunter2"], ["say h"]), ["say ", "h"]);
  assert.deepEqual(shown(["hunter2"], ["say hunter2", "!"]), [`say ${MASK}`, "!", ""]);
});

test("a pause shows fewer than four bytes of a secret, and what follows is masked all the same", () => {
  const idle = { idle: true };
  assert.deepEqual(shown(["hunter2"], ["> h", "un", "ter", "2", "!"], idle), [
    "> h",
    "un",
    "",
    MASK,
    "!",
    "",
  ]);
  assert.deepEqual(shown(["hunter2"], ["hunt", "x"], idle), ["", "huntx", ""]);
  assert.deepEqual(shown(["bc", "abcd"], ["abc"], idle), ["", `a${MASK}`]);
});

test("a mask of one's own", () => {
  const masker = createMasker(["hunter2"], { mask: "***" });
  assert.equal(decode(masker.write("a hunter2")) + decode(masker.end()), "a ***");
});

test("a secret that is no string is refused", () => {
  assert.throws(() => createMasker([undefined]), { code: "argumentInvalid" });
});

test("a stream is masked, in bytes or text, and a prompt does not wait for more", async () => {
  const stream = maskStream(["hunter2"]);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const next = async () => decode((await reader.read()).value);
  writer.write("pass h");
  assert.equal(await next(), "pass ");
  assert.equal(await next(), "h", "after a pause");
  writer.write(encode("\nhunter"));
  assert.equal(await next(), "\n");
  writer.write(encode("2 hunter"));
  assert.equal(await next(), `${MASK} `);
  writer.close();
  assert.equal(await next(), "hunter");
  assert.equal((await reader.read()).done, true);
});

test("a reader or a writer that gives up ends nothing else", async (t) => {
  const uncaught = [];
  const note = (error) => uncaught.push(error);
  process.on("uncaughtException", note);
  t.after(() => process.off("uncaughtException", note));
  for (const giveUp of ["cancel", "abort"]) {
    const stream = maskStream(["hunter2"]);
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    writer.closed.catch(() => {});
    reader.closed.catch(() => {});
    await Promise.all([writer.write("a h"), reader.read()]);
    await (giveUp === "cancel" ? reader.cancel() : writer.abort());
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(uncaught, []);
});

// A plain search, for the same rule: whatever touches is one mask.
function expectedOf(secrets, text) {
  const covered = new Uint8Array(text.length);
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      covered.fill(1, at, at + secret.length);
    }
  }
  let result = "";
  for (let at = 0; at < text.length; at += 1) {
    if (covered[at] === 0) result += text[at];
    else if (covered[at - 1] !== 1) result += MASK;
  }
  return result;
}

test("20,000 random texts in random pieces are masked as by a plain search", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  let state = seed || 1;
  const random = (below) => {
    state = Math.imul(state, 48_271) % 0x7fffffff;
    if (state < 0) state += 0x7fffffff;
    return state % below;
  };
  const word = (most, letters) =>
    Array.from({ length: 1 + random(most) }, () => "abcdé "[random(letters)]).join("");
  for (let run = 0; run < 20_000; run += 1) {
    const letters = 2 + random(5);
    const secrets = Array.from({ length: 1 + random(5) }, () => word(7, letters).trim() || "a");
    const text = word(60, letters);
    const bytes = encode(text);
    const masker = createMasker(secrets);
    const pieces = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random(9));
      pieces.push(masker.write(bytes.slice(at, end)));
      at = end;
    }
    const masked = decode(Buffer.concat([...pieces, masker.end()]));
    assert.equal(masked, expectedOf(secrets, text), JSON.stringify({ seed, run, secrets, text }));
  }
});
