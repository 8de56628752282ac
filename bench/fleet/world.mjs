// Time that passes as the simulation says, chance that repeats itself, and a fleet's events.

/** Milliseconds since 1970, for everybody in this process. */
export const clock = { nowMs: Date.UTC(2026, 0, 1) };
Date.now = () => clock.nowMs;

/** Numbers from 0 to 1 (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const exponential = (random, mean) => -mean * Math.log(1 - random());

/** What happens at which time, the earliest first. */
export class Events {
  #heap = [];

  at(ms, work) {
    const heap = this.#heap;
    let place = heap.push({ ms, work }) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent].ms <= heap[place].ms) return;
      [heap[parent], heap[place]] = [heap[place], heap[parent]];
      place = parent;
    }
  }

  #next() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = place;
      if (left < heap.length && heap[left].ms < heap[least].ms) least = left;
      if (right < heap.length && heap[right].ms < heap[least].ms) least = right;
      if (least === place) return first;
      [heap[place], heap[least]] = [heap[least], heap[place]];
      place = least;
    }
  }

  /** Lets everything happen, each in its time, until the end. */
  async run(endMs) {
    while (this.#heap.length > 0 && this.#heap[0].ms < endMs) {
      const { ms, work } = this.#next();
      clock.nowMs = ms;
      await work();
    }
    clock.nowMs = endMs;
  }
}

/** The isolates that start within an hour, with what each wants, and for how long it lives. */
export function fleetOf({ isolates, seed, hourMs, meanLifeMs, secrets }) {
  const random = randomOf(seed);
  const fleet = [];
  for (let ms = 0; fleet.length < isolates * 2; ) {
    ms += exponential(random, hourMs / isolates);
    if (ms >= hourMs) break;
    const wanted = new Set();
    const count = 1 + Math.floor(random() * secrets);
    while (wanted.size < count) wanted.add(Math.floor(random() * secrets));
    const place = Math.floor(random() * 2 ** 30);
    fleet.push({
      startMs: ms,
      lifeMs: exponential(random, meanLifeMs),
      wanted: [...wanted],
      place,
    });
  }
  return fleet;
}
