// Pages in the machine's Chromium, where it has one.
import { existsSync } from "node:fs";
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
  return withPage(address, async (page) => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.click("button");
  });
}

async function withPage(address, work) {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ARGS });
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
  }
}
