// The group's arithmetic in wasm, where it is another kernel than on the host.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { instantiate } from "./module.mjs";

const ROUNDS = Number(process.env.GROUP_ROUNDS ?? 10_000);
const pathOf = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test(`${ROUNDS} random and odd numbers: as crypto-bigint has it`, async (t) => {
  const { agrees } = await instantiate();
  const seed = process.env.GROUP_SEED
    ? BigInt(process.env.GROUP_SEED)
    : randomBytes(8).readBigUInt64LE();
  t.diagnostic(`seed ${seed}`);
  assert.equal(agrees(BigInt.asIntN(64, seed), ROUNDS), 1);
});

test("the constants are those that the script makes", () => {
  const made = execFileSync(process.execPath, [pathOf("scripts/group_constants.mjs")], {
    encoding: "utf8",
  });
  assert.equal(readFileSync(pathOf("src/crypto/group/constants.rs"), "utf8"), made);
});
