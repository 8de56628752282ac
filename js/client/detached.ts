import { ownOf } from "./own.js";

/**
 * Gives an object the methods of its class as its own, bound to it, so that `const { resolve } = client`
 * works. Unseen by whoever lists its members.
 */
export function bindMethods(object: object, prototype: object): void {
  const methods = object as Record<PropertyKey, unknown>;
  for (const name of Reflect.ownKeys(prototype)) {
    const { value } = ownOf(Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor);
    if (typeof value !== "function" || name === "constructor") continue;
    // A class derived from it may have a method of its own in its place.
    const bound = (methods[name] as typeof value).bind(object);
    const own = { __proto__: null, value: bound, writable: true, configurable: true };
    Object.defineProperty(object, name, own);
  }
}
