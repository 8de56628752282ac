// The glue as CommonJS: the same names, and nothing that only ES modules have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commonJsGlue } from "../../scripts/lib/commonjs.mjs";

const GLUE = `/* @ts-self-types="./op.d.ts" */
export class Client {
    static create() { return new Client(); }
}
export function helper() { return "export of nothing"; }
function initSync() { return "sync"; }
async function __wbg_init() { return "init"; }
export { initSync, __wbg_init as default };
`;

test("it exports what the ES module exports", async () => {
  const exports = {};
  new Function("exports", commonJsGlue(GLUE))(exports);
  const names = ["Client", "__esModule", "default", "helper", "initSync"];
  assert.deepEqual(Object.keys(exports).sort(), names);
  assert.ok(exports.Client.create() instanceof exports.Client);
  assert.equal(exports.initSync(), "sync");
  assert.equal(await exports.default(), "init");
});

test("a glue that exports or imports in another way is an error", () => {
  for (const glue of [
    GLUE.replace("__wbg_init as default", "__wbg_init as init"),
    `${GLUE}export const more = 5;\n`,
    `import "./more.js";\n${GLUE}`,
    `${GLUE}const here = import.meta.url;\n`,
    `${GLUE}const more = () => import("./more.js");\n`,
  ]) {
    assert.throws(() => commonJsGlue(glue), { message: /commonjs\.mjs does not know/ });
  }
});
