// What a client is given, and whatever comes out of it, wrapped so that each step on it is known by
// name, and one of them can go wrong.
/** Notes each step; the first time that it comes to the one called `at`, `deed` is done in its place. */
export class Trace {
  /** The names of the steps, in the order of their first times. */
  steps = new Set();
  /** Whether the one step has come. */
  isDone = false;
  /** What goes wrong: `throws()`, or at a promise's settling `settles(fulfil, reject)`. */
  deed;
  #at;
  #wrapped = new WeakSet();

  constructor(at, deed) {
    this.#at = at;
    this.deed = deed;
  }

  /** Whether this is the one, for the first time. */
  #take(name) {
    this.steps.add(name);
    if (name !== this.#at || this.isDone) return false;
    this.isDone = true;
    return true;
  }

  #step(name) {
    if (this.#take(name)) this.deed.throws();
  }

  /** The value, whose properties and results are steps: `get path.name`, `call path`. */
  wrap(value, path) {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
    if (this.#wrapped.has(value)) return value;
    if (ArrayBuffer.isView(value)) return this.#view(value, path);
    if (value instanceof Promise) return this.#promise(value, path);
    const step = (kind, name) => this.#step(`${kind} ${path}.${String(name)}`);
    const proxy = new Proxy(value, {
      get: (target, name) => {
        step("get", name);
        const found = Reflect.get(target, name);
        const method = typeof found === "function" ? found.bind(target) : found;
        return this.wrap(method, `${path}.${String(name)}`);
      },
      getOwnPropertyDescriptor: (target, name) => {
        step("own", name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
      has: (target, name) => {
        step("has", name);
        return Reflect.has(target, name);
      },
      ownKeys: (target) => {
        step("keys of", "*");
        return Reflect.ownKeys(target);
      },
      getPrototypeOf: (target) => {
        step("prototype of", "*");
        return Reflect.getPrototypeOf(target);
      },
      apply: (target, self, args) => {
        this.#step(`call ${path}`);
        return this.wrap(Reflect.apply(target, self, args), `${path}()`);
      },
    });
    this.#wrapped.add(proxy);
    return proxy;
  }

  /** A thenable; its settling is a step of its own, which may reject or never come. */
  #promise(promise, path) {
    // If nobody asks it, its failure is nobody's either.
    promise.catch(() => {});
    // biome-ignore lint/suspicious/noThenProperty: a foreign promise is what is meant
    const thenable = { then: (...args) => this.#settle(promise, path, ...args) };
    return this.wrap(thenable, path);
  }

  #settle(promise, path, fulfil, reject) {
    const name = `settle ${path}`;
    if (this.#take(name)) this.deed.settles(fulfil, reject);
    else promise.then((value) => fulfil(this.wrap(value, `${path} →`)), reject);
  }

  /** A real view: a proxy is none. */
  #view(view, path) {
    for (const name of ["buffer", "byteOffset", "byteLength", "length"]) {
      const value = view[name];
      const get = () => {
        this.#step(`get ${path}.${name}`);
        return value;
      };
      Object.defineProperty(view, name, { get });
    }
    return view;
  }
}
