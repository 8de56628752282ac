// What the numbers were taken on and of.
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packageJson, ROOT } from "../scripts/lib/paths.mjs";
import { ask } from "../scripts/lib/run.mjs";

const GIB = 2 ** 30;
const read = (path) => readFileSync(join(ROOT, path));
const sizes = (bytes) => ({ bytes: bytes.length, zipped: gzipSync(bytes, { level: 9 }).length });

export function describeMachine() {
  const vendor = JSON.parse(read("node_modules/@1password/sdk/package.json"));
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: ask("git", ["describe", "--always", "--dirty"], { cwd: ROOT }),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / GIB),
    system: `${process.platform} ${release()}, ${process.arch}`,
    node: process.version,
    version: packageJson().version,
    vendorVersion: vendor.version,
    wasm: sizes(read("dist/wasm/op.wasm")),
    vendorWasm: sizes(read("node_modules/@1password/sdk-core/nodejs/core_bg.wasm")),
  };
}
