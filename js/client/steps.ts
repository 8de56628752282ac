import type { Client as CoreClient, Items as CoreItems, Vaults as CoreVaults } from "../wasm/op.js";
import { check, isObject, membersOf } from "./check.js";
import type { CallOptions } from "./config.js";
import { hasCode, OnePasswordError } from "./errors.js";

/** What the module does for groups and shares, by the numbers that `src/web/client.rs` has for it. */
export const ACTS = {
  group: 0,
  groupKeys: 1,
  policy: 2,
  recipients: 3,
  share: 4,
  grant: 5,
  update: 6,
  revoke: 7,
  sealVaultKey: 8,
  sealShare: 9,
  files: 10,
} as const;

type Act = (typeof ACTS)[keyof typeof ACTS];

/** What steps are done with. */
export interface StepsCore {
  readonly client: CoreClient;
  readonly items: CoreItems;
  readonly vaults: CoreVaults;
}

/** Asks the module. */
export type Ask = <T>(ask: (core: StepsCore) => unknown) => Promise<T>;

// Taken when the package is loaded: a test that fakes it later ends no call.
const { now } = Date;
const FRESH: unknown[] = [undefined, true, false, "secrets"];
const ID = /^[a-z2-7]{25}[aeimquy4]$/;

/** Whether a text has the form of an id. */
export function isId(text: unknown): text is string {
  return typeof text === "string" && ID.test(text);
}

/** A call that takes several requests, all of them within its time. */
export class Steps {
  readonly #asks: Ask;
  readonly #options: CallOptions | undefined;
  readonly #start = now();
  /** How long all of it may take. */
  readonly #timeoutMs: number;
  #isFirst = true;

  constructor(asks: Ask, options: CallOptions | undefined, timeoutMs: number) {
    check(options === undefined || isObject(options), "options must be an object");
    this.#asks = asks;
    this.#options = options && (membersOf(options) as CallOptions);
    const { fresh } = this.#options ?? {};
    // The module does not see it if the first step is to be fresh in any case.
    check(FRESH.includes(fresh), 'the option fresh must be true, false or "secrets"');
    this.#timeoutMs = this.#options?.timeoutMs ?? timeoutMs;
  }

  /** Whether the call is to be fresh, in whatever way. */
  get isFresh(): boolean {
    return (this.#options?.fresh ?? false) !== false;
  }

  /** What the module gives for an act: text. */
  act(act: Act, ...texts: string[]): Promise<string> {
    return this.#ask(({ client }, options) => client.act(act, texts, options));
  }

  /** The answer to a request. */
  async request(act: Act, target: string, body?: unknown): Promise<unknown> {
    const bodies = body === undefined ? [] : [JSON.stringify(body)];
    const answer = await this.act(act, target, ...bodies);
    try {
      return JSON.parse(answer);
    } catch {
      throw protocolError("an answer is not the JSON that it should be");
    }
  }

  /** A change of which the service says no more than that it is done. */
  async change(act: Act, target: string, body?: unknown): Promise<void> {
    const answer = membersOf(await this.request(act, target, body));
    if (answer["success"] === 1) return;
    throw protocolError("the service did not confirm the change");
  }

  /**
   * Opens a vault, and gives its id. Before a change, names are looked up anew.
   */
  async openVault(vault: string): Promise<string> {
    const { id } = await this.#ask<{ id: string }>(({ vaults }, options) =>
      vaults.getOverview(vault, { ...options, fresh: true }),
    );
    return id;
  }

  /** A vault's id: without a request for what is one. */
  async vaultId(vault: string): Promise<string> {
    return isId(vault) ? vault : this.openVault(vault);
  }

  /** Opens a vault whose items are to be read or shared: it may be an Environment. */
  async openForItems(vaultId: string): Promise<void> {
    try {
      await this.openVault(vaultId);
    } catch (thrown) {
      // The module says so of an Environment once that is open.
      if (!hasCode(thrown, "notAVault")) throw thrown;
    }
  }

  /** The ids of an item and its vault: without a request if they are named by them. */
  async place(vault: string, item: string): Promise<{ vaultId: string; id: string }> {
    if (isId(vault) && isId(item)) return { vaultId: vault, id: item };
    return await this.#ask(({ items }, options) =>
      items.get(vault, item, { ...options, fresh: true }),
    );
  }

  /** Whether a vault's key can be used. */
  hasKey(vaultId: string): Promise<boolean> {
    return this.#asks(({ client }) => client.hasKey(vaultId));
  }

  /** A step, within the time that is left: the module checks the options of the call with the first. */
  async #ask<T>(ask: (core: StepsCore, options: CallOptions | undefined) => unknown): Promise<T> {
    if (this.#isFirst) {
      this.#isFirst = false;
      return await this.#asks<T>((core) => ask(core, this.#options));
    }
    const timeoutMs = this.#timeoutMs - Math.max(0, now() - this.#start);
    if (timeoutMs <= 0) throw this.#late();
    const options = { signal: this.#options?.signal, timeoutMs };
    try {
      return await this.#asks<T>((core) => ask(core, options));
    } catch (thrown) {
      throw hasCode(thrown, "timeout") ? this.#late() : thrown;
    }
  }

  /** In the module's words, with the time of the whole call. */
  #late(): OnePasswordError {
    return new OnePasswordError({
      code: "timeout",
      message: `no answer within ${this.#timeoutMs} ms; try again, or give the call more time with timeoutMs`,
    });
  }
}

/** An answer that the protocol does not allow. */
export function protocolError(what: string): OnePasswordError {
  return new OnePasswordError({
    code: "protocol",
    message: `the server did not follow 1Password's protocol: ${what}; if it goes on, report it with this message`,
  });
}
