/** Names the account's host to a relay. */
export const RELAY_HOST_HEADER = "OP-Relay-Host";
