import { type AesEnvelope, hmacSha256, importAesKey, openJson, sealJson } from "./crypto.js";
import { type Bytes, toBase64url, utf8 } from "./encoding.js";
import { mintUpperId } from "./ids.js";
import { parseJson } from "./json.js";
import { NumberSet } from "./numbers.js";
import { badRequest, unauthorized } from "./refusal.js";
import type { Exchange } from "./srp.js";

const MAC_BYTES = 12;
const MAC_SECRET = "He never wears a Mac, in the pouring rain. Very strange.";

/** What a request's MAC is computed over, beside the session and the number. */
export interface SignedRequest {
  readonly method: string;
  /** With the leading slash. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** How far a session has come: each sign-in request takes it one step on. */
export type Stage = "started" | "exchanged" | "confirmed" | "complete";

/** One session of the account. */
export class Session {
  /** The session's id, which also names its key. */
  readonly id = mintUpperId();
  stage: Stage = "started";
  /** The proofs to be exchanged, between the second request and the third. */
  exchange: Exchange | undefined;
  #key: CryptoKey | undefined;
  #macKey: Bytes | undefined;
  readonly #numbers = new NumberSet();

  /** Both sides have shown that they know the session key. */
  async confirm(sessionKey: Bytes): Promise<void> {
    this.stage = "confirmed";
    this.exchange = undefined;
    this.#key = await importAesKey(sessionKey);
    this.#macKey = await hmacSha256(sessionKey, utf8(MAC_SECRET));
  }

  /**
   * Checks a request's `X-AgileBits-MAC` for an account reached under one of `hosts`; refuses one
   * that is wrong, and a number that this session has seen. Requests may arrive in any order.
   */
  async verifyMac(
    header: string | null,
    request: SignedRequest,
    hosts: Iterable<string>,
  ): Promise<void> {
    const [, digits = "", mac = ""] = /^v1\|(0|[1-9]\d{0,14})\|([\w-]+)$/.exec(header ?? "") ?? [];
    if (mac === "") throw unauthorized("X-AgileBits-MAC: missing or malformed");
    let matches = false;
    for (const host of hosts) {
      matches ||= (await this.#mac(request, host, digits)) === mac;
    }
    if (!matches) throw unauthorized("X-AgileBits-MAC: does not match the request");
    const repeated = this.#numbers.add(Number(digits));
    if (repeated) throw unauthorized("X-AgileBits-MAC: repeated request number");
  }

  async #mac({ method, path, query }: SignedRequest, host: string, n: string): Promise<string> {
    const text = `${this.id}|${method}|${host}${path}?${query}|v1|${n}`;
    const mac = await hmacSha256(this.#confirmed(this.#macKey), utf8(text));
    return toBase64url(mac.slice(0, MAC_BYTES));
  }

  /** Opens a request's body. */
  async open(body: string): Promise<unknown> {
    const key = this.#confirmed(this.#key);
    const opened = await openJson(this.id, key, parseJson(body));
    if (opened === undefined) throw badRequest("body: not sealed with the session key");
    return opened;
  }

  /** Seals an answer's body. */
  seal(value: unknown): Promise<AesEnvelope> {
    return sealJson(this.id, this.#confirmed(this.#key), value);
  }

  #confirmed<Key>(key: Key | undefined): Key {
    if (key === undefined) throw unauthorized("the session key is not confirmed");
    return key;
  }
}
