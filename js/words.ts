/**
 * Words for memorable passwords.
 *
 * @module onepassword-edge/words
 */

export { EFF_LARGE_WORDS } from "./passwords/words.js";
