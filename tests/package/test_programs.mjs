// Fixtures that are tests themselves: what they say of their results is read.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { ask, Failure, skipped } from "../../scripts/lib/run.mjs";
import { link, runTool, toolFile } from "./tools.mjs";

/** How Node's TAP, Jest and Vitest say how many tests have passed. */
const PASSED = /^# pass (\d+)|^ *Tests\b.*?(\d+) passed/m;

/** Runs tests; resolves to how many have passed, which must be some. */
export async function passedTests(tool, args, fixture) {
  const { all } = await runTool(tool, args, fixture);
  const [, tap, sum] = PASSED.exec(all) ?? [];
  const passed = Number(tap ?? sum ?? 0);
  if (passed === 0) throw new Failure(`${all}\nNo test has passed.`);
  return passed;
}

/** Tests that fake timers, run by this framework. */
export function fakeTimers(framework, ...args) {
  return async (fixture) => {
    if (framework !== "node") link(fixture, framework);
    const tool = framework === "jest" ? "jest-modules" : framework;
    return `${await passedTests(tool, args, fixture)} tests`;
  };
}

/** Installed on Linux on x64 alone. */
const NEWER_NODE = toolFile("node24/bin/node");

/** The vendor's package, from the devDependencies of this one. */
const VENDOR = "@1password/sdk";

/**
 * Jest without configuration, whose `require()` loads no ES modules. The tests of a program for the
 * vendor's SDK pass as they are, and with nothing but the import changed.
 */
export async function jest(fixture) {
  link(fixture, "jest");
  link(fixture, { [VENDOR]: join(ROOT, "node_modules", VENDOR) });
  const counts = [await passedTests("jest", [], fixture)];
  const program = join(fixture.cwd, "read.js");
  const source = readFileSync(program, "utf8");
  writeFileSync(program, source.replace(VENDOR, "onepassword-edge/compat"));
  counts.push(await passedTests("jest", [], fixture));
  if (!existsSync(NEWER_NODE)) return counts.join(" and ");
  counts.push(await passedTests(NEWER_NODE, [toolFile("jest/bin/jest.js")], fixture));
  return `${counts.join(", ")} tests`;
}

/** Vitest without configuration. */
export async function vitest(fixture) {
  link(fixture, "vitest");
  return `${await passedTests("vitest", ["run"], fixture)} tests`;
}

/** Those of the runtimes' tests, where they are installed. */
const NODES = [20, 22, 24, 26].map((major) =>
  join(ROOT, `tests/runtime/node_modules/node${major}/bin/node`),
);

/** Every Node that is here. */
const nodesHere = () => [process.execPath, NEWER_NODE, ...NODES].filter((path) => existsSync(path));

/** The installed command, as `npx` finds it, with every Node that is here. */
export async function command(fixture, secret) {
  const nodes = nodesHere();
  for (const node of nodes) {
    const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
    const own = { ...fixture, env: { ...fixture.env, PATH: path } };
    const say = async (...args) => (await runTool("onepassword-edge", args, own)).stdout;
    const print = "process.stdout.write(process.version + process.env.URL)";
    const { stdout: version } = await runTool(node, ["--version"], own);
    const expected = [
      [["read", "-n", "op://app/kinds/all/text"], secret],
      [["inject", "-i", "template"], `password: ${secret}\n`],
      [["env", "--env-file", ".env.op", "--format", "json"], jsonOf(secret)],
      [
        ["run", "--no-masking", "--env-file", ".env.op", "--", "node", "-e", print],
        `${version.trim()}postgres://u:${secret}@h`,
      ],
    ];
    for (const [args, wanted] of expected) {
      const said = await say(...args);
      if (said !== wanted) throw new Failure(`${version.trim()}: ${args.join(" ")} said ${said}`);
    }
    await say("doctor");
  }
  await secretBulk(fixture, secret);
  return `${nodes.length} times Node: read, inject, env, run, doctor; wrangler secret bulk`;
}

/** The guide's pipe into wrangler, which asks a server that stands for Cloudflare's. */
async function secretBulk(fixture, secret) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    if (request.method === "PATCH") bodies.push(Buffer.concat(pieces).toString("utf8"));
    response.setHeader("content-type", "application/json");
    const result = { bindings: [] };
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const env = {
    ...fixture.env,
    CLOUDFLARE_API_TOKEN: "none",
    CLOUDFLARE_ACCOUNT_ID: "account",
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${server.address().port}/client/v4`,
  };
  const wrangler = toolFile("wrangler/bin/wrangler.js");
  const command = "node_modules/.bin/onepassword-edge env --env-file .env.op --format wrangler";
  const pipe = `${command} | "$0" "$1" secret bulk --name worker`;
  try {
    await runTool("bash", ["-c", pipe, process.execPath, wrangler], { ...fixture, env });
  } finally {
    server.close();
  }
  const [, settings] = /\n(\{.*\})\r?\n/.exec(bodies.join("")) ?? [];
  const found = JSON.parse(settings ?? "{}").bindings?.map(({ name, text }) => [name, text]);
  const wanted = [
    ["PASSWORD", secret],
    ["URL", `postgres://u:${secret}@h`],
  ];
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Failure(`wrangler was told ${JSON.stringify(found)}.`);
  }
}

const jsonOf = (secret) =>
  `${JSON.stringify({ PASSWORD: secret, URL: `postgres://u:${secret}@h` }, null, 2)}\n`;

/** README's way through a proxy, in every Node that is here. */
export async function proxy(fixture) {
  if (!ask("openssl", ["version"])) return skipped("no openssl", "Install it");
  link(fixture, "undici6", "undici7", "undici8");
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, program] = /```js\n((?:(?!```)[\s\S])*ProxyAgent[\s\S]*?)```/.exec(readme) ?? [];
  if (program === undefined) throw new Failure("README.md has no program with a ProxyAgent.");
  writeFileSync(join(fixture.cwd, "readme.mjs"), program);
  const env = { ...fixture.env, NODES: nodesHere().join(",") };
  const { stdout } = await runTool("node", ["main.mjs"], { ...fixture, env });
  return stdout.trim().split("\n").at(-1);
}

export async function fetchMatrix(fixture) {
  link(fixture, "msw2", "msw3", "node-fetch", "undici6", "undici7", "undici8");
  const env = { ...fixture.env, NEWER_NODE: existsSync(NEWER_NODE) ? NEWER_NODE : "" };
  const { stdout } = await runTool("node", ["main.mjs"], { ...fixture, env });
  const sum = stdout.trim().split("\n").at(-1);
  if (sum.includes("skipped")) skipped("some rows need a newer Node", "Run it with one");
  return sum;
}
