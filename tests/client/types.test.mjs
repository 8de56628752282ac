// The published types, in a project that asks for nothing but ES2022 and the DOM.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

const PROGRAM = `
import { Client, isOnePasswordError, type ErrorCode } from "onepassword-edge";
import { createEmulator, SAMPLE_REFERENCE } from "onepassword-edge/emulator";

export async function main(): Promise<string> {
  const emulator = await createEmulator();
  const client: Client = await Client.authenticate({
    auth: emulator.token,
    integrationName: "types",
    integrationVersion: "1",
    fetch: emulator.fetch,
    allowedHosts: ["127.0.0.1"],
  });
  try {
    return await client.secrets.resolve(SAMPLE_REFERENCE);
  } catch (error) {
    const code: ErrorCode | undefined = isOnePasswordError(error) ? error.code : undefined;
    return code ?? "";
  } finally {
    client.close();
  }
}

export const withGlobalFetch = Client.authenticate({
  auth: "",
  integrationName: "types",
  integrationVersion: "1",
  fetch,
});
`;

for (const [module, moduleResolution] of [
  ["NodeNext", "NodeNext"],
  ["Node16", "Node16"],
  ["ESNext", "Bundler"],
]) {
  test(`compiles with moduleResolution ${moduleResolution}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "types-"));
    try {
      const library = join(folder, "node_modules/onepassword-edge");
      mkdirSync(library, { recursive: true });
      cpSync(join(ROOT, "dist"), join(library, "dist"), { recursive: true });
      cpSync(join(ROOT, "package.json"), join(library, "package.json"));
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "main.ts"), PROGRAM);
      const compilerOptions = {
        ...{ target: "ES2022", lib: ["ES2022", "DOM"], types: [], strict: true, noEmit: true },
        ...{ skipLibCheck: false, module, moduleResolution },
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
      const { status, stdout } = spawnSync(process.execPath, [TSC, "-p", folder]);
      assert.equal(status, 0, stdout.toString());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
