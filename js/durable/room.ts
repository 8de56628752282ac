import type { ResolveResponse } from "../client/answers.js";
import { OnePasswordError } from "../client/errors.js";
import { failure } from "./failure.js";
import type { ReadKind, ReadResult } from "./message.js";

/** RPC takes 32 MiB; the rest is for references and what stands around the values. */
const MOST_MIB = 30;
const MOST_BYTES = MOST_MIB * 2 ** 20;

/**
 * What an answer has room for, and an error in place of the rest. If RPC refused the answer, all of it
 * would be read a second time.
 */
export function withRoom(kind: ReadKind, results: readonly ReadResult[]): ReadResult[] {
  let sum = 0;
  return results.map((result) => {
    const size = sizeOf(result);
    if (sum + size > MOST_BYTES) return failure(kind, tooLarge(size));
    sum += size;
    return result;
  });
}

/** In bytes, as RPC sends it. */
function sizeOf({ value }: ReadResult): number {
  if (value instanceof Uint8Array) return value.length;
  const text = typeof value === "string" ? value : (value as ResolveResponse)?.content?.secret;
  if (text === undefined) return 0;
  return /[\u0100-\uffff]/.test(text) ? 2 * text.length : text.length;
}

function tooLarge(size: number): OnePasswordError {
  return new OnePasswordError({
    code: "fileTooLarge",
    message: `the value takes ${size} bytes, and a Durable Object hands on at most ${MOST_MIB} MiB at once; read the file with a Client`,
  });
}
