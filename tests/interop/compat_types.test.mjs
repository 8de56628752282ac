// What onepassword-edge/compat exports is, to the compiler and at run time, what the vendor's
// package exports. The list of names is read from the vendor's declarations.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vendorDefault, * as vendor from "@1password/sdk";
import * as ours from "../../dist/compat/index.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const VENDOR = join(ROOT, "node_modules/@1password/sdk");
const declarations = readFileSync(join(VENDOR, "dist/types.d.ts"), "utf8");
const TYPES = [...declarations.matchAll(/^export (?:declare )?(?:interface|type|enum) (\w+)(<)?/gm)]
  .map(([, name, isGeneric]) => `${name}${isGeneric ? "<string, number>" : ""}`)
  .concat("DesktopAuth", "Client");
const METHODS = ["secrets", "items", "vaults", "environments", "groups"];
/** Of classes that hold something private, which makes them different to the compiler, the rest. */
const EXPRESSIONS = [
  ...METHODS.map((name) => `PACKAGE.Client["${name}"]`),
  'PACKAGE.Client["items"]["files"]',
  'PACKAGE.Client["items"]["shares"]',
  'Pick<typeof PACKAGE.Secrets, "validateSecretReference" | "generatePassword">',
  "Parameters<typeof PACKAGE.createClient>",
  "ReturnType<typeof PACKAGE.createClient>",
  ...[
    "DesktopAuth",
    "RateLimitExceededError",
    "AuthExpiredError",
    "DesktopSessionExpiredError",
  ].map((name) => `typeof PACKAGE.${name}`),
  ...["createClient", "throwError", "ReviverFunc", "ReplacerFunc", "READ_ITEMS", "NO_ACCESS"].map(
    (name) => `typeof PACKAGE.${name}`,
  ),
];

/** Compiles a program in a project that has both packages. */
function compile(program) {
  const folder = mkdtempSync(join(tmpdir(), "compat-"));
  try {
    const library = join(folder, "node_modules/onepassword-edge");
    mkdirSync(library, { recursive: true });
    mkdirSync(join(folder, "node_modules/@1password"));
    symlinkSync(VENDOR, join(folder, "node_modules/@1password/sdk"));
    cpSync(join(ROOT, "dist"), join(library, "dist"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(library, "package.json"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "main.ts"), program);
    const compilerOptions = {
      ...{ target: "ES2022", lib: ["ES2022", "DOM"], types: [], strict: true, noEmit: true },
      ...{ skipLibCheck: false, module: "NodeNext", moduleResolution: "NodeNext" },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const { status, stdout } = spawnSync(process.execPath, [TSC, "-p", folder]);
    return { status, output: stdout.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const IMPORTS = `
import * as vendor from "@1password/sdk";
import * as ours from "onepassword-edge/compat";
`;
/** Each can be assigned to the other. */
const bothWays = (type, n) => {
  const [their, our] = ["vendor", "ours"].map((name) => type.replaceAll("PACKAGE", name));
  return `
export const toVendor${n} = (value: ${our}): ${their} => value;
export const toOurs${n} = (value: ${their}): ${our} => value;`;
};

test("every type can be assigned to the vendor's, and the vendor's to it", () => {
  const types = [...TYPES.map((name) => `PACKAGE.${name}`), ...EXPRESSIONS];
  const { status, output } = compile(IMPORTS + types.map(bothWays).join(""));
  assert.equal(status, 0, output);
  assert.equal(TYPES.length, 59);
});

test("a type that differs is seen", () => {
  const changes = ['Omit<PACKAGE.Item, "notes">', "PACKAGE.Item & { more: string }"];
  const mixed = changes.map((type) => type.replace("PACKAGE", "ours"));
  const { output } = compile(`${IMPORTS}
export const missing = (value: ${mixed[0]}): vendor.Item => value;
export const more = (value: vendor.Item): ${mixed[1]} => value;
export const other = (value: ours.ItemState): vendor.VaultType => value;`);
  assert.equal(output.match(/error TS2/g)?.length, 3, output);
});

test("programs that import the default find the types in it, too", () => {
  const program = (name) => `
import sdk from "${name}";
export const client: Promise<sdk.Client> = sdk.createClient({
  auth: "", integrationName: sdk.DEFAULT_INTEGRATION_NAME, integrationVersion: "1",
});
export const login: sdk.ItemCategory = sdk.ItemCategory.Login;`;
  for (const name of ["@1password/sdk", "onepassword-edge/compat"]) {
    const { status, output } = compile(program(name));
    assert.equal(status, 0, `${name}: ${output}`);
  }
});

test("the same names are there at run time, with the same values", () => {
  const names = Object.keys(vendorDefault);
  const { default: own, ...exported } = ours;
  assert.equal(names.length, 39);
  for (const name of names) {
    assert.equal(typeof own[name], typeof vendorDefault[name], name);
    assert.equal(exported[name], own[name], name);
    if (typeof own[name] !== "function") assert.deepEqual(own[name], vendorDefault[name], name);
  }
  assert.deepEqual(new Set(Object.keys(own)), new Set(names));
});

function thrownBy(work) {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test("the error classes are thrown alike", () => {
  const texts = ["RateLimitExceeded", "AuthExpired", "DesktopSessionExpired", "Other"].map((name) =>
    JSON.stringify({ name, message: "m" }),
  );
  for (const text of [...texts, "no JSON"]) {
    const [theirs, own] = [vendor, ours].map(({ throwError }) => thrownBy(() => throwError(text)));
    assert.equal(own.message, theirs.message);
    assert.equal(own.constructor.name, theirs.constructor.name);
    assert.ok(own instanceof Error);
  }
});

test("JSON is read and written alike, but that numbers stay numbers", () => {
  const values = ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123456Z", "2024-01-02", "", 1, null];
  const both = [vendor, ours].map(({ ReviverFunc, ReplacerFunc }) => [
    ...["createdAt", "updatedAt", "title"].flatMap((key) => values.map((v) => ReviverFunc(key, v))),
    ...[new Uint8Array([1, 2]), new Date(0), [1], { a: 1 }, "x"].map((v) => ReplacerFunc("a", v)),
  ]);
  assert.deepEqual(both[1], both[0]);
  assert.deepEqual(ours.ReviverFunc("content", [1, 2]), [1, 2]);
});
