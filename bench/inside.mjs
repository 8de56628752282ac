// A service in the client's own process, whose own time can be told apart to the microsecond: it
// runs in a thread, and the client's thread stands still while it answers. So what a client does
// “while a request is away” counts in full, and no HTTP is between the two.
import { once } from "node:events";
import {
  isMainThread,
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";

const YOUNG_MB = 512;

/** Starts it, and puts it in the place of the global `fetch`, the only one the SDK knows. */
export async function startInside(options) {
  const { port1, port2 } = new MessageChannel();
  const gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { options, port: port2, gate },
    transferList: [port2],
    // Collecting the service's garbage goes on while the client works, and takes of its time.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const [token] = await once(worker, "message");
  worker.unref();
  const counted = { requests: 0, sent: 0, received: 0, ownMs: 0 };
  // Node loads what these are made of with the first ones.
  await new Request("http://localhost", { method: "POST", body: "" }).text();
  new Response("").headers.get("date");
  globalThis.fetch = async (input, init) => {
    const start = performance.now();
    const request = new Request(input, init);
    const { url, method } = request;
    const madeMs = performance.now() - start;
    const body = request.body === null ? undefined : await request.text();
    // What the client did meanwhile is its own.
    const resumed = performance.now();
    const { status, headers, bytes } = ask({ url, method, headers: [...request.headers], body });
    const response = new Response(bytes.byteLength > 0 ? bytes : null, { status, headers });
    // Without an address the SDK aborts.
    Object.defineProperty(response, "url", { value: url });
    counted.ownMs += madeMs + performance.now() - resumed;
    counted.requests += 1;
    counted.sent += body?.length ?? 0;
    counted.received += bytes.byteLength;
    return response;
  };
  function ask(request) {
    Atomics.store(gate, 0, 0);
    port1.postMessage(request);
    Atomics.wait(gate, 0, 0);
    return receiveMessageOnPort(port1).message;
  }
  return { token, readCounters: async () => ({ ...counted }) };
}

async function serve({ options, port, gate }) {
  const { createEmulator } = await import("../dist/emulator/index.js");
  const { accountOf } = await import("./account.mjs");
  const emulator = await createEmulator({ account: accountOf(options) });
  port.on("message", async ({ url, method, headers, body }) => {
    const answer = await emulator.fetch(new Request(url, { method, headers, body }));
    const bytes = await answer.arrayBuffer();
    const { status } = answer;
    port.postMessage({ status, headers: [...answer.headers], bytes }, [bytes]);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  });
  parentPort.postMessage(emulator.token);
}

if (!isMainThread) await serve(workerData);
