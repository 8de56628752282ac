/** For `JSON.stringify`: bytes become arrays of numbers, and dates their RFC 3339 text. */
export const ReplacerFunc = (_key: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return [...value];
  return value instanceof Date ? value.toISOString() : value;
};

/** An RFC 3339 time in UTC, as the service has it. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const TIME_KEYS: readonly string[] = ["createdAt", "updatedAt"];

/**
 * For `JSON.parse`: what items and vaults call `createdAt` and `updatedAt` becomes a `Date`. Arrays
 * of numbers stay what they are.
 */
export const ReviverFunc = (key: string, value: unknown): unknown => {
  const isTime = TIME_KEYS.includes(key) && typeof value === "string" && TIME.test(value);
  return isTime ? new Date(value) : value;
};
