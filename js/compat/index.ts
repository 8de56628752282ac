/**
 * For programs that are written for `@1password/sdk`: the same names, types and shapes, for all
 * that a service account reads.
 *
 * ```ts
 * import sdk from "onepassword-edge/compat";
 *
 * const client = await sdk.createClient({
 *   auth: process.env.OP_SERVICE_ACCOUNT_TOKEN ?? "",
 *   integrationName: "My integration",
 *   integrationVersion: "v1.0.0",
 * });
 * const item = await client.items.get(vaultId, itemId);
 * ```
 *
 * @module onepassword-edge/compat
 */

export * from "./api.js";
/** @ignore The same once more. */
export * as default from "./api.js";
