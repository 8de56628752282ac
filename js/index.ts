export { Client, type ClientConfig, type FetchFunction, type Secrets } from "./client.js";
export { ERROR_CODES, type ErrorCode, isOnePasswordError, OnePasswordError } from "./errors.js";
