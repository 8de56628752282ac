import * as http from "node:http";
import * as https from "node:https";
import type { FetchFunction } from "../client/config.js";

/**
 * What the client needs of `fetch`, over Node's own HTTP: loading Node's `fetch` and its first request
 * take as much processor time as all that the client does for a secret.
 */
export function nodeFetch(): FetchFunction {
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  };
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith("https:");
      const { method = "GET", headers = {}, body, signal } = init;
      const options = {
        agent: isSecure ? agents.https : agents.http,
        method,
        headers: headers as http.OutgoingHttpHeaders,
        ...(signal && { signal }),
      };
      const request = (isSecure ? https : http).request(url, options, (answer) =>
        resolve(responseOf(answer)),
      );
      request.once("error", reject);
      request.end(body);
    });
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
