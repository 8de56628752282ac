import type { Bytes } from "./encoding.js";
import type { Json } from "./json.js";
import { ownOf } from "./own.js";
import type { Reply } from "./service.js";
import type { Session } from "./session.js";

/** An answer on its way: what a hook changes in it is what is sent. */
export interface Answer {
  readonly method: string;
  /** The request's path, without the query. */
  readonly path: string;
  status: number;
  /** The answer's JSON before it is sealed; `undefined` when it is a file. */
  json: Json | undefined;
  /** A file's sealed bytes; `undefined` when it is JSON. */
  bytes: Uint8Array | undefined;
}

/**
 * Changes answers: in place, or by returning a `Response` that is sent as it is.
 * A hook that throws makes `fetch` reject with the same error, as a lost connection would.
 */
export type AnswerHook = (
  answer: Answer,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that changes in place returns nothing
) => Response | undefined | void | Promise<Response | undefined | void>;

/** An endpoint's answer, and the session that seals it; errors are never sealed. */
export interface Outcome {
  status: number;
  json: Json | undefined;
  bytes: Uint8Array | undefined;
  session: Session | undefined;
  /** Beside the usual ones. */
  headers: Readonly<Record<string, string>>;
}

/** What an endpoint replied, as the answer that a hook gets to see. */
export function toOutcome(reply: Reply, session: Session | undefined): Outcome {
  const outcome = { status: 200, json: undefined, bytes: undefined, session, headers: {} };
  if (isFile(reply)) return { ...outcome, bytes: reply.bytes };
  const sealer = reply.plain === true ? undefined : session;
  // A copy, so that a hook can change the answer and not the account.
  return { ...outcome, session: sealer, json: structuredClone(reply.json) };
}

const isFile = (reply: Reply): reply is { bytes: Bytes } => Object.hasOwn(reply, "bytes");

/** The answer sealed: the only place where responses of the service are made. */
export async function toResponse(
  answer: Answer,
  { session, headers: more }: Pick<Outcome, "session" | "headers">,
): Promise<Response> {
  const { status, json, bytes } = answer;
  if (bytes !== undefined) {
    const headers = { "content-type": "application/octet-stream" };
    return new Response(new Uint8Array(bytes), ownOf({ status, headers }));
  }
  const body = session === undefined ? json : await session.seal(json);
  return Response.json(body ?? null, ownOf({ status, headers: more }));
}
