// Has the glue survive a trap. The module ends by one where its memory does (a panic is a bare trap,
// too): whatever it was doing stays half done, so that this instance can do nothing more.
import { Failure } from "./run.mjs";

/** Exports that need not be there any more: what frees, what closes, what timers and promises call. */
const QUIET =
  /^(wasm_bindgen_\w+|__wbg_\w+_free|__wbindgen_destroy_closure|client_close|client_clearCache)$/;
const PROMISES =
  /^( +)(const ret = wasm\.\w+\([^\n]*\);\n *if \(ret\[2\]\) \{\n *throw takeFromExternrefTable0\(ret\[1\]\);\n *\}\n *return takeFromExternrefTable0\(ret\[0\]\);)$/gm;
const EXPORTS = /^export \{ initSync, __wbg_init as default \};$/gm;

/**
 * Makes a function of all that belongs to an instance, and calls it for the first one. When an
 * export traps, that instance is over: its pending calls are rejected with one error, its later ones
 * too, what frees or closes does nothing, its requests are aborted and its memory is zeroed. The
 * exported classes are then those of the next instance, which `init`, `initSync` or a static method
 * starts.
 */
export function restartable(glue) {
  const [comment] = /^\/\* @ts-self-types=.*\n/.exec(glue) ?? [""];
  const classes = [...glue.matchAll(/^export class (\w+) /gm)].map(([, name]) => name);
  const used = new Set([...glue.matchAll(/\bwasm\.(\w+)/g)].map(([, name]) => name));
  const quiet = [...used].filter((name) => QUIET.test(name));
  const body = [
    [/^export class /gm, "class "],
    [/^( {4}static (?!_)\w+\([^)]*\) \{\n)/gm, "$1        startAgain();\n"],
    [PROMISES, "$1return promised(() => {\n$1$2\n$1});"],
    [/\bwasm = instance\.exports;/g, "wasm = guarded(instance.exports);", 1],
    [EXPORTS, "", 1],
  ].reduce((text, change) => replace(text, ...change), glue.slice(comment.length));
  const names = classes.join(", ");
  const outside = `let glue = makeGlue();
export let { ${names} } = glue;
function initSync(module) {
    return glue.initSync(module);
}
async function init(module_or_path) {
    return glue.init(module_or_path);
}
export { initSync, init as default };
function renew(compiled) {
    glue = makeGlue(compiled);
    ({ ${names} } = glue);
}
`;
  const all = `${comment}\n${outside}function makeGlue(compiled) {${body}${instanceOf(quiet)}
return { ${names}, initSync, init: __wbg_init };
}
`;
  for (const name of [
    "cachedDataViewMemory0",
    "cachedUint8ArrayMemory0",
    "wasmModule",
    "__wbg_init_promise",
  ]) {
    if (!glue.includes(`${name} = `)) throw new Failure(`The glue has no ${name}.`);
  }
  return all;
}

/** What every instance has besides wasm-bindgen's part. */
const instanceOf = (quiet) => `
let isOver = false;
let isRenewed = false;
let running;
const pending = new Set();
const QUIET = new Set(${JSON.stringify(quiet)});
const PAGE_BYTES = 2 ** 16;

function over() {
    const error = new Error("the wasm module ran out of memory or stopped, and all of its clients ended; make a new client, which starts the module anew");
    Object.defineProperty(error, "name", { __proto__: null, value: "OnePasswordError" });
    return Object.assign(error, { code: "closed", retryable: true });
}

// Of whichever kind: a trap, a stack that is too deep, a buffer that there is no memory for.
function isEnd(thrown) {
    return thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError
        || (typeof InternalError === "function" && thrown instanceof InternalError);
}

function guarded(exports) {
    const guard = (name, call) => (...args) => {
        if (!isOver) {
            try {
                return call(...args);
            } catch (thrown) {
                // First, because what follows may be too deep for the stack.
                const wasOver = isOver;
                isOver = true;
                if (!wasOver && !isEnd(thrown)) {
                    isOver = false;
                    throw thrown;
                }
            }
        }
        end();
        if (QUIET.has(name)) return [];
        throw over();
    };
    const all = { __proto__: null };
    for (const [name, it] of Object.entries(exports)) {
        all[name] = typeof it === "function" ? guard(name, it) : it;
    }
    running = all;
    return all;
}

// Is done again where the stack was too deep for all of it.
function end() {
    if (running === undefined) return;
    // Frames of the instance may still be on the stack: they end as soon as they ask for anything.
    wasm = standIn();
    cachedDataViewMemory0 = cachedUint8ArrayMemory0 = null;
    wasmInstance = __wbg_init_promise = undefined;
    if (!isRenewed) {
        renew(wasmModule);
        isRenewed = true;
    }
    for (const reject of pending) {
        reject(over());
        pending.delete(reject);
    }
    const { memory, __wbindgen_externrefs: things } = running;
    stopAll(things);
    queueMicrotask(() => wipe(memory.buffer));
    running = undefined;
}

// Made here: what is made where the memory is named would keep it.
function standIn() {
    return new Proxy({ __proto__: null }, {
        get(_, name) {
            if (QUIET.has(name)) return () => [];
            throw over();
        },
    });
}

// What was never written stays so: it takes no memory yet.
function wipe(buffer) {
    for (let at = 0; at < buffer.byteLength; at += PAGE_BYTES) {
        const page = new Float64Array(buffer, at, PAGE_BYTES / 8);
        let word = 0;
        while (word < page.length && Object.is(page[word], 0)) word += 1;
        if (word < page.length) page.fill(0);
    }
}

// Requests and, where they keep a process running, timers that nobody waits for any more.
function stopAll(things) {
    let Timer;
    try {
        const timer = setTimeout(() => {});
        clearTimeout(timer);
        if (typeof timer === "object") Timer = timer.constructor;
    } catch {}
    for (let at = 0; at < things.length; at += 1) {
        try {
            const thing = things.get(at);
            if (thing instanceof AbortController) thing.abort();
            else if (Timer !== undefined && thing instanceof Timer) clearTimeout(thing);
        } catch {}
    }
}

function promised(call) {
    let promise;
    try {
        promise = call();
    } catch (thrown) {
        if (!isOver) throw thrown;
        end();
        return Promise.reject(over());
    }
    return new Promise((resolve, reject) => {
        pending.add(reject);
        const settle = (how) => (value) => {
            pending.delete(reject);
            how(value);
        };
        promise.then(settle(resolve), settle(reject));
    });
}

function startAgain() {
    if (wasm === undefined && compiled !== undefined) initSync({ module: compiled });
}
`;

/** Fails if there is nothing to replace, or not as often as `expected`. */
function replace(text, from, to, expected) {
  const count = text.match(from)?.length ?? 0;
  if (count === 0 || count !== (expected ?? count)) {
    throw new Failure(`The glue has ${count} times ${from}, not ${expected ?? "once or more"}.`);
  }
  return text.replace(from, to);
}
