// What nobody catches, by whatever this runtime has to tell of it.

const SOON_MS = 50;
const ON_PURPOSE = "uncaught on purpose";

/** Watches until `end()`, which resolves to what was seen; something has to be. */
export function watchUncaught() {
  const seen = [];
  // Handled here: a runtime may end otherwise.
  const onEvent = (event) => {
    event.preventDefault();
    seen.push(String(event.reason ?? event.error ?? event.message));
  };
  for (const name of ["unhandledrejection", "error"]) globalThis.addEventListener?.(name, onEvent);
  for (const name of ["unhandledRejection", "uncaughtException"]) {
    globalThis.process?.on?.(name, (reason) => seen.push(String(reason)));
  }
  return {
    async end() {
      Promise.reject(new Error(ON_PURPOSE));
      await new Promise((resolve) => setTimeout(resolve, SOON_MS));
      const isOnPurpose = (text) => text.includes(ON_PURPOSE);
      if (!seen.some(isOnPurpose))
        throw new Error("this runtime tells nothing of what is uncaught");
      return seen.filter((text) => !isOnPurpose(text));
    },
  };
}
