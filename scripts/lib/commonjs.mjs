// The package as CommonJS, for what cannot require() ES modules: Jest, TypeScript in older modes.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutDocs } from "./glue.mjs";
import { Failure } from "./run.mjs";
import { filesUnder } from "./stamp.mjs";

/** In place of what is set for ES modules. */
export const COMMONJS = [
  ...["--module", "commonjs", "--moduleResolution", "bundler"],
  ...["--verbatimModuleSyntax", "false"],
];

/** Its own scope, in which `.js` is CommonJS. */
const SCOPE = { type: "commonjs", sideEffects: false };

/** Entries that import the module as such, which `require()` cannot, and what is for Workers alone. */
const NOT_REQUIRED = [
  ...["workerd", "edge"],
  ...["durable_object", "durable_object_elsewhere", "durable_client"],
];
const NOT_REQUIRED_FOLDER = "durable";

/** The bytes are there once, as op.wasm, and are read when they are first needed. */
const INLINE = `// Made by scripts/build.mjs: op.wasm in base64.
Object.defineProperties(exports, {
  __esModule: { value: true },
  default: {
    get: () =>
      require("node:fs").readFileSync(
        require("node:path").join(__dirname, "../../wasm/op.wasm"),
        "base64",
      ),
  },
});
`;

const CLASSES = /^export let \{ ([\w, ]+) \} = glue;$/m;
const EXPORT_LIST = /^export \{ initSync, init as default \};$/m;

/** The glue with `exports` in place of `export`. Its classes change where the module starts anew. */
export function commonJsGlue(glue) {
  const [, classes = ""] = CLASSES.exec(glue) ?? [];
  const all = ["__esModule: { value: true }", "initSync: { value: initSync }"];
  all.push("default: { value: init }");
  for (const name of classes.split(", ")) all.push(`${name}: { get: () => ${name} }`);
  const code = glue
    .replace(CLASSES, "let { $1 } = glue;")
    .replace(EXPORT_LIST, `Object.defineProperties(exports, { ${all.join(", ")} });`);
  const isKnown = classes !== "" && code.includes("exports, {");
  if (/^(export|import)\b|\bimport(\.|\()/m.test(code) || !isKnown) {
    throw new Failure("The glue imports or exports in a way that commonjs.mjs does not know.");
  }
  return `"use strict";\n${code}`;
}

/** Completes what the compiler has written to `folder`; `wasm` is the folder of the module. */
export function finishCommonJs(folder, wasm) {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(SCOPE)}\n`);
  for (const name of NOT_REQUIRED) {
    for (const extension of [".js", ".d.ts"]) rmSync(join(folder, name + extension));
  }
  rmSync(join(folder, NOT_REQUIRED_FOLDER), { recursive: true });
  const to = join(folder, "wasm");
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "op.js"), commonJsGlue(readFileSync(join(wasm, "op.js"), "utf8")));
  writeFileSync(join(to, "op_inline.js"), INLINE);
  for (const name of ["op.d.ts", "op_inline.d.ts"]) cpSync(join(wasm, name), join(to, name));
  for (const path of filesUnder(folder).filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const text = readFileSync(path, "utf8");
    // Names of its own are looked up in its own scope, which has none.
    const code = text.replaceAll('"#client"', '"../index.js"');
    writeFileSync(path, path.endsWith(".js") ? withoutDocs(code) : code);
  }
}
