import { type Asker, checkName, itemKey, type ListWhat } from "./calls.js";
import type { ResolveError } from "./client.js";
import { type CallOptions, check, checkCallOptions, isObject, isStringArray } from "./config.js";
import type { Listed } from "./listed.js";
import type { FileAttributes, Item, ItemListFilter, ItemOverview, Response } from "./shapes.js";

/** Reads items. Vaults and items are named by their ids or by their names, as in references. */
export interface Items {
  /** Reads the files of items. */
  readonly files: ItemFiles;
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
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** What {@link Items.getAll} answers: in the order of the question, one for each item. */
export interface ItemsGetAllResponse {
  individualResponses: Response<Item, ResolveError>[];
}

/** Reads items by way of a client. */
export function itemsOf({ ask, failure, list }: Asker): Items {
  const get = async (vault: string, item: string, options?: CallOptions): Promise<Item> => {
    const { secret } = await ask<string>(itemKey(vault, item), "item", options);
    return withSeconds(withDates(JSON.parse(secret) as Item));
  };
  const respond = async (vault: string, item: string, options?: CallOptions) => {
    try {
      return response<Item, ResolveError>(await get(vault, item, options), null);
    } catch (thrown) {
      return response<Item, ResolveError>(null, failure(thrown));
    }
  };
  return {
    get,
    async getAll(vault, items, options) {
      check(isStringArray(items), "items must be an array of ids or names");
      checkName(vault);
      const checked = checkCallOptions(options);
      const responses = items.map((item) => respond(vault, item, checked));
      return { individualResponses: await Promise.all(responses) };
    },
    list(vault: string, ...more: (ItemListFilter | CallOptions)[]) {
      const last = more.at(-1);
      const options = isOptions(last) ? last : undefined;
      const filters = (options === undefined ? more : more.slice(0, -1)) as ItemListFilter[];
      const what = () => [statesOf(filters), checkName(vault)] as const;
      return list(what, withDates<ItemOverview>, options);
    },
    files: {
      async read(vault, item, attributes, options) {
        const fileId = attributes?.id;
        check(typeof fileId === "string", "attributes must be a file's, with its id");
        const key = itemKey(vault, item, fileId);
        return (await ask<Uint8Array<ArrayBuffer>>(key, "file", options)).secret;
      },
    },
  };
}

/** The types say that a member may be absent; where there is nothing, it is null. */
function response<T, E>(content: T | null, error: E | null): Response<T, E> {
  return { content, error } as Response<T, E>;
}

/** Not what may have been meant as a filter. */
const isOptions = (value: unknown): value is CallOptions =>
  isObject(value) && Object.keys(Object(value)).every((name) => OPTIONS.includes(name));
const OPTIONS: readonly string[] = ["timeoutMs", "signal", "fresh"] satisfies (keyof CallOptions)[];

/** Those that all filters let through. */
function statesOf(filters: readonly ItemListFilter[]): ListWhat {
  for (const filter of filters) {
    const { active, archived } = filter?.content ?? {};
    const isFilter = typeof active === "boolean" && typeof archived === "boolean";
    check(
      filter?.type === "ByState" && isFilter,
      'a filter is { type: "ByState", content: { active, archived } }',
    );
  }
  const active = filters.every(({ content }) => content.active);
  const archived = filters.length > 0 && filters.every(({ content }) => content.archived);
  if (active) return archived ? "all" : "active";
  return archived ? "archived" : "no";
}

/** Of JSON, where dates are text. */
export function withDates<T extends { createdAt: Date; updatedAt: Date }>(parsed: T): T {
  parsed.createdAt = new Date(parsed.createdAt);
  parsed.updatedAt = new Date(parsed.updatedAt);
  return parsed;
}

/** Of an item the vendor's client gives whole seconds, of a list and of vaults fractions, too. */
function withSeconds(item: Item): Item {
  item.createdAt.setUTCMilliseconds(0);
  item.updatedAt.setUTCMilliseconds(0);
  return item;
}
