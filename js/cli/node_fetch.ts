import type * as http from "node:http";
import type { FetchFunction } from "../client/config.js";
import { usesProxy } from "./proxy.js";

/**
 * What the client needs of `fetch`, over Node's own HTTP: loading Node's `fetch` and its first request
 * take as much processor time as all that the client does for a secret.
 */
function nodeFetch(): FetchFunction {
  const agents = new Map<string, http.Agent>();
  return async (url, init = {}) => {
    // Loaded when it is needed, and only what is needed.
    const name = url.startsWith("https:") ? "node:https" : "node:http";
    const { Agent, request: begin } = (await import(name)) as typeof http;
    const agent = agents.get(name) ?? new Agent({ keepAlive: true });
    agents.set(name, agent);
    const { method = "GET", headers = {}, body, signal } = init;
    return await new Promise((resolve, reject) => {
      const options = { agent, method, headers: headers as http.OutgoingHttpHeaders };
      const request = begin(url, { ...options, ...(signal && { signal }) }, (answer) =>
        resolve(responseOf(answer)),
      );
      request.once("error", (error) => reject(signal?.aborted === true ? signal.reason : error));
      request.end(body);
    });
  };
}

/** What the client looks at; it follows no redirects. */
function responseOf(answer: http.IncomingMessage): Response {
  const { statusCode: status = 0, headers } = answer;
  const pieces = answer.iterator({ destroyOnReturn: true });
  const reader = {
    read: () => pieces.next(),
    cancel: async () => {
      answer.destroy();
    },
  };
  const shown = {
    status,
    type: "basic",
    redirected: false,
    headers: { get: (name: string) => headers[name.toLowerCase()]?.toString() ?? null },
    body: { getReader: () => reader },
  };
  return shown as unknown as Response;
}

/** What requests are sent with: Node's own `fetch` where a proxy is set for it. */
export function fetchOf(env: NodeJS.ProcessEnv): FetchFunction {
  return usesProxy(env) ? globalThis.fetch : nodeFetch();
}
