// What the checks share: clients of one service, promises that have to fail, a fetch that is watched.
import { equal } from "./checks.mjs";

export const TEXT = "op://app/kinds/all/text";
export const BYTES = "op://app/kinds/all/bytes.bin";

/** A promise that is never settled. */
export const never = () => new Promise(() => {});
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const times = (count, make) => Array.from({ length: count }, (_, n) => make(n));

export function isTrue(it, what) {
  if (it !== true) throw new Error(what);
}

const SHOWN_CHARS = 400;

/** The same down to the last member; `Date`s as text. */
export function same(got, expected, what) {
  const [one, other] = [got, expected].map((value) => JSON.stringify(value));
  if (one === other) return;
  const cut = (text) => String(text).slice(0, SHOWN_CHARS);
  throw new Error(`${what}: got ${cut(one)}, not ${cut(other)}`);
}

/** A host's `fetch` that keeps what it was called with. */
export function watched(send = (...args) => fetch(...args)) {
  const calls = [];
  return {
    calls,
    fetch: (...args) => {
      calls.push(args);
      return send(...args);
    },
  };
}

/** All that an error tells: to a reader, to `JSON.stringify`, to whoever looks at its members. */
function toldBy(error) {
  const members = Object.getOwnPropertyNames(error).map((name) => String(error[name]));
  const cause = error.cause === undefined ? "" : toldBy(error.cause);
  return [String(error), error.stack, JSON.stringify(error), ...members, cause].join("\n");
}

/** What the checks use, for one module and one service. */
export function kitOf(bare, token) {
  const secret = token.slice(4, 40);
  const named = { integrationName: "bare suite", integrationVersion: "1" };
  const config = { auth: token, ...named, allowedHosts: ["127.0.0.1"] };

  /** Whether an error is one of the module's, with this code, and quotes no token. */
  function isError(error, code) {
    isTrue(error instanceof Error, `no Error: ${error}`);
    equal(error.name, "OnePasswordError", `name of ${error}`);
    equal(error.code, code, `code of ${error}`);
    equal(typeof error.retryable, "boolean", "retryable");
    isTrue(error.message.length > 10 && String(error).includes(error.message), "no message");
    isTrue(!toldBy(error).includes(secret), `the token is told: ${error.message.slice(0, 60)}`);
    return error;
  }

  return {
    bare,
    token,
    config,
    signIn: (more) => bare.Client.authenticate({ ...config, ...more }),
    create: (more) => bare.Client.create({ ...config, ...more }),
    /** The error that a promise rejects with. */
    async fails(code, promise) {
      isTrue(promise instanceof Promise, "no promise");
      const value = {};
      const error = await promise.then(
        () => value,
        (thrown) => thrown,
      );
      if (error === value) throw new Error(`it did not fail with ${code}`);
      return isError(error, code);
    },
    /** The error that a call throws at once. */
    throws(code, call, what = "it") {
      try {
        call();
      } catch (error) {
        return isError(error, code);
      }
      throw new Error(`${what} did not fail with ${code}`);
    },
    isQuiet: (text) => !String(text).includes(secret),
  };
}
