/**
 * What an object has itself, in one without a prototype: what somebody put on `Object.prototype`,
 * a careless merge of JSON say, is nobody's option.
 */
export function ownOf<T extends object>(given: T): T {
  return Object.assign(Object.create(null), given);
}

const ABSENT = ownOf({ value: undefined, writable: true, configurable: true, enumerable: false });

/** Has members that are absent read as `undefined` all the same, unseen by whoever lists them. */
export function withoutInherited(object: object, names: readonly string[]): void {
  for (const name of names) {
    if (!Object.hasOwn(object, name)) Object.defineProperty(object, name, ABSENT);
  }
}
