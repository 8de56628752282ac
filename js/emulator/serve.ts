/// <reference lib="esnext.disposable" preserve="true" />
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bytes, concat } from "./encoding.js";
import { ownOf } from "./own.js";

/** How to listen. */
export interface ServeOptions {
  /** A free port if absent. */
  port?: number;
  /** Whether pages of any origin may ask. The real service does not let them. */
  cors?: boolean;
}

/** Something that listens on 127.0.0.1. */
export interface Listener {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Stops listening, ends idle connections at once and waits for those that still answer. */
  close(): Promise<void>;
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = "127.0.0.1";
/** Far above what clients send: files are only ever downloaded. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** As load balancers have it: after Node's 5 s, whoever was busy meanwhile finds a closed connection. */
const KEEP_ALIVE_MS = 60_000;

type Handler = (request: Request) => Promise<Response>;

/** Serves a `fetch` handler over HTTP, on loopback alone. */
export async function listen(
  service: Handler,
  { port = 0, cors = false }: ServeOptions,
): Promise<Listener> {
  const handler = cors ? acrossOrigins(service) : service;
  // Here and not above, so that the handler itself runs where there is no node:http.
  const { createServer } = await import("node:http");
  let closing = false;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    // A handler that rejects stands for a lost connection.
    forward(handler, incoming, outgoing, () => closing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  const close = () => {
    closing = true;
    // Ends idle connections too, since Node 19.
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const url = `http://${HOST}:${address.port}`;
  return { url, port: address.port, close, [Symbol.asyncDispose]: close };
}

/** Lets pages of any origin ask, and read what is answered. */
function acrossOrigins(handler: Handler): Handler {
  return async (request) => {
    const isPreflight = request.method === "OPTIONS";
    const answer = isPreflight
      ? new Response(null, ownOf({ status: 204 }))
      : await handler(request);
    answer.headers.set("Access-Control-Allow-Origin", "*");
    answer.headers.set("Access-Control-Expose-Headers", "Retry-After");
    if (isPreflight) {
      answer.headers.set("Access-Control-Allow-Headers", "*");
      answer.headers.set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    }
    return answer;
  };
}

async function forward(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  isClosing: () => boolean,
): Promise<void> {
  const body = await readBody(incoming);
  const method = incoming.method ?? "GET";
  const bodiless = method === "GET" || method === "HEAD";
  if (body === undefined || (bodiless && body.length > 0)) {
    // A Request cannot even be made of these, so no handler gets to see them.
    outgoing.writeHead(body === undefined ? 413 : 400, { connection: "close" }).end();
    return;
  }
  const aborter = new AbortController();
  outgoing.once("close", () => aborter.abort());
  const init: RequestInit = ownOf({
    method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
      (values ?? []).map((value): [string, string] => [name, value]),
    ),
    signal: aborter.signal,
    ...(bodiless ? {} : { body }),
  });
  const response = await handler(new Request(new URL(incoming.url ?? "/", `http://${HOST}`), init));
  if (isClosing()) outgoing.setHeader("connection", "close");
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  await sendBody(response, outgoing);
}

/** Piece by piece: a body may break off, or never end. */
async function sendBody({ body }: Response, outgoing: ServerResponse): Promise<void> {
  const send = (piece: Bytes) =>
    new Promise<void>((resolve, reject) => {
      outgoing.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  try {
    for await (const piece of (body ?? []) as AsyncIterable<Bytes>) await send(piece);
  } catch (error) {
    // What came before the break is to arrive, if it is only the head.
    outgoing.flushHeaders();
    throw error;
  }
  outgoing.end();
}

/** The whole body; `undefined` if it is too long. */
async function readBody(incoming: IncomingMessage): Promise<Bytes | undefined> {
  const chunks: Bytes[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Bytes>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return concat(...chunks);
}
