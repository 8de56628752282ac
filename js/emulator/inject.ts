import { type Bytes, utf8 } from "./encoding.js";
import type { Fault } from "./faults.js";
import { isObject, type Json } from "./json.js";
import { ownOf } from "./own.js";

const ELSEWHERE = "https://elsewhere.example/";
const ENDLESS_BYTES = 64;
const ENDLESS_MS = 10;
const SPACE = 0x20;

/** How a request is served when all is well, for a fault to meddle with. */
export interface Serving {
  readonly request: Request;
  /** Serves the request; `alter` may change the answer's JSON. */
  serve(alter?: (json: Json | undefined) => void): Promise<Response>;
  /** Ends the session that the request names. */
  endSession(): void;
}

/** Serves a request with something going wrong. */
export async function inject(fault: Fault, serving: Serving): Promise<Response> {
  const { request, serve } = serving;
  switch (fault.kind) {
    case "status":
      return toResponse(fault.status, fault.headers, fault.body);
    case "delay":
      await pause(fault.ms, request.signal);
      return serve();
    case "reset":
      if (fault.served === true) await serve();
      throw connectionLost();
    case "truncate":
      return truncate(await serve(), fault.bytes, fault.silent === true);
    case "garbage":
      return new Response(utf8("<html>\u0000 this is no JSON"), ownOf({ status: 200 }));
    case "reorder":
      return serve((json) => itemsOf(json)?.reverse());
    case "duplicate":
      return serve((json) => {
        const items = itemsOf(json);
        items?.push(...structuredClone(items));
      });
    case "hang":
      return new Promise(() => {});
    case "expire":
      serving.endSession();
      return serve();
    case "redirect":
      return redirect(request, fault.location ?? ELSEWHERE);
    case "endless":
      return endless(request, fault.bytes ?? ENDLESS_BYTES, fault.everyMs ?? ENDLESS_MS);
  }
}

/** What `fetch` rejects with when a connection is lost, in the words of Node. */
function connectionLost(): TypeError {
  const cause = Object.assign(new Error("the connection was lost"), { code: "ECONNRESET" });
  return new TypeError("fetch failed", { cause });
}

function toResponse(
  status: number,
  headers: Record<string, string> | undefined,
  json: Json | undefined,
): Response {
  const all = new Headers(headers);
  if (json === undefined) return new Response(null, ownOf({ status, headers: all }));
  if (!all.has("content-type")) all.set("content-type", "application/json");
  return new Response(JSON.stringify(json), ownOf({ status, headers: all }));
}

function redirect(request: Request, location: string): Response {
  if (request.redirect === "error") throw new TypeError("fetch failed: a redirect");
  return new Response(null, ownOf({ status: 302, headers: { location } }));
}

function itemsOf(json: Json | undefined): Json[] | undefined {
  const items = isObject(json) ? json["items"] : undefined;
  return Array.isArray(items) ? items : undefined;
}

/** The answer with a shorter body: one that breaks off, or one that seems whole. */
async function truncate(answer: Response, bytes: number, silent: boolean): Promise<Response> {
  const whole = new Uint8Array(await answer.arrayBuffer());
  const { status } = answer;
  const headers = new Headers(answer.headers);
  const kept = whole.slice(0, bytes);
  if (silent || bytes >= whole.length) return new Response(kept, ownOf({ status, headers }));
  // So that a client over HTTP knows as well that something is missing.
  headers.set("content-length", String(whole.length));
  let sent = kept.length === 0;
  const body = new ReadableStream<Bytes>({
    pull(controller) {
      if (sent) return controller.error(connectionLost());
      controller.enqueue(kept);
      sent = true;
    },
  });
  return new Response(body, ownOf({ status, headers }));
}

/** White space, with which JSON may begin: a client that reads on cannot know that nothing follows. */
function endless(request: Request, bytes: number, everyMs: number): Response {
  const body = new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        // The request, not its signal alone: in Node a signal falls silent once its request is collected.
        await pause(everyMs, request.signal);
        controller.enqueue(new Uint8Array(bytes).fill(SPACE));
      } catch (reason) {
        controller.error(reason);
      }
    },
  });
  return new Response(
    body,
    ownOf({ status: 200, headers: { "content-type": "application/json" } }),
  );
}

/** Waits, or rejects as soon as the signal says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const done = () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
