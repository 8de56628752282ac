// What is done with each fixture: built, run, its answer checked. Resolves to a remark, or rejects.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../scripts/lib/run.mjs";
import { filesUnder } from "../../scripts/lib/stamp.mjs";
import { hasBrowser, readOutput, submitForm, submitInExtension } from "./browser.mjs";
import { envGuide } from "./env_guide.mjs";
import { command, fakeTimers, fetchMatrix, jest, proxy, vitest } from "./test_programs.mjs";
import { elsewhere, fixtureFolder, link, runTool, serving } from "./tools.mjs";

const SECRET = "grüße";
/** What the wasm module starts with, in base64: the header of every one. */
const INLINED = "AGFzbQEAAAA";
/** What a Worker may upload, gzipped, with a program of a few lines. */
const UPLOAD_BUDGET_KIB = 231;
/** With the words of its memorable passwords, which are part of the vendor's interface. */
const COMPAT_UPLOAD_BUDGET_KIB = 262;
const NO_BROWSER = "no Chromium: not loaded";

function expectSecret(text, where) {
  if (text.trim() === SECRET) return;
  throw new Failure(`${where} printed ${JSON.stringify(text)}, not the secret.`);
}

/** Runs a program that prints the secret. */
async function expectFrom(fixture, name, ...args) {
  const { stdout } = await runTool(name, args, fixture);
  expectSecret(stdout, `${name} ${args.join(" ")}`);
}

/** What a bundler wrote must hold the module as text, once, and be all that there is. */
function expectInlined(folder) {
  const files = filesUnder(folder);
  const holding = files.filter((file) => readFileSync(file, "latin1").includes(INLINED));
  if (holding.length !== 1) throw new Failure(`${holding.length} files hold the module as text.`);
  if (files.some((file) => file.endsWith(".wasm"))) throw new Failure("There is a .wasm as well.");
  return `inlined, ${kilobytes(readFileSync(holding[0]).length)}`;
}

const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;

/** Imports a bundle for browsers in Node, from a folder of its own. */
async function expectFromBundle(fixture, bundle) {
  const program = `import(process.argv[1]).then(async ({ readSecret }) =>
    console.log(await readSecret(process.env.OP_SERVICE_ACCOUNT_TOKEN)));`;
  await moved(bundle, (cwd, file) =>
    expectFrom({ ...fixture, cwd }, "node", "-e", program, `./${file}`),
  );
}

/** Copies a file to a folder without node_modules; `work(folder, name)`. */
async function moved(path, work) {
  await elsewhere(async (folder) => {
    const name = path.endsWith(".mjs") ? "moved.mjs" : "moved";
    copyFileSync(path, join(folder, name));
    await work(folder, name);
  });
}

async function nodeEsm(fixture) {
  await expectFrom(fixture, "node", "main.mjs");
  await expectFrom(fixture, "node", "slim.mjs");
  return "main entry, and slim with op.wasm from its file";
}

async function nodeCjs(fixture) {
  await expectFrom(fixture, "node", "main.cjs");
  await expectFrom(fixture, "node", "slim.cjs");
  return "main entry, and slim with op.wasm from its file";
}

async function typescript(fixture) {
  link(fixture, "@types/node", "undici-types");
  const tsc = (...args) => runTool("tsc", args, fixture);
  await tsc("--module", "node16", "--noEmit");
  await tsc("--module", "esnext", "--moduleResolution", "bundler", "--noEmit");
  await tsc("--module", "nodenext", "-p", "tsconfig.node-only.json", "--noEmit");
  await tsc("--module", "nodenext", "-p", "tsconfig.commonjs.json");
  await runTool("node", ["out/main.cjs"], fixture);
  await tsc("--module", "nodenext");
  await expectFrom(fixture, "node", "out/main.js");
  return "node16, nodenext, bundler; require() under nodenext";
}

/** CommonJS packages: older resolutions, with a TypeScript that cannot `require()` ES modules. */
async function typescriptCommonJs(fixture) {
  link(fixture, "@types/node", "undici-types", "typescript54");
  const tsc = (module, moduleResolution, ...args) =>
    runTool(
      "tsc54",
      ["--module", module, "--moduleResolution", moduleResolution, ...args],
      fixture,
    );
  await tsc("esnext", "bundler", "--noEmit");
  for (const mode of [
    ["commonjs", "node10"],
    ["node16", "node16"],
  ]) {
    await tsc(...mode);
    await expectFrom(fixture, "node", "out/main.js");
    await expectFrom(fixture, "node", "--no-experimental-require-module", "out/main.js");
  }
  await expectFrom(fixture, "ts-node", "--compiler", "typescript54", "main.ts");
  await expectFrom(fixture, "tsx", "main.ts");
  return "TypeScript 5.4: node10, node16, bundler; ts-node, tsx";
}

async function esbuild(fixture) {
  const args = ["main.mjs", "--bundle", "--format=esm", "--outfile=out/bundle.mjs"];
  await runTool("esbuild", [...args, "--platform=node"], fixture);
  const bundle = join(fixture.cwd, "out/bundle.mjs");
  await moved(bundle, (cwd, file) => expectFrom({ ...fixture, cwd }, "node", file));
  return expectInlined(join(fixture.cwd, "out"));
}

async function wrangler(fixture, budgetKib = UPLOAD_BUDGET_KIB) {
  const { all } = await runTool("wrangler", ["deploy", "--dry-run", "--outdir", "out"], fixture);
  const [upload] = all.match(/Total Upload: .*/) ?? [];
  const [, zipped] = upload?.match(/gzip: ([\d.]+) KiB/) ?? [];
  if (!zipped) throw new Failure(`${all}\nwrangler printed no upload size.`);
  if (Number(zipped) > budgetKib) {
    throw new Failure(`The upload is over its budget of ${budgetKib} KiB: ${upload}.`);
  }
  const files = readdirSync(join(fixture.cwd, "out"));
  const script = readFileSync(join(fixture.cwd, "out/index.js"), "latin1");
  if (!files.some((file) => file.endsWith("op.wasm"))) throw new Failure("No .wasm is uploaded.");
  if (script.includes(INLINED)) throw new Failure("The script holds the module as text, too.");
  const args = ["dev", "--local", "--port", "0", "--inspector-port", "0", "--persist-to", "state"];
  const token = ["--var", `OP_SERVICE_ACCOUNT_TOKEN:${fixture.token}`];
  await serving("wrangler", [...args, ...token], fixture, async (address) => {
    expectSecret(await textOf(address), "wrangler dev");
  });
  return upload;
}

async function textOf(address) {
  const answer = await fetch(address);
  return await answer.text();
}

/** Loads a page, given the token behind a `#`. */
async function expectFromPage(fixture, address) {
  if (hasBrowser) expectSecret(await readOutput(`${address}#${fixture.token}`), address);
}

async function vite(fixture) {
  const served = (...args) =>
    serving("vite", [...args, "--host", "127.0.0.1"], fixture, (address) =>
      expectFromPage(fixture, address),
    );
  await served("dev", "--port", "0");
  await runTool("vite", ["build"], fixture);
  const remark = expectInlined(join(fixture.cwd, "dist"));
  await served("preview", "--port", "0");
  return hasBrowser ? `${remark}; dev and build loaded in Chromium` : `${remark}; ${NO_BROWSER}`;
}

async function next(fixture) {
  link(fixture, "next", "react", "react-dom");
  await runTool("next", ["build"], fixture);
  const remark = expectInlined(join(fixture.cwd, ".next/static"));
  const args = ["start", "--port", "0", "--hostname", "127.0.0.1"];
  await serving("next", args, fixture, async (address) => {
    expectSecret(await textOf(`${address}/api/node`), "the route handler");
    expectSecret(await textOf(`${address}/api/edge`), "the edge route");
    await expectFromPage(fixture, `${address}/page`);
  });
  return `route, edge route, page: ${remark}${hasBrowser ? "" : `; ${NO_BROWSER}`}`;
}

async function webpack(fixture) {
  await runTool("webpack", [], fixture);
  await expectFromBundle(fixture, join(fixture.cwd, "dist/bundle.mjs"));
  return expectInlined(join(fixture.cwd, "dist"));
}

async function rollup(fixture) {
  link(fixture, "@rollup/plugin-node-resolve");
  await runTool("rollup", ["--config", "rollup.config.mjs"], fixture);
  await expectFromBundle(fixture, join(fixture.cwd, "dist/bundle.mjs"));
  return expectInlined(join(fixture.cwd, "dist"));
}

/** No permission but the one to ask the service, and the one for the token. */
const DENO_RUN = [
  "run",
  "--no-prompt",
  "--allow-env=OP_SERVICE_ACCOUNT_TOKEN,ONEPASSWORD_EDGE_EMULATOR",
  "--allow-net=127.0.0.1",
];

async function deno(fixture) {
  await runTool("deno", ["check", "main.ts"], fixture);
  await expectFrom(fixture, "deno", ...DENO_RUN, "main.ts");
  return "node_modules; types checked";
}

async function denoJson(fixture) {
  // What npm wrote would tell Deno the same once more.
  rmSync(join(fixture.cwd, "package.json"));
  await deno(fixture);
  return "npm: in deno.json; types checked";
}

async function bun(fixture) {
  for (const source of ["main.mjs", "main.cjs"]) {
    await expectFrom(fixture, "bun", source);
    await runTool("bun", ["build", "--compile", "--outfile=program", source], fixture);
    const program = join(fixture.cwd, "program");
    await moved(program, (cwd, file) => expectFrom({ ...fixture, cwd }, join(cwd, file)));
  }
  return "imported and required; compiled, moved";
}

async function dotenv(fixture) {
  link(fixture, "dotenv");
  const { stdout } = await runTool("node", ["main.mjs"], fixture);
  return stdout.trim();
}

const REFERENCE = "op://app/kinds/all/text";
/** What the examples that answer over HTTP say of the secret. */
const LENGTH = "The secret has 5 characters.\n";

function expectLength(text, where) {
  if (text !== LENGTH) throw new Failure(`${where} answered ${JSON.stringify(text)}.`);
}

async function exampleNode(fixture) {
  await expectFrom(fixture, "node", "main.mjs", REFERENCE);
}

async function exampleWorker(fixture) {
  const args = ["dev", "--local", "--port", "0", "--inspector-port", "0", "--persist-to", "state"];
  const variables = {
    OP_SERVICE_ACCOUNT_TOKEN: fixture.token,
    SECRET_REFERENCE: REFERENCE,
    ALLOWED_HOSTS: "127.0.0.1",
  };
  for (const [name, value] of Object.entries(variables)) args.push("--var", `${name}:${value}`);
  await serving("wrangler", args, fixture, async (address) => {
    // Twice: the second request finds the client of the first.
    expectLength(await textOf(address), "wrangler dev");
    expectLength(await textOf(address), "wrangler dev");
  });
}

/** With the .dev.vars that it comes with, but of the service's account. */
async function exampleWorkerEnv(fixture) {
  const example = readFileSync(join(fixture.cwd, ".dev.vars.example"), "utf8");
  const devVars = example
    .replace(/^OP_SERVICE_ACCOUNT_TOKEN=.*$/m, `OP_SERVICE_ACCOUNT_TOKEN=${fixture.token}`)
    .replaceAll("op://app/database/", "op://app/kinds/");
  writeFileSync(join(fixture.cwd, ".dev.vars"), `${devVars}ALLOWED_HOSTS=127.0.0.1\n`);
  const args = ["dev", "--local", "--port", "0", "--inspector-port", "0", "--persist-to", "state"];
  await serving("wrangler", args, fixture, async (address) => {
    for (const path of ["/", "/object"]) {
      const text = await textOf(`${address}${path}`);
      if (text !== DEV_VARS) throw new Failure(`wrangler dev answered ${JSON.stringify(text)}.`);
    }
  });
}

const DEV_VARS = `DATABASE_PASSWORD has 9 characters.
DATABASE_URL has 43 characters.
SENTRY_DSN has 0 characters.
`;

async function exampleDeno(fixture) {
  rmSync(join(fixture.cwd, "package.json"));
  await runTool("deno", ["check", "main.ts"], fixture);
  await expectFrom(fixture, "deno", ...DENO_RUN, "main.ts", REFERENCE);
}

async function exampleBun(fixture) {
  await expectFrom(fixture, "bun", "main.ts", REFERENCE);
  await runTool("bun", ["build", "--compile", "--outfile=program", "main.ts"], fixture);
  await expectFrom(fixture, join(fixture.cwd, "program"), REFERENCE);
}

async function exampleNext(fixture) {
  link(fixture, "next", "react", "react-dom");
  // For the links, as in the fixture next.
  copyFileSync(
    join(fixtureFolder("next"), "next.config.mjs"),
    join(fixture.cwd, "next.config.mjs"),
  );
  const env = { ...fixture.env, SECRET_REFERENCE: REFERENCE };
  await runTool("next", ["build"], { ...fixture, env });
  const args = ["start", "--port", "0", "--hostname", "127.0.0.1"];
  await serving("next", args, { ...fixture, env }, async (address) => {
    expectLength(await textOf(`${address}/api/secret`), "the route handler");
  });
}

/** The page's relay forwards to the service; its address is written into the built page. */
async function exampleBrowser(fixture) {
  if (!hasBrowser) return NO_BROWSER;
  await runTool("vite", ["build"], fixture);
  const allowed = new URL(serviceOf(fixture.token)).host;
  const page = join(fixture.cwd, "dist/index.html");
  const html = readFileSync(page, "utf8");
  const args = ["preview", "--host", "127.0.0.1", "--port", "0"];
  await serving("vite", args, fixture, async (origin) => {
    const env = { ...fixture.env, PORT: "0", PAGE_ORIGIN: origin, ALLOWED_HOSTS: allowed };
    await serving("node", ["relay.mjs"], { ...fixture, env }, async (relay) => {
      const script = `<script>${tellEmulator(fixture)}</script>`;
      const local = html
        .replace("https://relay.example", relay)
        .replace("<head>", `<head>${script}`);
      writeFileSync(page, local.replace("<script", `${script}<script`));
      expectSecret(
        await submitForm(origin, { token: fixture.token, reference: REFERENCE }),
        "the page",
      );
    });
  });
  return "through its relay";
}

/** As a browser loads it, but with permission for the emulator's host. */
async function exampleExtension(fixture) {
  await runTool("esbuild", ["src.js", "--bundle", "--format=esm", "--outfile=popup.js"], fixture);
  if (!hasBrowser) return NO_BROWSER;
  const folder = join(fixture.cwd, "extension");
  mkdirSync(folder);
  copyFileSync(join(fixture.cwd, "popup.html"), join(folder, "popup.html"));
  const program = readFileSync(join(fixture.cwd, "popup.js"), "utf8");
  writeFileSync(join(folder, "popup.js"), `${tellEmulator(fixture)}\n${program}`);
  const manifest = JSON.parse(readFileSync(join(fixture.cwd, "manifest.json"), "utf8"));
  manifest.host_permissions.push("http://127.0.0.1/*");
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const fields = { token: fixture.token, reference: REFERENCE };
  expectSecret(await submitInExtension(folder, "popup.html", fields), "the extension");
  return "loaded in Chromium";
}

/** What lets clients of a page go to the emulator. */
function tellEmulator({ token }) {
  return `globalThis.ONEPASSWORD_EDGE_EMULATOR = ${JSON.stringify(serviceOf(token))};`;
}

/** The service's address, as the token has it. */
function serviceOf(token) {
  return JSON.parse(Buffer.from(token.slice("ops_".length), "base64url")).signInAddress;
}

async function publint(fixture) {
  const { all } = await runTool("publint", ["run", fixture.tarball, "--strict"], fixture);
  return all.trim().split("\n").at(-1);
}

/** What of attw's complaints is accepted, and why. */
const ATTW_ACCEPTED = [
  // What importing it yields, a module, an address or bytes, is the bundler's affair.
  ["--exclude-entrypoints", "op.wasm", "durable-object", "durable-client"],
];
/** What is for Workers, which have no `require()`, is looked at by itself. */
const ATTW_WORKERS = [
  ["--entrypoints", "durable-object", "durable-client"],
  ["--ignore-rules", "cjs-resolves-to-esm"],
];

async function attw(fixture) {
  for (const accepted of [ATTW_ACCEPTED, ATTW_WORKERS]) {
    await runTool("attw", [fixture.tarball, ...accepted.flat()], fixture);
  }
  return [ATTW_ACCEPTED, ATTW_WORKERS].flat(2).join(" ");
}

/** Those that are done once more with `onepassword-edge/compat`, which finds its client by conditions. */
const MIGRATED = {
  "node-esm": nodeEsm,
  "node-cjs": nodeCjs,
  esbuild,
  wrangler,
  vite,
  next,
  webpack,
  rollup,
  deno,
  bun,
};

export const FIXTURES = {
  ...MIGRATED,
  ...Object.fromEntries(Object.entries(MIGRATED).map(([name, work]) => [`compat-${name}`, work])),
  "compat-wrangler": (fixture) => wrangler(fixture, COMPAT_UPLOAD_BUDGET_KIB),
  typescript,
  "typescript-commonjs": typescriptCommonJs,
  jest,
  vitest,
  "deno-json": denoJson,
  dotenv,
  "env-guide": envGuide,
  "fake-timers-jest": fakeTimers("jest"),
  "fake-timers-node": fakeTimers("node", "--test", "--test-reporter=tap", "node.test.mjs"),
  "fake-timers-vitest": fakeTimers("vitest", "run"),
  "fetch-matrix": fetchMatrix,
  command: (fixture) => command(fixture, SECRET),
  proxy,
  "example-node": exampleNode,
  "example-cloudflare-worker": exampleWorker,
  "example-worker-env": exampleWorkerEnv,
  "example-deno": exampleDeno,
  "example-bun": exampleBun,
  "example-nextjs": exampleNext,
  "example-browser": exampleBrowser,
  "example-extension": exampleExtension,
  publint,
  attw,
};
