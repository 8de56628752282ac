// What the account holds, and held when: the answers are judged by it.

/** How long what is past may still be answered: above every cache but that of the vaults' names. */
const KEPT_MS = 20_000;

/** A value over time. While it changes, the old one and the new one are both true. */
class History {
  entries;

  constructor(value, from) {
    this.entries = [{ value, from, to: Infinity }];
  }

  get current() {
    return this.entries.at(-1).value;
  }

  /** What was true at some moment between the two. */
  during(from, to) {
    return this.entries.filter((entry) => entry.from <= to && entry.to >= from);
  }

  /** Whether `test` held at some moment between the two. */
  sometimes(test, from, to) {
    return this.during(from, to).some(({ value }) => test(value));
  }

  /** Whether `test` held all the time. */
  always(test, from, to) {
    return this.during(from, to).every(({ value }) => test(value));
  }

  begin(value) {
    this.entries.push({ value, from: performance.now(), to: Infinity });
  }

  end() {
    this.entries.at(-2).to = performance.now();
  }

  prune(before) {
    this.entries = this.entries.filter((entry) => entry.to >= before);
  }
}

export const FIELDS = ["password", "host", "note.txt"];
const VAULT_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
export const VAULTS = 3;
export const ITEMS = 12;

/** The account and its history; changes it through the emulator. */
export class Truth {
  vaults = [];
  changes = {};
  #random;
  #account;
  #serial = 0;
  #busy = new Set();
  #moved = 0;

  constructor(random) {
    this.#random = random;
  }

  /** The account as it is at first. */
  describe() {
    for (let v = 0; v < VAULTS; v += 1) {
      const vault = { id: this.#mintId(), name: new History(VAULT_NAMES[v], 0), items: [] };
      this.vaults.push(vault);
      for (let i = 0; i < ITEMS; i += 1) {
        vault.items.push({ ...this.#newItem(`item ${i}`, 0), id: this.#mintId() });
      }
    }
    return {
      vaults: this.vaults.map(({ id, name, items }) => {
        return { id, name: name.current, items: items.map(describeItem) };
      }),
    };
  }

  /** Takes over the account of an emulator that was made from the description. */
  adopt({ account }) {
    this.#account = account;
  }

  #newItem(title, from) {
    this.#serial += 1;
    const item = { title: new History(title, from), state: new History("active", from) };
    item.fields = Object.fromEntries(
      FIELDS.map((field) => [field, new History(this.#value(field), from)]),
    );
    item.otp = this.#random.base32(32);
    return item;
  }

  #mintId() {
    return this.#random.base32(25).toLowerCase() + this.#random.pick("aeimquy4");
  }

  #value(field) {
    return `${field}-${this.#serial++}-${this.#random.text(12)}`;
  }

  /** Changes something, if what it draws is not just being changed by another. */
  async change() {
    const vault = this.#random.pick(this.vaults);
    const item = pickItem(this.#random, vault.items.filter(isThere));
    const kind = this.#random.weighted(CHANGES);
    const subject = kind.startsWith("vault") ? vault : item;
    if (this.#busy.has(subject) || this.#busy.has(vault)) return;
    this.#busy.add(subject);
    try {
      await this[`_${kind}`](vault, item);
      this.changes[kind] = (this.changes[kind] ?? 0) + 1;
    } finally {
      this.#busy.delete(subject);
    }
    this.#prune();
  }

  async _value(vault, item) {
    const field = this.#random.pick(["password", "host"]);
    const value = this.#value(field);
    const change = field === "password" ? { password: value } : { fields: { host: value } };
    await this.#set(vault, item, change, [[item.fields[field], value]]);
  }

  /** To a free name, or to one that another item has: then the name is ambiguous. */
  async _rename(vault, item) {
    const taken = vault.items.filter(isThere).map(({ title }) => title.current);
    const free = Array.from({ length: ITEMS + 6 }, (_, n) => `item ${n}`).filter(
      (title) => !taken.includes(title),
    );
    const title = this.#random.pick(this.#random.chance(0.1) ? taken : free);
    await this.#set(vault, item, { title }, [[item.title, title]]);
  }

  async _bin(vault, item) {
    const state = item.state.current === "active" ? "trashed" : "active";
    await this.#set(vault, item, { state }, [[item.state, state]]);
  }

  async #set(vault, item, change, histories) {
    for (const [history, value] of histories) history.begin(value);
    await this.#account.setItem(vault.id, item.id, change);
    for (const [history] of histories) history.end();
  }

  /** Another item of the same title in place of one. */
  async _replace(vault, item) {
    const added = this.#newItem(item.title.current, performance.now());
    added.state = new History("absent", 0);
    vault.items.push(added);
    for (const [one, state] of [
      [item, "gone"],
      [added, "active"],
    ]) {
      one.state.begin(state);
    }
    added.id = await this.#account.replaceItem(vault.id, item.id, describeItem(added));
    for (const one of [item, added]) one.state.end();
  }

  /** To a free name: also to one that another vault had a while ago. */
  async _vaultName(vault) {
    const taken = this.vaults.flatMap(({ name }) =>
      name.entries.filter(({ to }) => to === Infinity),
    );
    const free = VAULT_NAMES.filter((name) => !taken.some(({ value }) => value === name));
    const name = this.#random.pick(free);
    vault.name.begin(name);
    await this.#account.renameVault(vault.id, name);
    vault.name.end();
  }

  async _vaultKey(vault) {
    await this.#account.rotateVaultKey(vault.id);
  }

  #prune() {
    this.#moved += 1;
    if (this.#moved % 50 !== 0) return;
    const before = performance.now() - KEPT_MS;
    for (const vault of this.vaults) {
      vault.items = vault.items.filter(
        (item) => isThere(item) || item.state.during(before, Infinity).length > 1,
      );
      for (const { title, state, fields } of vault.items) {
        for (const history of [title, state, ...Object.values(fields)]) history.prune(before);
      }
    }
  }
}

const CHANGES = { value: 50, rename: 20, bin: 12, replace: 12, vaultName: 4, vaultKey: 2 };

/** Half of the time one of a few: what is asked again and again is what changes. */
export function pickItem(random, items) {
  return random.pick(random.chance(0.5) ? items.slice(-3) : items);
}

/** Whether an item has come, and is not gone. */
export function isThere(item) {
  return item.id !== undefined && item.state.current !== "gone";
}

function describeItem({ id, title, fields, otp }) {
  const { password, host, "note.txt": content } = fields;
  return {
    ...(id && { id }),
    title: title.current,
    password: password.current,
    fields: [
      { title: "host", value: host.current },
      { title: "code", kind: "otp", value: otp },
    ],
    files: [{ name: "note.txt", content: content.current }],
  };
}
