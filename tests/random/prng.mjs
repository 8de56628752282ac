// Random numbers that a seed decides.

/** sfc32, seeded by splitmix32. */
export class Random {
  #state;

  constructor(seed) {
    let mixed = seed >>> 0;
    const next = () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let x = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      return (x ^ (x >>> 15)) >>> 0;
    };
    this.#state = [next(), next(), next(), 1];
  }

  /** A whole number from 0 to 2^32 - 1. */
  #next() {
    const [a, b, c, counter] = this.#state;
    const sum = (a + b + counter) >>> 0;
    const turned = (c << 21) | (c >>> 11);
    this.#state = [b ^ (b >>> 9), (c + (c << 3)) >>> 0, (turned + sum) >>> 0, counter + 1];
    return sum;
  }

  /** A generator of its own: what one part draws does not change what another gets. */
  fork() {
    return new Random(this.#next());
  }

  /** A whole number from 0, below `limit`. */
  below(limit) {
    return Math.floor((this.#next() / 2 ** 32) * limit);
  }

  between(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(probability) {
    return this.#next() / 2 ** 32 < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** A key of `weights`, each as likely as its weight says. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
  }

  text(length) {
    const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    return Array.from({ length }, () => this.pick(letters)).join("");
  }

  /** Random base32, as one-time passwords have their secrets. */
  base32(length) {
    return Array.from({ length }, () => this.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")).join("");
  }
}
