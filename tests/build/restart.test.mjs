// What the build does to the glue so that it survives a trap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { restartable } from "../../scripts/lib/restart.mjs";

const GLUE = `/* @ts-self-types="./op.d.ts" */
export class Client {
    static __wrap(ptr) {
        return Object.create(Client.prototype);
    }
    static create(options) {
        const ret = wasm.client_create(options);
        return ret;
    }
    close() {
        wasm.client_close(this.__wbg_ptr);
    }
    resolve(reference) {
        const ret = wasm.client_resolve(reference);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
const takeFromExternrefTable0 = (it) => it;
let cachedDataViewMemory0 = null;
let cachedUint8ArrayMemory0 = null;
let wasmModule, wasmInstance, wasm, __wbg_init_promise;
function initSync({ module }) {
    if (wasm !== undefined) return wasm;
    const instance = { exports: module() };
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    __wbg_init_promise = undefined;
    return wasm;
}
async function __wbg_init({ module_or_path }) {
    return initSync({ module: module_or_path });
}
export { initSync, __wbg_init as default };
`;

/** A module whose exports are these; the glue that runs it. */
async function run(exports, glue = GLUE) {
  const url = `data:text/javascript,${encodeURIComponent(restartable(glue))}//${Math.random()}`;
  const loaded = await import(url);
  const memory = { buffer: new ArrayBuffer(2 ** 17) };
  new Uint8Array(memory.buffer).fill(7, 2 ** 16);
  loaded.initSync({ module: () => ({ memory, __wbindgen_externrefs: [], ...exports }) });
  return { glue: loaded, memory };
}

const trap = () => {
  throw new WebAssembly.RuntimeError("unreachable");
};
const OVER = { name: "OnePasswordError", code: "closed", retryable: true };

for (const [name, thrown] of [
  ["a trap", new WebAssembly.RuntimeError("unreachable")],
  ["a stack that is too deep", new RangeError("Maximum call stack size exceeded")],
]) {
  test(`${name} ends the instance and its calls; the next begins by itself`, async () => {
    let traps = false;
    const waiting = new Promise(() => {});
    const exports = {
      client_create: () => (traps ? assert.fail() : "made"),
      client_close: () => {},
      client_resolve: (reference) => {
        if (reference !== "trap") return [waiting, 0, 0];
        throw thrown;
      },
    };
    const { glue, memory } = await run(exports);
    const { Client } = glue;
    const client = Client.__wrap(1);
    const pending = client.resolve("x");
    await assert.rejects(client.resolve("trap"), OVER);
    await assert.rejects(pending, OVER);
    await assert.rejects(client.resolve("x"), OVER);
    traps = true;
    assert.throws(() => Client.create(), OVER);
    client.close();
    traps = false;
    assert.ok(
      new Uint8Array(memory.buffer).every((byte) => byte === 0),
      "not wiped",
    );
    assert.notEqual(glue.Client, Client);
    assert.equal(glue.Client.create(), "made");
  });
}

test("what is no trap passes, and the instance goes on", async () => {
  const thrown = new Error("null pointer passed to rust");
  const exports = {
    client_create: () => {
      throw thrown;
    },
    client_resolve: () => [Promise.resolve("value"), 0, 0],
  };
  const { glue } = await run(exports);
  assert.throws(() => glue.Client.create(), thrown);
  assert.equal(await glue.Client.__wrap(1).resolve("x"), "value");
});

test("what closes may trap, and says nothing", async () => {
  const { glue } = await run({ client_close: trap, client_create: () => "made" });
  glue.Client.__wrap(1).close();
  assert.equal(glue.Client.create(), "made");
});

test("requests are aborted", async () => {
  const controller = new AbortController();
  const things = {
    length: 3,
    get: (at) => [undefined, controller, new Proxy({}, { getPrototypeOf: trap })][at],
  };
  const { glue } = await run({ client_close: trap, __wbindgen_externrefs: things });
  glue.Client.__wrap(1).close();
  assert.ok(controller.signal.aborted);
});

test("a glue of another form is an error", () => {
  for (const part of [
    "export class Client",
    "wasm = instance.exports;",
    "if (ret[2]) {",
    "export { initSync, __wbg_init as default };",
    "cachedDataViewMemory0 = ",
  ]) {
    assert.throws(() => restartable(GLUE.replace(part, "")), { message: /^The glue has/ }, part);
  }
});
