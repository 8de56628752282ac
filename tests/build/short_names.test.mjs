// Short names: a module still works with its glue, and with no other.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { shortenNames } from "../../scripts/lib/short_names.mjs";
import { assemble } from "./support.mjs";

const TEXT = `(module
  (import "./op_bg.js" "__wbg_double_0123456789abcdef" (func $double (param i32) (result i32)))
  (import "./snippets/more.js" "more" (func $more (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "__wbindgen_hidden") (param i32) (result i32) (call $double (local.get 0)))
  (func (export "client_resolve") (param i32) (result i32) (call $more (local.get 0))))`;

const GLUE = `
function imports() {
    const import0 = {
        __proto__: null,
        __wbg_double_0123456789abcdef: function(arg0) {
            return arg0 * 2;
        },
    };
    return { "./op_bg.js": import0, "./snippets/more.js": { more: (arg0) => arg0 + 1 } };
}
function start(module) {
    const wasm = new WebAssembly.Instance(module, imports()).exports;
    return [wasm.__wbindgen_hidden(21), wasm.client_resolve(1), wasm.memory];
}
`;
const TYPES = "readonly __wbindgen_hidden: (a: number) => number;";

let wasm;
before(async () => {
  wasm = await assemble(TEXT);
});

const start = (glue, module) =>
  new Function("module", `${glue}; return start(module);`)(new WebAssembly.Module(module));

test("a module with short names runs with its glue", () => {
  const short = shortenNames({ wasm, js: GLUE, dts: TYPES });
  const [doubled, more, memory] = start(short.js, short.wasm);
  assert.deepEqual([doubled, more], [42, 2]);
  assert.ok(memory instanceof WebAssembly.Memory);
  assert.equal(short.dts, "readonly _0: (a: number) => number;");
  for (const text of [short.js, short.wasm.toString("latin1")]) {
    assert.doesNotMatch(text, /__wb|op_bg/);
    assert.match(text, /client_resolve/);
  }
});

test("a module does not link with the glue of another build", () => {
  const short = shortenNames({ wasm, js: GLUE, dts: TYPES });
  const other = shortenNames({ wasm, js: GLUE.replace("* 2", "* 3"), dts: TYPES });
  assert.throws(() => start(other.js, short.wasm), { message: /module is not an object/ });
});

test("an import must be defined exactly once in the glue", () => {
  const key = "__wbg_double_0123456789abcdef:";
  const none = GLUE.replace(key, "__wbg_other:");
  const twice = GLUE.replace(key, `${key} 0,\n${key}`);
  for (const [js, count] of [
    [none, 0],
    [twice, 2],
  ]) {
    assert.throws(() => shortenNames({ wasm, js, dts: TYPES }), {
      message: `The glue defines __wbg_double_0123456789abcdef ${count} times, not once.`,
    });
  }
});

test("a glue that does not name its module, or already uses a short name, is an error", () => {
  const unnamed = GLUE.replace("./op_bg.js", "./other.js");
  assert.throws(() => shortenNames({ wasm, js: unnamed, dts: TYPES }), {
    message: 'The glue has "./op_bg.js" 0 times, not once.',
  });
  const taken = `${GLUE}let _0;\n`;
  assert.throws(() => shortenNames({ wasm, js: taken, dts: TYPES }), {
    message: "The glue has a _0 of its own.",
  });
});
