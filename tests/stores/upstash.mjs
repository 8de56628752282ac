// `upstashStore` against a double of Upstash's REST API, which is served from a real Redis:
// https://upstash.com/docs/redis/features/restapi, “POST Command in Body” and “HTTP Codes”.
import { createServer } from "node:http";
import { createClient } from "redis6";
import { upstashStore } from "../../dist/stores.js";
import { checks, equal } from "../runtime/checks.mjs";
import { joined } from "./kit.mjs";
import { redisVersion, startRedis } from "./redis_server.mjs";
import { runSuite } from "./suite.mjs";

const TOKEN = "AXXXAAIgcDE0ZjFhNGQwYjE2ZTg0ZTU2YmE0Y2FhYjE2YjE5ZTA5Zg==";

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

/** The status and the JSON that the service would answer with. */
async function answerTo(request, redis) {
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    return [401, { error: "WRONGPASS invalid or missing auth token" }];
  }
  if (request.method !== "POST" || request.url !== "/") {
    return [400, { error: "ERR only commands in the body are known here" }];
  }
  try {
    const command = JSON.parse(await bodyOf(request));
    return [200, { result: await redis.sendCommand(command.map(String)) }];
  } catch (error) {
    return [400, { error: error.message }];
  }
}

/** Serves with `answer`; resolves to the URL. */
async function serve({ defer }, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** The double: `{ url, token }`. */
export async function startUpstash(kit) {
  const { port } = await startRedis(kit);
  const redis = createClient({ socket: { host: "127.0.0.1", port } });
  await redis.on("error", () => {}).connect();
  kit.defer(() => redis.destroy());
  const url = await serve(kit, async (request, response) => {
    const [status, json] = await answerTo(request, redis);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
  });
  return { url, token: TOKEN };
}

const messageOf = (work) =>
  work.then(
    (given) => `no error, but ${given}`,
    ({ message, cause }) => `${message}${cause ?? ""}`,
  );

/** What a service answers with that is in trouble, or none; and what is said of it then. */
const ANSWERS = {
  "500: no result": (response) => response.writeHead(500).end("{}"),
  "502: no result": (response) => response.writeHead(502).end("<html>"),
  "200: no result": (response) => response.end("<html>"),
  "302: no result": (response) => response.writeHead(302, { Location: "/there" }).end(),
  "429: ERR max requests limit exceeded": (response) =>
    response.writeHead(429).end('{"error":"ERR max requests limit exceeded"}'),
  "400: ERR with …": (response) =>
    response.writeHead(400).end(JSON.stringify({ error: `ERR with ${TOKEN}` })),
};

async function failures(check, kit, { url, token }) {
  await check("another token is refused", async () => {
    const message = await messageOf(upstashStore({ url, token: `x${token}` }).get("a"));
    equal(message, "Upstash answered with 401: WRONGPASS invalid or missing auth token", "message");
  });
  for (const [expected, answer] of Object.entries(ANSWERS)) {
    await check(`an answer that is none: ${expected}`, async () => {
      const odd = await serve(kit, (_, response) => answer(response));
      const store = upstashStore({ url: odd, token });
      for (const work of [store.get("a"), store.set("a", "1", 900)]) {
        equal(await messageOf(work), `Upstash answered with ${expected}`, "message");
      }
    });
  }
  await check("what a fetch throws is told without the token", async () => {
    const fetch = async (_, { headers }) => {
      throw new TypeError(`refused: ${headers.Authorization}`);
    };
    for (const secret of [token, "short"]) {
      const message = await messageOf(upstashStore({ url, token: secret, fetch }).get("a"));
      equal(message, "Upstash could not be reached: refused: Bearer …", "message");
    }
  });
  await check("a service that never answers is given up", async () => {
    const silent = await serve(kit, () => {});
    const message = await messageOf(upstashStore({ url: silent, token }).get("a"));
    equal(message.startsWith("Upstash could not be reached: "), true, message);
  });
}

async function upstash(kit) {
  const service = await startUpstash(kit);
  const make = (options) => upstashStore({ ...service, ...options });
  const withSlash = () => upstashStore({ ...service, url: `${service.url}/` });
  const down = async () => {
    const gone = [];
    const url = await serve({ defer: (close) => gone.push(close) }, () => {});
    for (const close of gone) close();
    return upstashStore({ ...service, url });
  };
  const { results, check } = checks();
  await failures(check, kit, service);
  const rest = { name: "with a slash", ...(await runSuite({ make: withSlash, prefixes: false })) };
  const all = [results, await runSuite({ make, down }), rest];
  return { version: `its double, Redis ${redisVersion()}`, ...joined(all) };
}

export const UPSTASH = { upstash };
