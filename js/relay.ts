/**
 * A relay for pages: the service does not answer other origins, so a page's client sends its requests
 * here (`relay` in its configuration). Forwards to 1Password alone, and only what clients ask.
 *
 * @module onepassword-edge/relay
 */

export { createRelay, type RelayOptions } from "./relay/relay.js";
export { type Incoming, type Outgoing, toNodeListener } from "./relay/relay_node.js";
