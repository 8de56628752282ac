// The tests of src/web, compiled to wasm, in Node and in Chromium: `node scripts/test-web.mjs [node] [chromium]`.
// `dist/emulator` has to be built: `npm run build` does it.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { ROOT } from "./lib/paths.mjs";
import { Failure, main, run, skipped } from "./lib/run.mjs";
import { filesUnder } from "./lib/stamp.mjs";
import { TARGET } from "./lib/toolchain.mjs";
import { locked, TEST_STD, webTestEnv } from "./lib/wasm.mjs";
import { BUILD_TOOLS, setUp, TEST_TOOLS } from "./setup.mjs";

const DRIVER = process.env.CHROMEDRIVER ?? "/usr/bin/chromedriver";
const HOSTS = {
  node: {},
  chromium: { WASM_BINDGEN_USE_BROWSER: "1", CHROMEDRIVER: DRIVER },
};
const TIMEOUT_S = 300;

const ITEMS = Array.from({ length: 4 }, (_, n) => ({ title: `item ${n}`, password: `value ${n}` }));
const ACCOUNT = {
  vaults: [
    { name: "app", items: ITEMS },
    { name: "other", items: [{ title: "odd", username: "ä 漢 🎉", password: "p\u0000q\r\n" }] },
  ],
};
/** What is asked for, and the value or the code of the error. */
const ANSWERS = [
  ...ITEMS.map(({ title, password }) => [`op://app/${title}/password`, password]),
  ["op://other/odd/username", "ä 漢 🎉"],
  ["op://other/odd/password", "p\u0000q\r\n"],
  ["op://app/nothing/password", "itemNotFound"],
  ["op://nothing/item 1/password", "vaultNotFound"],
  ["op://app/item 1/nothing", "fieldNotFound"],
  ["no reference", "parsing"],
];

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, POST",
  "Access-Control-Expose-Headers": "Retry-After",
};
const LARGE = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, at) => at % 251));

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers of all kinds: by their path, for a request with this body. */
function answersOf(emulator, token) {
  let hung = "not asked";
  const paths = {
    "/account": (response) => response.end(JSON.stringify({ token, answers: ANSWERS })),
    "/echo": (response, body, { method }) => response.end(`${method} ${body}`),
    "/empty": (response) => response.writeHead(204).end(),
    "/large": (response) => response.end(LARGE),
    "/pieces": async (response) => {
      for (let at = 0; at < 200; at += 1) {
        response.write(LARGE.subarray(at, 2 * at));
        if (at % 20 === 0) await new Promise(setImmediate);
      }
      response.end();
    },
    "/redirect": (response) => response.writeHead(302, { Location: "/echo" }).end(),
    "/broken": (response) => response.destroy(),
    "/hang": (response) => {
      hung = "asked";
      response.once("close", () => {
        hung = "aborted";
      });
    },
    "/hung": (response) => response.end(hung),
  };
  return async (response, body, request) => {
    const [, kind, rest] = request.url.match(/^\/(status|service)\/(.*)$/) ?? [];
    if (kind === "status") return response.writeHead(Number(rest), { "Retry-After": "7" }).end();
    if (kind === undefined) return paths[request.url](response, body, request);
    const { method } = request;
    const sent = { method, ...(method === "POST" && { body }) };
    const answer = await emulator.fetch(new URL(`/${rest}`, emulator.url), sent);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  };
}

/** The emulator, and a server beside it that says what is in its account. */
async function serve() {
  const { createEmulator } = await import("../dist/emulator/index.js");
  const emulator = await createEmulator({ account: ACCOUNT });
  const service = await emulator.serve({ cors: true });
  const answer = answersOf({ fetch: emulator.fetch, url: service.url }, service.token);
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    const body = await bodyOf(request);
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else await answer(response, body, request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await service.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** A runner that finds no tests says so and ends well: what ran is counted. */
function expected() {
  const files = filesUnder(join(ROOT, "src/web")).filter((path) => path.endsWith(".rs"));
  const texts = files.map((path) => readFileSync(path, "utf8"));
  return texts.join("\n").match(/^ *#\[wasm_bindgen_test\]$/gm)?.length ?? 0;
}

async function runIn(host, toolchain, url) {
  console.error(`\nsrc/web in ${host}`);
  const env = {
    ...webTestEnv(toolchain),
    ...HOSTS[host],
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner",
    WASM_BINDGEN_TEST_TIMEOUT: String(TIMEOUT_S),
    ONEPASSWORD_EDGE_TEST_SERVER: url,
  };
  const args = ["test", ...locked(), "--lib", "--target", TARGET, ...TEST_STD];
  const echo = (chunk) => process.stdout.write(chunk);
  const { all } = await run("cargo", args, { cwd: ROOT, env, echo });
  const passed = [...all.matchAll(/^test result: ok\. (\d+) passed; 0 failed/gm)];
  const count = passed.reduce((sum, [, number]) => sum + Number(number), 0);
  if (count === 0 || count !== expected()) {
    throw new Failure(`In ${host} ${count} of ${expected()} tests of src/web ran.`);
  }
}

await main(async () => {
  const asked = process.argv.slice(2);
  const hosts = asked.length > 0 ? asked : Object.keys(HOSTS);
  const toolchain = await setUp([...BUILD_TOOLS, ...TEST_TOOLS]);
  const { url, close } = await serve();
  try {
    for (const host of hosts) {
      if (host === "chromium" && !existsSync(DRIVER)) {
        console.log(
          skipped(`there is no ${DRIVER}`, "Install chromium-driver, or set CHROMEDRIVER"),
        );
      } else {
        await runIn(host, toolchain, url);
      }
    }
  } finally {
    await close();
  }
});
