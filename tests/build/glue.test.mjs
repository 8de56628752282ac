// What the build does to the glue: its own references to timers, and no doc comments.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withOwnTimers, withoutDocs } from "../../scripts/lib/glue.mjs";

const HEAD = '/* @ts-self-types="./op.d.ts" */\n';

test("exactly the timers that the glue uses are captured, below the types comment", () => {
  const glue = `${HEAD}
/** Waits, by setTimeout. */
const imports = {
    now: function() { return performance.now(); },
    later: function(arg0) { queueMicrotask(arg0); },
    has: function(arg0) { return arg0.queueMicrotask; },
    stop: function(arg0) { clearTimeout(arg0); },
    // setTimeout is not used
};
`;
  const [before, after] = withOwnTimers(glue).split(glue.slice(HEAD.length));
  assert.equal(after, "");
  assert.equal(
    before,
    `${HEAD}
const { queueMicrotask, clearTimeout } = globalThis;
const performance = {
    now: globalThis.performance?.now.bind(globalThis.performance),
};
`,
  );
});

test("fake timers do not reach a glue that is loaded", (t) => {
  const glue = `return {
    now: () => performance.now(),
    later: (arg0) => setTimeout(arg0, 0),
    has: (arg0) => arg0.setTimeout,
};`;
  const own = new Function(withOwnTimers(glue))();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => -1);
  assert.ok(own.now() > 0);
  assert.equal(own.has(globalThis), setTimeout);
  return new Promise((resolve) => own.later(resolve));
});

test("properties, keys and longer names are left alone", () => {
  for (const glue of [
    "arg0.queueMicrotask(arg1);",
    "const object = { setTimeout: 1 };",
    "mySetTimeout(); setTimeout2(); $setTimeout();",
    "globalThis.performance.now();",
  ]) {
    assert.equal(withOwnTimers(glue), glue);
  }
});

test("using more of performance than now() is an error", () => {
  assert.throws(() => withOwnTimers("performance.mark();"), { message: /more of performance/ });
});

test("doc comments go, and nothing else", () => {
  const glue = `${HEAD}
class Client {
    /**
     * Signs in.
     * @returns {Promise<Client>}
     */
    signIn() {
        return "/** kept */"; // kept
    }
    /** Closes. */
    close() {}
}
/* kept */
`;
  assert.equal(
    withoutDocs(glue),
    `${HEAD}
class Client {
    signIn() {
        return "/** kept */"; // kept
    }
    close() {}
}
/* kept */
`,
  );
});
