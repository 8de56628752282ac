import type { Items as CoreItems } from "../wasm/op.js";
import { ownResponses, type ResolveError } from "./answers.js";
import type { Bytes } from "./bytes.js";
import type { CallOptions } from "./config.js";
import { Listed } from "./listed.js";
import type { FileAttributes, Item, ItemListFilter, ItemOverview, Response } from "./shapes.js";
import type { ItemShares } from "./shares.js";

/** Reads items, and shares them. Vaults and items are named by their ids or by their names, as in references. */
export interface Items {
  /** Reads the files of items. */
  readonly files: ItemFiles;
  /** Shares items by links. */
  readonly shares: ItemShares;
  /**
   * An item with all its values.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  get(vault: string, item: string, options?: CallOptions): Promise<Item>;
  /**
   * Several items of a vault, 50 with a request. One that fails spoils no other.
   *
   * @throws {OnePasswordError} if the client is closed, or the vault's name is none
   */
  getAll(
    vault: string,
    items: readonly string[],
    options?: CallOptions,
  ): Promise<ItemsGetAllResponse>;
  /**
   * The items of a vault, without their values; those that cannot be opened are left out, unless
   * none can. Active ones if there is no filter; of several filters each has to let an item through.
   * Archived items are listed, but have to be restored before they can be read.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  list(vault: string, ...filters: ItemListFilter[]): Listed<ItemOverview>;
  /** The same, with options behind the filters. */
  list(vault: string, ...filters: [...ItemListFilter[], CallOptions]): Listed<ItemOverview>;
}

/** Reads the files of items. */
export interface ItemFiles {
  /**
   * The content of a file that an item has among its `files`, or as its `document`.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  read(
    vault: string,
    item: string,
    attributes: FileAttributes,
    options?: CallOptions,
  ): Promise<Bytes>;
}

/** What {@link Items.getAll} answers: in the order of the question, one for each item. */
export interface ItemsGetAllResponse {
  individualResponses: Response<Item, ResolveError>[];
}

/**
 * Asks the module for items, which it answers in the shapes of `shapes.ts`.
 *
 * @internal
 */
type Ask = <T>(ask: (items: CoreItems) => unknown) => Promise<T>;

/**
 * Reads items by way of the module.
 *
 * @internal
 */
export function itemsOf(ask: Ask, shares: ItemShares): Items {
  return {
    shares,
    get: (vault, item, options) => ask((items) => items.get(vault, item, options)),
    getAll: async (vault, all, options) =>
      ownResponses(await ask<ItemsGetAllResponse>((items) => items.getAll(vault, all, options))),
    list(vault: string, ...more: (ItemListFilter | CallOptions)[]) {
      const last = more.at(-1);
      const options = isOptions(last) ? last : undefined;
      const filters = (options === undefined ? more : more.slice(0, -1)) as ItemListFilter[];
      return new Listed<ItemOverview>(() => ask((items) => items.list(vault, filters, options)));
    },
    files: {
      read: (vault, item, attributes, options) =>
        ask((items) => items.readFile(vault, item, attributes, options)),
    },
  };
}

/** Not what may have been meant as a filter. */
function isOptions(value: unknown): value is CallOptions {
  try {
    return (
      typeof value === "object" &&
      value !== null &&
      Object.keys(value).every((name) => OPTIONS.includes(name))
    );
  } catch {
    return false; // and what it is instead, the module says
  }
}
const OPTIONS: readonly string[] = ["timeoutMs", "signal", "fresh"] satisfies (keyof CallOptions)[];
