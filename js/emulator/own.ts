/**
 * What an object has itself, in one without a prototype, and so on for all that is in it: what somebody
 * put on `Object.prototype` is no part of a description. Anything but plain objects and arrays stays
 * what it is.
 */
export function ownOf<T>(given: T): T {
  if (Array.isArray(given)) return given.map(ownOf) as T;
  if (Object.prototype.toString.call(given) !== "[object Object]") return given;
  const own = Object.create(null);
  for (const [name, value] of Object.entries(given as object)) own[name] = ownOf(value);
  return own;
}
