/**
 * Secret references without a client, a network or wasm.
 *
 * @module onepassword-edge/reference
 */

export {
  parseSecretReference,
  type ReferenceAttribute,
  type SecretReference,
  validateSecretReference,
} from "./reference/reference.js";
