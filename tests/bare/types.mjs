// The types that come with the module, as a program of somebody's meets them: in Node alone, where
// TypeScript runs.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { equal } from "./checks.mjs";
import { same } from "./kit.mjs";

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
/** What a program has that asks for no more: no other package's types, nor those after ES2022. */
const OPTIONS = [
  ..."--strict --noEmit --module nodenext --target es2022 --lib es2022,dom".split(" "),
  ...["--types", ""],
];

/** What wasm-bindgen gives every class. */
const OWN = /private constructor|free\(\)|Symbol\.dispose/;
const isComment = (line) => line?.trim() === "/**/";

export const typesBy = (tsc) => async (check) => {
  await check("the generated types compile under --strict, and say what calls give", () => {
    const args = [tsc, ...OPTIONS, fileOf("./program.ts")];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    equal(`${stdout}${stderr}`, "", "what tsc says");
    equal(status, 0, "status");
  });
  await check(
    "the public part of the generated types has no any, and a comment for each call",
    () => {
      const [types] = readFileSync(fileOf("./pkg/op.d.ts"), "utf8").split(
        "export interface InitOutput",
      );
      const code = types.replace(/\/\*.*?\*\//gs, "/**/");
      const classes = [...code.matchAll(/^export class (\w+) \{(.*?)^\}/gms)];
      same(
        classes.map(([, name]) => name).sort(),
        ["Client", "Items", "Pages", "Vaults"],
        "classes",
      );
      equal(code.match(/\bany\b.*/)?.[0], undefined, "any");
      for (const [, name, body] of classes) {
        const lines = body.split("\n").filter((line) => line !== "" && !OWN.test(line));
        const uncommented = lines.filter((line, n) => !isComment(line) && !isComment(lines[n - 1]));
        same(uncommented, [], name);
      }
    },
  );
};
