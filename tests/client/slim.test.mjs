// The entry that is given its wasm: what it takes, and that nothing wrong is kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client as Main } from "../../dist/index.js";
import { Client, isOnePasswordError } from "../../dist/slim.js";
import { BY_NAME, SECRET, Service } from "./support.mjs";

const bytes = readFileSync(new URL("../../dist/wasm/op.wasm", import.meta.url));
const service = await Service.start();
const config = {
  auth: service.token,
  fetch: service.fetch,
  integrationName: "slim",
  integrationVersion: "1",
};
const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

/** A module that is valid and not ours. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const WRONG = {
  nothing: [undefined, "argumentInvalid", /wasm must be/],
  "another module": [EMPTY, "unsupported", /not this package's/],
  "no module": [Uint8Array.of(1, 2, 3), "unsupported", /could not be compiled/],
  "a promise that fails": [() => Promise.reject(new Error("gone")), "unsupported", /be had/],
  "an answer of another kind": [
    () => new Response("gone", { status: 404 }),
    "unsupported",
    /could not be had/,
  ],
};

for (const [name, [wasm, code, words]] of Object.entries(WRONG)) {
  test(`given ${name}`, async () => {
    const error = await Client.authenticate({ ...config, wasm }).catch((thrown) => thrown);
    assert.ok(isOnePasswordError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
  });
}

test("what a wrong one throws is told in words, without keys and what does something to a terminal", async () => {
  const token = `ops_${"eyJ".padEnd(500, "A")}`;
  const odd = "\u001b[2J\u202e\n";
  const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  const endless = new Error("round");
  endless.cause = endless;
  for (const [thrown, words] of [
    [new Error(`${odd}${token} end`), "Error: \\u{1b}[2J\\u{202e}\\u{a}… end"],
    [{ message: "\u202e", request: { authorization: token } }, "\\u{202e}"],
    [new TypeError("fetch failed", { cause: refused }), "TypeError: fetch failed: ECONNREFUSED"],
    [{ name: "N", message: "m", code: token }, "N: m"],
    [endless, "Error: round"],
    [token, "…"],
    ["gone", "gone"],
    [undefined, ""],
    [{ name: 5 }, ""],
    [
      {
        get message() {
          throw token;
        },
      },
      "",
    ],
    [new Error("word ".repeat(1_000)), `Error: ${"word ".repeat(1_000)}`.slice(0, 300)],
  ]) {
    for (const wasm of [() => Promise.reject(thrown), () => fails(thrown)]) {
      const error = await Client.authenticate({ ...config, wasm }).catch((one) => one);
      assert.equal(error.code, "unsupported");
      assert.deepEqual([error.cause.message, Object.keys(error.cause)], [words, []]);
      assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(token.slice(0, 40)));
    }
  }
  const answer = { ok: false, status: odd, arrayBuffer() {} };
  const error = await Client.authenticate({ ...config, wasm: answer }).catch((one) => one);
  assert.ok(error.cause.message.endsWith("HTTP \\u{1b}[2J\\u{202e}\\u{a}"), error.cause.message);
});

const fails = (thrown) => {
  throw thrown;
};

test("a good one beside a wrong one, at the same time and later", async () => {
  const wrong = Client.authenticate({ ...config, wasm: EMPTY });
  const good = Client.authenticate({ ...config, wasm: Promise.resolve(bytes) });
  await assert.rejects(wrong, { code: "unsupported" });
  assert.equal(await (await good).resolve(BY_NAME), SECRET);
});

test("in every form, and beside the main entry", async () => {
  const response = () =>
    new Response(bytes, { headers: { "Content-Type": "application/octet-stream" } });
  const forms = [bytes, new WebAssembly.Module(bytes), response(), async () => response()];
  for (const wasm of forms) {
    assert.equal(await (await Client.authenticate({ ...config, wasm })).resolve(BY_NAME), SECRET);
  }
  assert.equal(await (await Main.authenticate(config)).resolve(BY_NAME), SECRET);
});

test("a promise that is not needed may fail, and a function is not called", async () => {
  await Client.authenticate({ ...config, wasm: Promise.reject(new Error("not needed")) });
  const wasm = () => assert.fail("called");
  await Client.authenticate({ ...config, wasm });
  const early = Client.authenticate({ ...config, auth: 5, wasm: Promise.reject(new Error("x")) });
  await assert.rejects(early, { code: "tokenInvalid" });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unhandled, []);
});
