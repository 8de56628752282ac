import type { Vaults as CoreVaults } from "../wasm/op.js";
import type { CallOptions } from "./config.js";
import { Listed } from "./listed.js";
import type {
  Vault,
  VaultAccess,
  VaultGetParams,
  VaultListParams,
  VaultOverview,
} from "./shapes.js";
import { protocolError, type Steps } from "./steps.js";
import { accessOf, type GroupPermissions } from "./vault_access.js";

/**
 * Reads vaults, and says which groups reach them. Each is named by its id or by its name, as in
 * references.
 */
export interface Vaults extends GroupPermissions {
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

/**
 * Asks the module for vaults, which it answers in the shapes of `shapes.ts`.
 *
 * @internal
 */
type Ask = <T>(ask: (vaults: CoreVaults) => unknown) => Promise<T>;

/**
 * Reads vaults by way of the module.
 *
 * @internal
 */
export function vaultsOf(ask: Ask, begin: (options: CallOptions | undefined) => Steps): Vaults {
  return {
    ...accessOf(begin),
    list: (params, options) =>
      new Listed<VaultOverview>(() => ask((vaults) => vaults.list(params, options))),
    getOverview: (vault, options) => ask((vaults) => vaults.getOverview(vault, options)),
    get: async (vault, params, options) => {
      const found = await ask<Vault>((vaults) => vaults.get(vault, params, options));
      // What cannot be read must not be taken for no access.
      const isWhole = ({ vaultUuid, accessorType, accessorUuid, permissions }: VaultAccess) =>
        ![vaultUuid, accessorType, accessorUuid].includes("") &&
        Number.isInteger(permissions) &&
        permissions >= 0;
      if (found.access?.every(isWhole) ?? true) return found;
      throw protocolError("the list of who has access to a vault lacks something");
    },
  };
}
