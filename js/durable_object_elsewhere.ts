/**
 * A Durable Object that holds one client for a whole Worker, or several Workers, and what asks it. Outside
 * of Workers, where there are no Durable Objects, the classes are stand-ins that cannot be constructed.
 *
 * @module onepassword-edge/durable-object
 */

export * from "./durable/api.js";
export {
  OnePasswordEntrypoint,
  OnePasswordObject,
  onePasswordEntrypoint,
  onePasswordObject,
} from "./durable/elsewhere.js";
