// Measures steps: what the client takes, and what the service saw of it.

/** The counters of a service in a process of its own. */
export async function fetchCounters(address) {
  const answer = await fetch(address);
  return answer.json();
}

/**
 * Measures one step after another at one service.
 *
 * `readCounters` tells what the service has counted; it is asked between steps, never within one.
 * `cpuMs` tells the process's processor time, of all its threads; `undefined` where a runtime
 * does not say. `before` is what the counters are at first: a `fetch` to ask for them would take
 * the first one, which is slow, out of the first step.
 */
export class Meter {
  #readCounters;
  #cpuMs;
  #before;
  measures = [];

  constructor({ readCounters, cpuMs, before }) {
    this.#readCounters = readCounters;
    this.#cpuMs = cpuMs;
    this.#before = before;
  }

  /** Does `work` once, which is `count` of what is measured. Resolves to what it resolves to. */
  async step(what, work, count = 1) {
    const before = this.#before ?? (await this.#readCounters());
    const cpu = this.#cpuMs();
    const start = performance.now();
    const result = await work();
    const wallMs = performance.now() - start;
    const cpuMs = cpu === undefined ? undefined : this.#cpuMs() - cpu;
    const after = await this.#readCounters();
    const of = (name) => (after[name] - before[name]) / count;
    this.#before = undefined;
    this.measures.push({
      what,
      wallMs: wallMs / count,
      cpuMs: cpuMs === undefined ? undefined : cpuMs / count,
      netMs: after.ownMs === undefined ? undefined : wallMs / count - of("ownMs"),
      requests: of("requests"),
      sent: of("sent"),
      received: of("received"),
    });
    return result;
  }

  /** The same with something that a client may fail at, which is a result as well. */
  async attempt(what, work) {
    try {
      await this.step(what, work);
    } catch (error) {
      this.measures.push({ what, failed: error.message });
    }
  }

  /** Notes something that is no step: a number of its own unit. */
  note(what, value) {
    this.measures.push({ what, value });
  }
}
