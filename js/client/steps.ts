import type { Client as CoreClient, Items as CoreItems, Vaults as CoreVaults } from "../wasm/op.js";
import type { CallOptions } from "./config.js";
import { OnePasswordError } from "./errors.js";
import { ownOf } from "./own.js";

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
const ID = /^[a-z2-7]{25}[aeimquy4]$/;

/** Whether a text has the form of an id. */
export function isId(text: unknown): text is string {
  return typeof text === "string" && ID.test(text);
}

/** A call that takes several requests, all of them within its time. */
export class Steps {
  readonly #ask: Ask;
  readonly #options: CallOptions | undefined;
  readonly #start = now();
  /** How long the client's calls take that say nothing of it. */
  readonly #timeoutMs: number;
  #isFirst = true;

  constructor(ask: Ask, options: CallOptions | undefined, timeoutMs: number) {
    this.#ask = ask;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  /** What the module gives for an act: text. */
  act(act: Act, ...texts: string[]): Promise<string> {
    return this.#ask(({ client }) => client.act(act, texts, this.#left()));
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
    throw protocolError("the service did not say that it is done");
  }

  /**
   * Opens a vault, and gives its id. What is changed by a name is not found by one that is
   * remembered.
   */
  async openVault(vault: string): Promise<string> {
    const options = { ...this.#left(), fresh: true };
    const overview = await this.#ask<{ id: string }>(({ vaults }) =>
      vaults.getOverview(vault, options),
    );
    return overview.id;
  }

  /** A vault's id: without a request for what is one. */
  async vaultId(vault: string): Promise<string> {
    return isId(vault) ? vault : this.openVault(vault);
  }

  /** An item's id: without a request for what is one. A name is read with the item. */
  async itemId(vaultId: string, item: string): Promise<string> {
    if (isId(item)) return item;
    const options = { ...this.#left(), fresh: true };
    const { id } = await this.#ask<{ id: string }>(({ items }) =>
      items.get(vaultId, item, options),
    );
    return id;
  }

  /** Whether a vault's key can be used. */
  hasKey(vaultId: string): Promise<boolean> {
    return this.#ask(({ client }) => client.hasKey(vaultId));
  }

  /** The options of the next step: the module checks those of the call with the first. */
  #left(): CallOptions | undefined {
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#options;
    }
    const { signal, timeoutMs = this.#timeoutMs } = ownOf(this.#options ?? {});
    const passed = Math.max(0, now() - this.#start);
    return { signal, timeoutMs: Math.max(1, timeoutMs - passed) };
  }
}

/** What an answer has; nothing if it is no object. */
export function membersOf(answer: unknown): Record<string, unknown> {
  return typeof answer === "object" && answer !== null ? ownOf(answer as object as never) : {};
}

/** An answer that the protocol does not allow. */
export function protocolError(what: string): OnePasswordError {
  return new OnePasswordError({
    code: "protocol",
    message: `the server did not follow 1Password's protocol: ${what}; if it goes on, report it with this message`,
  });
}
