import { ownOf } from "../client/own.js";

/** What is needed of node:http's `IncomingMessage`. */
export interface Incoming extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What is needed of node:http's `ServerResponse`. */
export interface Outgoing {
  /** Begins the answer. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Sends bytes; false if it is to wait for `drain`. */
  write(chunk: Uint8Array): boolean;
  /** Ends the answer. */
  end(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Tells of room for more, or of the end. */
  once(event: "drain" | "close", listener: () => void): unknown;
}

/** A handler as a listener for `createServer` of node:http. */
export function toNodeListener(
  handler: (request: Request) => Promise<Response>,
): (incoming: Incoming, outgoing: Outgoing) => void {
  return (incoming, outgoing) => {
    pass(handler, incoming, outgoing).catch(() => outgoing.destroy());
  };
}

async function pass(
  handler: (request: Request) => Promise<Response>,
  incoming: Incoming,
  outgoing: Outgoing,
): Promise<void> {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined)
      headers.set(name, typeof value === "string" ? value : value.join(", "));
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  // The host does not matter to a handler, and what a client says of it need not be one.
  const address = new URL(url, "http://localhost");
  const leaving = new AbortController();
  outgoing.once("close", () => leaving.abort());
  // In pieces, so that a handler may refuse before it reads them.
  const init = ownOf({
    method,
    headers,
    signal: leaving.signal,
    ...(hasBody ? { body: streamOf(incoming), duplex: "half" } : {}),
  });
  const answer = await handler(new Request(address, init));
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body !== null) await pipe(answer.body, outgoing);
  outgoing.end();
}

function streamOf(incoming: Incoming): ReadableStream<Uint8Array> {
  const pieces = incoming[Symbol.asyncIterator]();
  return new ReadableStream(
    ownOf({
      async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return?.();
      },
    }),
  );
}

async function pipe(body: ReadableStream<Uint8Array>, outgoing: Outgoing): Promise<void> {
  const reader = body.getReader();
  let isGone = false;
  let wake = () => {};
  // Also while the page takes nothing: a body that has broken off waits for nobody.
  reader.closed.catch(() => wake());
  outgoing.once("close", () => {
    isGone = true;
    wake();
    reader.cancel().catch(() => {});
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || isGone) return;
    if (outgoing.write(value)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      outgoing.once("drain", resolve);
    });
  }
}
