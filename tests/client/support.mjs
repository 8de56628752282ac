// The built package's client against the emulator, with a place between them to look and to interfere.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { createEmulator } from "../../dist/emulator/index.js";
import { Client, ERROR_CODES, isOnePasswordError, OnePasswordError } from "../../dist/index.js";
import { readToken } from "../emulator/raw_client.mjs";

export const VAULT_ID = "o55tod6a4pdaoelxf2f7icbrv4";
export const ITEM_ID = "pokahvr47axgmq6hp2sy6tzb6a";
export const BY_NAME = "op://app/database/password";
export const BY_ID = `op://${VAULT_ID}/${ITEM_ID}/password`;
export const SECRET = "the-secret-of-the-tests";
export const ITEM = { title: "database", id: ITEM_ID, password: SECRET };
export const VAULT = { name: "app", id: VAULT_ID, items: [ITEM] };

/** The requests of a sign-in and of the two ways to resolve, in their order. */
export const PATHS = {
  start: "/api/v3/auth/start",
  exchange: "/api/v2/auth",
  confirm: "/api/v2/auth/confirm-key",
  complete: "/api/v2/auth/complete",
  vaults: "/api/v1/vaults",
  vault: `/api/v3/vault/${VAULT_ID}`,
  keysets: "/api/v2/account/keysets",
  overviews: `/api/v1/vault/${VAULT_ID}/items/overviews`,
  item: `/api/v1/vault/${VAULT_ID}/item/${ITEM_ID}`,
};

const systemNow = Date.now;
let aheadMs = 0;
Date.now = () => systemNow() + aheadMs;

/** For all clients and services here: after that no pause is left, and no refusal counts any more. */
export function aQuarterHourPasses() {
  aheadMs += 15 * 60_000 + 1;
}

const CONFIDENTIAL_HEADERS = ["OP-Throttling-Token", "X-AgileBits-Session-ID", "X-AgileBits-MAC"];
/** Shorter texts are no tokens, and stand in messages by chance. */
const SHORTEST_SECRET = 16;

/** An emulated service and a client's way to it. */
export class Service {
  /** What clients sent, oldest first: `{ url, path, method, headers, body, init }`. */
  calls = [];
  /** Changes an answer before it is sealed: the emulator's `onAnswer`. */
  change;
  /** Answers in place of the service: `(call, ask) => response`, where `ask()` asks the service. */
  replace;
  #secrets = new Set([SECRET]);

  static async start(options = {}) {
    const service = new Service();
    const onAnswer = (answer) => service.change?.(answer);
    const account = { vaults: [VAULT] };
    service.emulator = await createEmulator({ account, ...options, onAnswer });
    service.token = service.emulator.token;
    const { srpX, muk, secretKey, throttleSecret } = readToken(service.token);
    for (const text of [srpX, muk.k, secretKey, throttleSecret.seed]) service.#secrets.add(text);
    return service;
  }

  /** Signs a client in, unless `config` says otherwise with this service's token. */
  authenticate(config = {}) {
    const all = {
      auth: this.token,
      fetch: this.fetch,
      integrationName: "client tests",
      integrationVersion: "1.0.0",
      // What is tried again and remembered has tests of its own.
      retry: { retries: 0 },
      cache: { negativeTtlMs: 0 },
      ...config,
    };
    if (typeof all.auth === "string") this.#keepSecret(all.auth.trim().replace(/^ops_/, ""));
    return Client.authenticate(all).catch((error) => {
      aQuarterHourPasses();
      throw error;
    });
  }

  // Not async, so that `replace` may throw or answer what it likes.
  fetch = (url, init) => {
    const { method, headers, body } = init;
    const call = { url, path: new URL(url).pathname, method, headers, body, init };
    this.calls.push(call);
    for (const name of CONFIDENTIAL_HEADERS) this.#keepSecret(headers[name] ?? "");
    const ask = () => this.emulator.fetch(url, init);
    return this.replace === undefined ? ask() : this.replace(call, ask);
  };

  /** The paths of what clients sent. */
  get paths() {
    return this.calls.map(({ path }) => path);
  }

  /**
   * What `promise` rejects with: an error of the package with this code that tells no secret.
   * `what` says in a failed assertion what was tried.
   */
  async failure(promise, code, what = "") {
    const error = await rejection(promise, what);
    this.checkTellsNothing(error);
    assert.equal(error.code, code, `${what}: ${error.code}, not ${code}: ${error.message}`);
    return error;
  }

  /** Fails if an error of the package shows a secret in any of the ways that one is looked at. */
  checkTellsNothing(error) {
    const shown = {
      message: error.message,
      stack: error.stack,
      "String()": String(error),
      "JSON.stringify": JSON.stringify(error),
      inspect: inspect(error, { depth: 10, showHidden: true, maxStringLength: Infinity }),
      cause: inspect(error.cause, { depth: 10, showHidden: true, maxStringLength: Infinity }),
    };
    for (const [how, text] of Object.entries(shown)) {
      for (const secret of this.#secrets) {
        assert.ok(!text.includes(secret), `${error.code} tells a secret in its ${how}`);
      }
    }
  }

  #keepSecret(text) {
    if (text.length >= SHORTEST_SECRET) this.#secrets.add(text);
  }
}

/** What `promise` rejects with, which has to be a well-formed error of the package. */
async function rejection(promise, what) {
  const error = await promise.then(
    () => assert.fail(`${what}: should have failed`),
    (thrown) => thrown,
  );
  assert.ok(
    error instanceof OnePasswordError,
    `${what}: not an error of the package: ${inspect(error)}`,
  );
  assert.ok(isOnePasswordError(error));
  assert.equal(error.name, "OnePasswordError");
  assert.ok(ERROR_CODES.includes(error.code), error.code);
  assert.ok(error.message.length > 10, error.message);
  assert.equal(typeof error.retryable, "boolean");
  return error;
}

/** The token with its JSON changed by `change`, in place or by what it returns. */
export function alterToken(token, change) {
  const json = readToken(token);
  return encodeToken(JSON.stringify(change(json) ?? json));
}

/** A token that holds this text. */
export function encodeToken(text) {
  return `ops_${Buffer.from(text).toString("base64url")}`;
}

/** A temporary folder with another copy of the package installed in it, until all tests are done. */
export function copyPackage() {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  after(() => rmSync(folder, { recursive: true }));
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const installed = join(folder, "node_modules/onepassword-edge");
  for (const name of ["dist", "package.json"]) {
    cpSync(join(root, name), join(installed, name), { recursive: true });
  }
  return { folder, entry: pathToFileURL(join(installed, "dist/index.js")).href };
}
