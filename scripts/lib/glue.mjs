// Gives the glue its own references to the timers, taken when it is loaded.
import { Failure } from "./run.mjs";

const FUNCTIONS = ["queueMicrotask", "setTimeout", "clearTimeout"];
/** Deno expects it at the top of the file. */
const TYPES_COMMENT = /^\/\* @ts-self-types=.*\n/;

/**
 * Shadows the global timers that the glue uses, so that fake timers (Jest, Vitest, `node:test`) do
 * not stop a client. Properties are left alone: wasm-bindgen reads `arg0.queueMicrotask` only to see
 * whether the global object has it.
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

/** The uses of a name as a variable, not as a property or a key. */
function usesOf(name, code) {
  const free = new RegExp(`(?<![\\w$.])${name}(?![\\w$:])`, "g");
  return [...code.matchAll(free)].map(([use]) => use);
}
