// Waiting for what may never come.

/** What becomes of a promise within the time: `{ value }`, `{ error }` or `{ hangs }`. */
export async function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ hangs: true }), ms);
  });
  const settled = promise.then(
    (value) => ({ value }),
    (error) => ({ error: error ?? new Error("nothing") }),
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
