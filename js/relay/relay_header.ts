/** Names the account's host to a relay. */
export const RELAY_HOST_HEADER = "OP-Relay-Host";
/** Says why a relay refuses, and that it was not 1Password. */
export const RELAY_REFUSAL_HEADER = "OP-Relay-Refusal";
