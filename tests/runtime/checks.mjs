// What suites are made of, in whatever runtime.

const LIMIT_MS = 20_000;

/** Replaces answers on their way: what a service or a network may do. */
export const answering = (path, answer) => (url, init) =>
  new URL(url).pathname.endsWith(path) ? answer() : fetch(url, init);
export const status = (code) => () => new Response("{}", { status: code });
export const throwing = (name) => () => {
  throw Object.assign(new Error("on purpose"), { name });
};

export function equal(got, expected, what) {
  if (got !== expected)
    throw new Error(`${what}: got ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`);
}

/** Counts what holds and what does not. What hangs fails, so that the others have their turn. */
export function checks() {
  const results = { passed: 0, failed: [] };
  async function check(name, work) {
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(reject, LIMIT_MS, new Error(`no end after ${LIMIT_MS} ms`));
    });
    try {
      await Promise.race([work(), limit]);
      results.passed += 1;
    } catch (error) {
      results.failed.push(`${name}: ${error?.message ?? error}`);
    } finally {
      clearTimeout(timer);
    }
  }
  return { results, check };
}
