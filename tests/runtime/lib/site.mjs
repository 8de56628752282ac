// The project's files over HTTP, for browsers.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves the folder; every answer has the content security policy: a worker's script needs its own. */
export async function serveSite({ project, defer }, getPolicy) {
  const server = createServer(async ({ url }, answer) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const type = TYPES[extname(path)];
    const content = type && (await readFile(join(project, path)).catch(() => undefined));
    if (!content) return answer.writeHead(404).end();
    const policy = getPolicy();
    const headers = policy ? { "content-security-policy": policy } : {};
    return answer.writeHead(200, { "content-type": type, ...headers }).end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
