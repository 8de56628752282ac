/**
 * Passwords by the recipes of `@1password/sdk`, without a client or wasm.
 *
 * @module onepassword-edge/passwords
 */

export {
  type GeneratePasswordResponse,
  generatePassword,
  type PasswordOptions,
  type PasswordRecipe,
  type RecipeOf,
  SeparatorType,
  WordListType,
} from "./passwords/passwords.js";
