// The glue as CommonJS: the same names, and nothing that only ES modules have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commonJsGlue } from "../../scripts/lib/commonjs.mjs";

const GLUE = `/* @ts-self-types="./op.d.ts" */
let glue = makeGlue(1);
export let { Client, Items } = glue;
function initSync() { return "sync"; }
async function init() { return "init"; }
export { initSync, init as default };
function renew() {
    glue = makeGlue(2);
    ({ Client, Items } = glue);
}
function makeGlue(number) {
class Client {
    static number = number;
    static renew() { renew(); }
}
class Items {}
return { Client, Items };
}
`;

test("it exports what the ES module exports, also when that changes", async () => {
  const exports = {};
  new Function("exports", commonJsGlue(GLUE))(exports);
  const names = ["Client", "Items", "__esModule", "default", "initSync"];
  assert.deepEqual(Object.getOwnPropertyNames(exports).sort(), names);
  assert.equal(exports.initSync(), "sync");
  assert.equal(await exports.default(), "init");
  assert.equal(exports.Client.number, 1);
  exports.Client.renew();
  assert.equal(exports.Client.number, 2);
});

test("a glue that exports or imports in another way is an error", () => {
  for (const glue of [
    GLUE.replace("init as default", "init as other"),
    GLUE.replace("export let", "export const"),
    `${GLUE}export const more = 5;\n`,
    `import "./more.js";\n${GLUE}`,
    `${GLUE}const here = import.meta.url;\n`,
    `${GLUE}const more = () => import("./more.js");\n`,
  ]) {
    assert.throws(() => commonJsGlue(glue), { message: /commonjs\.mjs does not know/ });
  }
});
