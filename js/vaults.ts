import { type Asker, checkName } from "./calls.js";
import { type CallOptions, check, checkFlag, isObject } from "./config.js";
import { withDates } from "./items.js";
import type { Listed } from "./listed.js";
import type { Vault, VaultGetParams, VaultListParams, VaultOverview } from "./shapes.js";

/** Reads vaults. Each is named by its id or by its name, as in references. */
export interface Vaults {
  /**
   * All vaults that the service account may read, by their ids; those that cannot be opened are
   * left out, unless none can.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  list(params?: VaultListParams, options?: CallOptions): Listed<VaultOverview>;
  /**
   * A vault as a list has it.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  getOverview(vault: string, options?: CallOptions): Promise<VaultOverview>;
  /**
   * A vault.
   *
   * @throws {OnePasswordError} saying what stands in the way
   */
  get(vault: string, params?: VaultGetParams, options?: CallOptions): Promise<Vault>;
}

/** Reads vaults by way of a client. */
export function vaultsOf({ list }: Asker): Vaults {
  const read = async (what: "vault" | "access", vault: string, options?: CallOptions) => {
    const [found] = await list(() => [what, checkName(vault)], withDates<FoundVault>, options);
    return found as FoundVault;
  };
  return {
    list(params, options) {
      const what = () => {
        check(params === undefined || isObject(params), "params must be an object");
        const isNamed = checkFlag("decryptDetails", params?.decryptDetails, true);
        return [isNamed ? "vaults" : "unnamedVaults", ""] as const;
      };
      return list(what, withDates<VaultOverview>, options);
    },
    getOverview: (vault, options) => read("vault", vault, options),
    async get(vault, params, options) {
      check(params === undefined || isObject(params), "params must be an object");
      const what = checkFlag("accessors", params?.accessors) ? "access" : "vault";
      const { createdAt: _, updatedAt: __, ...rest } = await read(what, vault, options);
      return { ...rest, access: rest.access ?? null } as Vault;
    },
  };
}

/** A vault; `access` is there if it was asked for. */
type FoundVault = VaultOverview & Pick<Vault, "access">;
