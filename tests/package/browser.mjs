// Pages in the machine's Chromium, where it has one.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../scripts/lib/run.mjs";

const PATHS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"];
const ARGS = ["--no-sandbox", "--disable-dev-shm-usage"];

const executablePath = PATHS.find((path) => path && existsSync(path));

/** Whether pages can be loaded at all. */
export const hasBrowser = executablePath !== undefined;

/** The text of the page's `<output>`, once there is one. */
export function readOutput(address) {
  return withPage(address, () => {});
}

/** The same, after filling in the page's form, by the names of its fields, and sending it. */
export function submitForm(address, fields) {
  return withPage(address, fill(fields));
}

/** The same in a page of the extension in `folder`. */
export function submitInExtension(folder, name, fields) {
  // An extension that is not packed is named after its folder.
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  const letters = Array.from(hash, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  const args = [`--disable-extensions-except=${folder}`, `--load-extension=${folder}`];
  // A branded Chromium ignores the switch unless it is told not to.
  args.push("--disable-features=DisableLoadExtensionCommandLineSwitch");
  return withPage(`chrome-extension://${letters.join("")}/${name}`, fill(fields), args);
}

const fill = (fields) => async (page) => {
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
  await page.click("button");
};

async function withPage(address, work, more = []) {
  const { chromium } = await import("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "onepassword-edge-"));
  const args = [...ARGS, ...more, "--headless=new"];
  const options = { executablePath, args, ignoreDefaultArgs: ["--disable-extensions"] };
  const browser = await chromium.launchPersistentContext(profile, options);
  const said = [];
  try {
    const page = await browser.newPage();
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(address);
    await work(page);
    const output = page.locator("output:not(:empty)");
    await output.waitFor({ state: "attached", timeout: 30_000 });
    return await output.textContent();
  } catch (error) {
    throw new Failure([error.message, ...said].join("\n"));
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
