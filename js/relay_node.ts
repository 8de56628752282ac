/** What is needed of node:http's `IncomingMessage`. */
interface Incoming extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What is needed of node:http's `ServerResponse`. */
interface Outgoing {
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  once(event: "drain" | "close", listener: () => void): unknown;
}

/** Far above what a relay forwards. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

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
  const body = await readBody(incoming);
  const hasBody = method !== "GET" && method !== "HEAD";
  // The host does not matter to a handler, and what a client says of it need not be one.
  const address = new URL(url, "http://localhost");
  const init = { method, headers, ...(hasBody ? { body } : {}) };
  const answer = await handler(new Request(address, init));
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body !== null) await pipe(answer.body, outgoing);
  outgoing.end();
}

async function readBody(incoming: Incoming): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError("the body is too long");
    chunks.push(chunk);
  }
  return new Blob(chunks);
}

async function pipe(body: ReadableStream<Uint8Array>, outgoing: Outgoing): Promise<void> {
  const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (outgoing.write(value)) continue;
    await Promise.race([closed, new Promise<void>((resolve) => outgoing.once("drain", resolve))]);
  }
}
