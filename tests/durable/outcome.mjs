// What a call came to, as JSON, in whichever runtime.

const MANY = 1_000_000;

const shownBytes = (bytes) =>
  bytes.length > MANY ? { count: bytes.length, last: bytes.at(-1) } : { bytes: [...bytes] };

/** `{ value }`, or `{ error }` with all that an error tells. */
export async function outcomeOf(work, { isOnePasswordError, OnePasswordError }) {
  const start = Date.now();
  try {
    const value = await work();
    const shown = value instanceof Uint8Array ? shownBytes(value) : value;
    return { value: shown, ms: Date.now() - start };
  } catch (error) {
    if (!isOnePasswordError(error)) return { thrown: String(error), ms: Date.now() - start };
    const isInstance = error instanceof OnePasswordError && error instanceof Error;
    const cause = error.cause instanceof Error ? error.cause.message : error.cause;
    const told = JSON.parse(JSON.stringify({ ...error.toJSON(), isInstance, cause }));
    return { error: told, ms: Date.now() - start };
  }
}
