// The package as it is installed: how it loads, and what it needs for that.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { afterEach, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BY_NAME, copyPackage, SECRET, Service } from "./support.mjs";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Runs a program beside the installed package; returns what it prints. */
function runBeside(fileName, program, ...options) {
  const { folder } = copyPackage();
  writeFileSync(join(folder, fileName), program);
  const { stdout, stderr, status } = spawnSync(process.execPath, [...options, fileName], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const MAIN = `(async () => {
  const emulator = await createEmulator();
  const client = await Client.authenticate({
    auth: emulator.token,
    fetch: emulator.fetch,
    integrationName: "package",
    integrationVersion: "1",
  });
  console.log((await client.resolve(SAMPLE_REFERENCE)) === SAMPLE_SECRET);
})();`;
const EMULATOR_NAMES = "{ createEmulator, SAMPLE_REFERENCE, SAMPLE_SECRET }";

test("require()", () => {
  const program = `const { Client } = require("onepassword-edge");
    const ${EMULATOR_NAMES} = require("onepassword-edge/emulator");
    ${MAIN}`;
  assert.equal(runBeside("main.cjs", program), "true\n");
});

test("import", () => {
  const program = `import { Client } from "onepassword-edge";
    import ${EMULATOR_NAMES} from "onepassword-edge/emulator";
    ${MAIN}`;
  assert.equal(runBeside("main.mjs", program), "true\n");
});

const { exports: EXPORTED, typesVersions } = JSON.parse(
  readFileSync(join(DIST, "../package.json"), "utf8"),
);
/** Every subpath that is a program. */
const SUBPATHS = Object.keys(EXPORTED).filter((path) => typeof EXPORTED[path] === "object");
/** Those that are CommonJS, too: all but what is for Workers. */
const COMMONJS = SUBPATHS.filter((path) => EXPORTED[path].require !== undefined);
/** Prints whether `work(required, imported, path)` holds for each subpath. */
const forEachSubpath = (work, paths = SUBPATHS) => `(async () => {
    for (const path of ${JSON.stringify(paths)}) {
      const name = "onepassword-edge" + path.slice(1);
      const [required, imported] = [require(name), await import(name)];
      const holds = ${work};
      if (!holds(required, imported, path)) console.log(path);
    }
    console.log("done");
  })();`;
/** How Jest's own `require()`, and Node before 20.19, see it. */
const NO_ES_MODULES = "--no-experimental-require-module";

test("import and require() give one copy of each entry", () => {
  const work = `(required, imported) => Object.keys(imported).length > 0 &&
    Object.keys(imported).every((key) => required[key] === imported[key])`;
  assert.equal(runBeside("main.cjs", forEachSubpath(work)), "done\n");
});

test("where require() loads no ES modules it finds the same names, as CommonJS", () => {
  const work = `(required, imported, path) =>
    require.resolve("onepassword-edge" + path.slice(1)).includes("cjs") &&
    Object.keys(imported).every((key) => typeof required[key] === typeof imported[key])`;
  assert.equal(runBeside("main.cjs", forEachSubpath(work, COMMONJS), NO_ES_MODULES), "done\n");
});

test("as CommonJS it reads secrets, and errors of both copies are errors of each", () => {
  const program = `const { Client, OnePasswordError, isOnePasswordError } = require("onepassword-edge");
    const ${EMULATOR_NAMES} = require("onepassword-edge/emulator");
    import("onepassword-edge").then(async (other) => {
      const [error, theirs] = await Promise.all(
        [Client, other.Client].map((each) => each.authenticate({ auth: "" }).catch((e) => e)),
      );
      console.log(Client !== other.Client, isOnePasswordError(theirs), other.isOnePasswordError(error));
      console.log(theirs instanceof OnePasswordError, error instanceof other.OnePasswordError);
    });
    ${MAIN}`;
  const lines = runBeside("main.cjs", program, NO_ES_MODULES).trim().split("\n").sort();
  assert.deepEqual(lines, ["true", "true true", "true true true"]);
});

test("the module is there once as bytes and once as text, whatever the format", () => {
  const bytes = readFileSync(join(DIST, "wasm/op.wasm"));
  const [start, text] = [bytes.subarray(0, 64), bytes.subarray(0, 48).toString("base64")];
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const holding = files.filter((file) => {
    const content = readFileSync(file);
    return content.includes(start) || content.includes(text);
  });
  const names = holding.map((file) => file.slice(DIST.length + 1)).sort();
  assert.deepEqual(names, ["wasm/op.wasm", "wasm/op_inline.js"]);
});

test("what knows no exports finds the types of each subpath", () => {
  const subpaths = SUBPATHS.filter((path) => path !== ".").map((path) => path.slice(2));
  assert.deepEqual(Object.keys(typesVersions["*"]).sort(), subpaths.sort());
  for (const [name, [types]] of Object.entries(typesVersions["*"])) {
    const { require: required, default: byDefault } = EXPORTED[`./${name}`];
    assert.equal(types, (required ?? byDefault).replace(/\.js$/, ".d.ts"));
    assert.ok(statSync(join(DIST, "..", types)).isFile());
  }
});

test("what is not exported cannot be had", () => {
  const program = `for (const path of ["dist/client.js", "dist/wasm/op.js", "emulator/account"]) {
      try {
        require("onepassword-edge/" + path);
      } catch ({ code }) {
        console.log(code);
      }
    }`;
  assert.equal(runBeside("main.cjs", program), "ERR_PACKAGE_PATH_NOT_EXPORTED\n".repeat(3));
});

/** What the modules of a folder import: `[file, specifier]`. */
function importsIn(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  return files.flatMap((name) => {
    const code = readFileSync(join(folder, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    const found = code.matchAll(/\b(?:from|import|require)\s*\(?\s*(["'`])(.+?)\1/g);
    return [...found].map(([, , specifier]) => [name, specifier]);
  });
}

const COMMAND = "cli.js";

test("the client imports nothing from outside the package", () => {
  const all = [...importsIn(DIST), ...importsIn(join(DIST, "wasm"))];
  const imports = all.filter(([name]) => name !== COMMAND);
  assert.ok(imports.length > 5);
  for (const [name, specifier] of imports) assert.match(specifier, /^\.\//, name);
});

test("the command imports Node's modules alone", () => {
  const imports = importsIn(DIST).filter(([name]) => name === COMMAND);
  assert.ok(imports.length > 3);
  for (const [, specifier] of imports) assert.ok(isBuiltin(specifier), specifier);
});

test("the emulator imports nothing of the client, and Node's modules only to listen", () => {
  const imports = importsIn(join(DIST, "emulator"));
  const outside = imports.filter(([, specifier]) => !specifier.startsWith("./"));
  assert.deepEqual(outside, [["serve.js", "node:http"]]);
});

/** A copy of the package that is loaded for the first time; `onCompile` is told when it compiles. */
async function freshPackage(onCompile) {
  const real = WebAssembly.compile;
  const { size } = statSync(join(DIST, "wasm/op.wasm"));
  mock.method(WebAssembly, "compile", (source, ...rest) => {
    // Node's own fetch has a wasm as well.
    if (source.byteLength === size) onCompile();
    return real(source, ...rest);
  });
  return import(copyPackage().entry);
}

afterEach(() => mock.restoreAll());

const service = await Service.start();
const { token: auth, fetch } = service;
const config = { auth, fetch, integrationName: "package", integrationVersion: "1" };

test("the wasm is compiled when it is first needed, and once", async () => {
  let compiled = 0;
  const { Client } = await freshPackage(() => {
    compiled += 1;
  });
  await assert.rejects(Client.authenticate({}), { code: "tokenInvalid" });
  assert.equal(compiled, 0);
  const clients = await Promise.all([1, 2, 3].map(() => Client.authenticate(config)));
  for (const client of clients) assert.equal(await client.resolve(BY_NAME), SECRET);
  assert.equal(compiled, 1);
});

test("nothing is installed with it", () => {
  const manifest = JSON.parse(readFileSync(join(DIST, "../package.json"), "utf8"));
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    assert.equal(Object.hasOwn(manifest, kind), false, kind);
  }
});

test("a failed load is not remembered", async () => {
  let failures = 2;
  const { Client, isOnePasswordError } = await freshPackage(() => {
    failures -= 1;
    if (failures >= 0) throw new WebAssembly.CompileError("not allowed here");
  });
  for (let round = 0; round < 2; round += 1) {
    const error = await Client.authenticate(config).catch((thrown) => thrown);
    assert.ok(isOnePasswordError(error));
    assert.equal(error.code, "unsupported");
    assert.match(error.cause.message, /not allowed here/);
    service.checkTellsNothing(error);
  }
  assert.equal(await (await Client.authenticate(config)).resolve(BY_NAME), SECRET);
  assert.equal(failures, -1);
});
