import { OnePasswordError } from "./errors.js";
import type { Watch } from "./events.js";
import type { SessionShelf } from "./session_store.js";
import { type FetchFunction, send } from "./transport.js";
import type { Answer, CoreEvent, CoreHost, Pending } from "./wasm/op.js";

/** What the core needs of JavaScript, for one client. */
export interface HostParts {
  readonly fetch: FetchFunction;
  /** How long a request may take, as long as there are the calls that there are now. */
  readonly timeoutMs: () => number;
  readonly watch: Watch;
  readonly sessions: SessionShelf | undefined;
}

const RSA = "RSA-OAEP";
const AES = "AES-GCM";

/** The network, WebCrypto, the clock and the session store, as the core asks for them. */
export class JsHost implements CoreHost {
  readonly #parts: HostParts;

  /** @throws {OnePasswordError} `unsupported` */
  constructor(parts: HostParts) {
    this.#parts = parts;
    const { crypto } = globalThis as { crypto?: Partial<Crypto> };
    const needs = (what: string) =>
      new OnePasswordError({ code: "unsupported", message: `this runtime has no ${what}` });
    if (!crypto) throw needs("globalThis.crypto (WebCrypto), which signing in needs");
    if (!crypto.subtle) {
      throw needs(
        "crypto.subtle, which opening keys needs; a page must be served over https or from localhost",
      );
    }
  }

  send(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string | undefined,
    retry: number,
  ): Pending<Answer> {
    const { fetch, timeoutMs, watch } = this.#parts;
    return send({ method, url, headers, body, retry }, { fetch, timeoutMs, watch });
  }

  sleep(ms: number): Pending<void> {
    let end = () => {};
    const answer = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      end = () => {
        clearTimeout(timer);
        // What waits for a promise that never settles is never freed.
        resolve();
      };
    });
    // Else a process would wait for the rest of a pause that nobody waits for.
    return { answer, abort: () => end() };
  }

  note(event: CoreEvent, ms: number): void {
    this.#parts.watch.note(event, ms);
  }

  now(): number {
    return Date.now();
  }

  fillRandom(bytes: Uint8Array<ArrayBuffer>): boolean {
    try {
      crypto.getRandomValues(bytes);
      return true;
    } catch {
      return false;
    }
  }

  nfkd(text: string): string {
    return text.normalize("NFKD");
  }

  async loadSession(name: string): Promise<string | undefined> {
    return await this.#parts.sessions?.load(name);
  }

  async storeSession(name: string, record: string | undefined, ttlSeconds: number): Promise<void> {
    await this.#parts.sessions?.store(name, record, ttlSeconds);
  }

  async importKey(jwk: JsonWebKey, hash: string): Promise<CryptoKey> {
    return await crypto.subtle.importKey("jwk", jwk, { name: RSA, hash }, false, ["decrypt"]);
  }

  async openRsa(key: CryptoKey, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    // A copy: the module's memory may move while this waits.
    return new Uint8Array(await crypto.subtle.decrypt({ name: RSA }, key, sealed.slice()));
  }

  async openAes(
    key: Uint8Array<ArrayBuffer>,
    iv: Uint8Array<ArrayBuffer>,
    sealed: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array> {
    // Copies, as above; the one of the key is not left behind.
    const [bytes, nonce, raw] = [sealed.slice(), iv.slice(), key.slice()];
    const importing = crypto.subtle.importKey("raw", raw, AES, false, ["decrypt"]);
    const own = await importing.finally(() => raw.fill(0));
    return new Uint8Array(await crypto.subtle.decrypt({ name: AES, iv: nonce }, own, bytes));
  }
}
