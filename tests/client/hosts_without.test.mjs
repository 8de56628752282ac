// Hosts that lack what the package is made of: one error that says what, and no request. Each in a
// process of its own, where it is missing before the package is loaded.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { createEmulator } from "../../dist/emulator/index.js";

const ENTRY = new URL("../../dist/index.js", import.meta.url).href;
const { token } = await createEmulator();

const HOSTS = {
  WebAssembly: "delete globalThis.WebAssembly",
  fetch: "delete globalThis.fetch",
  "globalThis.crypto": "delete globalThis.crypto",
  "crypto.subtle": `Object.defineProperty(crypto, "subtle", { value: undefined })`,
};

// Twice: that a failure is not remembered must not make another of it.
const program = (name, breakHost) => `
  ${breakHost};
  const { Client, isOnePasswordError, OnePasswordError } = await import(${JSON.stringify(ENTRY)});
  const seen = [];
  const fetch = () => seen.push("a request");
  const config = {
    auth: process.argv[1],
    integrationName: "hosts",
    integrationVersion: "1",
    ${name === "fetch" ? "" : "fetch,"}
  };
  process.on("unhandledRejection", () => seen.push("another rejection"));
  for (const _ of [1, 2]) {
    await Client.authenticate(config).then(
      () => seen.push("a client"),
      (error) => seen.push({
        own: error instanceof OnePasswordError && isOnePasswordError(error),
        code: error.code,
        message: error.message,
        retryable: error.retryable,
      }),
    );
  }
  await new Promise((resolve) => setTimeout(resolve));
  console.log(JSON.stringify(seen));
`;

for (const [name, breakHost] of Object.entries(HOSTS)) {
  test(`a host without ${name}`, () => {
    const args = ["--input-type=module", "--eval", program(name, breakHost), token];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    const seen = JSON.parse(stdout);
    assert.equal(seen.length, 2, stdout);
    for (const error of seen) {
      assert.ok(error.message?.includes(`no ${name}`), stdout);
      assert.ok(!error.message.includes(token.slice(4, 40)));
      const { own, code, retryable } = error;
      assert.deepEqual(
        { own, code, retryable },
        { own: true, code: "unsupported", retryable: false },
      );
    }
  });
}
