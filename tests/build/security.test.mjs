// What SECURITY.md promises names the test that holds it, and that test is there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../scripts/lib/paths.mjs";

const TEXT = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
const [, table] = TEXT.split("| held by |\n|---|---|---|---|\n");

test("each promise has a test", () => {
  const rows = table.split("\n\n")[0].split("\n");
  assert.ok(rows.length >= 8);
  for (const row of rows) {
    const heldBy = row.split(" | ").at(-1);
    assert.match(heldBy, /`tests\//, row.slice(0, 60));
  }
});

test("each test that is named is there", () => {
  const named = [...TEXT.matchAll(/`((?:tests|fuzz)[\w/.-]*)`/g)].map(([, path]) => path);
  assert.ok(named.length > 15);
  for (const path of named) assert.ok(existsSync(join(ROOT, path)), path);
});
