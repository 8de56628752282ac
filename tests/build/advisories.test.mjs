// What deny.toml ignores: no crate of the product, and each advisory with its reason.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../scripts/lib/paths.mjs";
import { ask, run } from "../../scripts/lib/run.mjs";

/** The crates that the ignored advisories are about. */
const CRATES = { "RUSTSEC-2023-0071": "rsa" };
const CONFIG = readFileSync(join(ROOT, "deny.toml"), "utf8");
const DATABASE = "https://github.com/RustSec/advisory-db";

const tree = (edges) => {
  const args = ["tree", "--locked", "--target", "all", "--edges", edges, "--prefix", "none"];
  return ask("cargo", [...args, "--format", "{p}"], { cwd: ROOT }) ?? assert.fail("no tree");
};
const names = (text) => text.split("\n").map((line) => line.split(" ")[0]);

test("an ignored advisory has a reason and is about a crate of the tests alone", () => {
  const ignored = [...CONFIG.matchAll(/\{ id = "([^"]+)", reason = "[^"]{20,}" \}/g)];
  assert.deepEqual(
    ignored.map(([, id]) => id),
    Object.keys(CRATES),
  );
  const [all, product] = ["all", "normal,build"].map((edges) => names(tree(edges)));
  assert.ok(product.includes("wasm-bindgen"));
  for (const crate of Object.values(CRATES)) {
    assert.ok(all.includes(crate), `${crate} is not used any more: ignore its advisory no longer`);
    assert.ok(!product.includes(crate), `${crate} is in the product`);
  }
});

const hasDeny = ask("cargo", ["deny", "--version"]) !== undefined;
const skip = !hasDeny && "cargo-deny is not in PATH";

/** What cargo-deny says of this project, by a database that has these advisories alone. */
async function advisories(t, advised) {
  const folder = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const database = join(folder, "database");
  for (const [id, crate] of Object.entries(advised)) {
    mkdirSync(join(database, "crates", crate), { recursive: true });
    const front = `[advisory]\nid = "${id}"\npackage = "${crate}"\ndate = "2023-11-22"`;
    const text = `\`\`\`toml\n${front}\n[versions]\npatched = []\n\`\`\`\n# Of the test\nIt is.\n`;
    writeFileSync(join(database, "crates", crate, `${id}.md`), text);
  }
  const author = ["-c", "user.name=test", "-c", "user.email=test@test.example"];
  await run("git", ["init", "-q", "-b", "main"], { cwd: database });
  await run("git", ["add", "-A"], { cwd: database });
  await run("git", [...author, "commit", "-qm", "advisories"], { cwd: database });
  const config = join(folder, "deny.toml");
  const line = `[advisories]\ndb-path = ${JSON.stringify(join(folder, "copies"))}`;
  writeFileSync(config, CONFIG.replace("[advisories]", line));
  const env = {
    ...process.env,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.file://${database}.insteadOf`,
    GIT_CONFIG_VALUE_0: DATABASE,
  };
  const args = ["deny", "--log-level", "error", "--config", config, "check", "advisories"];
  return run("cargo", args, { cwd: ROOT, env });
}

test("what is ignored lets the check pass, and everything else fails it", { skip }, async (t) => {
  await advisories(t, CRATES);
  const more = { ...CRATES, "RUSTSEC-2099-0001": "aes" };
  await assert.rejects(advisories(t, more), /RUSTSEC-2099-0001/);
  await assert.rejects(advisories(t, { "RUSTSEC-2099-0002": "rsa" }), /RUSTSEC-2099-0002/);
});
