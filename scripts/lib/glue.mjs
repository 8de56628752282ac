// Gives the glue its own references to the timers and to `fetch`, taken when it is loaded.
import { Failure } from "./run.mjs";

const FUNCTIONS = ["queueMicrotask", "setTimeout", "clearTimeout", "fetch"];
/** Deno expects it at the top of the file. */
const TYPES_COMMENT = /^\/\* @ts-self-types=.*\n/;

/**
 * Shadows the global timers that the glue uses, so that fake timers (Jest, Vitest, `node:test`) do
 * not stop a client, and `fetch`, so that the module can tell the host's own from one put there
 * later. Properties are left alone: wasm-bindgen reads `arg0.queueMicrotask` only to see whether the
 * global object has it.
 */
export function withOwnTimers(glue) {
  const code = glue.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const names = FUNCTIONS.filter((name) => usesOf(name, code).length > 0);
  const lines = names.length > 0 ? [`const { ${names.join(", ")} } = globalThis;`] : [];
  const clocks = usesOf("performance(?:\\.\\w+)?", code);
  if (clocks.some((use) => use !== "performance.now")) {
    throw new Failure(
      "The glue uses more of performance than now(): capture that in glue.mjs as well.",
    );
  }
  if (clocks.length > 0) {
    lines.push("const performance = {");
    lines.push("    now: globalThis.performance?.now.bind(globalThis.performance),");
    lines.push("};");
  }
  if (lines.length === 0) return glue;
  const [comment] = TYPES_COMMENT.exec(glue) ?? [""];
  return `${comment}\n${lines.join("\n")}\n${glue.slice(comment.length)}`;
}

const DEFAULT_PATH =
  /\n\s*if \(module_or_path === undefined\) \{\s*module_or_path = new URL\([^)]*\);\s*\}\n/g;

/** Without the address of the module: the loaders hand it in, and `import.meta.url` breaks bundlers. */
export function withoutDefaultPath(glue) {
  const found = glue.match(DEFAULT_PATH)?.length ?? 0;
  if (found !== 1) throw new Failure(`The glue has ${found} default paths in place of one.`);
  return glue.replace(DEFAULT_PATH, "\n");
}

/**
 * Without doc comments: the declarations beside it have them, and bundlers keep those that stand
 * in a class, so that each Worker would upload them.
 */
export function withoutDocs(glue) {
  return glue.replace(/^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/gm, "");
}

/** The uses of a name as a variable, not as a property or a key. */
function usesOf(name, code) {
  const free = new RegExp(`(?<![\\w$.])${name}(?![\\w$:])`, "g");
  return [...code.matchAll(free)].map(([use]) => use);
}
