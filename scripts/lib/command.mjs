// The command line tool as one file: dist/cli.js, with all that it needs but the wasm.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageJson, ROOT } from "./paths.mjs";
import { Failure } from "./run.mjs";

export const COMMAND = "cli.js";
/** Names the licences of what others have written and is in it. */
export const COMMAND_LICENSES = "cli.LICENSES.txt";
const SOURCE = "js/cli/main.ts";
const LICENSE_FILE = /^(LICEN[CS]E|COPYING)/i;
const EXECUTABLE = 0o755;
// CommonJS packages in the bundle call it for Node's own modules.
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

/** Bundles js/cli. Not minified, so that whoever trusts it with a token can read it. */
export async function bundleCommand(dist) {
  const { version, engines } = packageJson();
  // Here, because it is not installed yet when this file is loaded.
  const { build } = await import("esbuild");
  const options = {
    absWorkingDir: ROOT,
    entryPoints: [SOURCE],
    write: false,
    outfile: join(dist, COMMAND),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    charset: "utf8",
    metafile: true,
    logLevel: "error",
    define: {
      PACKAGE_VERSION: JSON.stringify(version),
      PACKAGE_ENGINES: JSON.stringify(engines.node),
    },
  };
  const { metafile, outputFiles } = await build(options);
  const packages = packagesIn(Object.keys(metafile.inputs));
  const [{ text }] = outputFiles;
  const path = join(dist, COMMAND);
  writeFileSync(path, `#!/usr/bin/env node\n${headOf(packages, version)}${text}`);
  chmodSync(path, EXECUTABLE);
  if (packages.length > 0) writeFileSync(join(dist, COMMAND_LICENSES), licensesOf(packages));
}

/** The packages that files of a bundle are from: their folders below the root. */
function packagesIn(files) {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(ROOT, folder, "package.json"), "utf8"),
    );
    const file = readdirSync(join(ROOT, folder)).find((each) => LICENSE_FILE.test(each));
    if (file === undefined) throw new Failure(`${name} has no licence file, and is in ${COMMAND}.`);
    return { name, version, license, text: readFileSync(join(ROOT, folder, file), "utf8").trim() };
  });
}

function headOf(packages, version) {
  const own = `// onepassword-edge ${version}, MIT OR Apache-2.0.`;
  if (packages.length === 0) return `${own}\n`;
  const others = packages.map((each) => `${each.name} ${each.version} (${each.license})`);
  return `${own} In it: ${others.join(", ")}.\n// Their licences: ${COMMAND_LICENSES}.\n${REQUIRE}\n`;
}

function licensesOf(packages) {
  const parts = packages.map(({ name, version, license, text }) => {
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `${COMMAND} holds these packages:\n\n${parts.join(`\n${"-".repeat(72)}\n\n`)}`;
}
