/**
 * A Durable Object that holds one client for a whole Worker, or several Workers, and what asks it.
 *
 * @module onepassword-edge/durable-object
 */

export * from "./durable/api.js";
export { OnePasswordEntrypoint, onePasswordEntrypoint } from "./durable/entrypoint.js";
export { OnePasswordObject, onePasswordObject } from "./durable/object.js";
