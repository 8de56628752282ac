// Chromium and Firefox: each case in a browser and a page of its own.
import { existsSync } from "node:fs";
import { ask, Failure, run, step } from "../../../scripts/lib/run.mjs";
import { startRelay, startService } from "./helpers.mjs";
import { serveSite } from "./site.mjs";

/** A name that leads to this machine, of which browsers do not know that it does. */
const INSECURE_HOST = "insecure.example";

export const PROGRAMS = { chromium: "/usr/bin/chromium", firefox: "/usr/bin/firefox-esr" };
const PACKAGES = { chromium: "chromium", firefox: "firefox-esr" };

export const LAUNCH = {
  async chromium(executablePath) {
    const { chromium } = await import("playwright-core");
    const hosts = `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`;
    const args = ["--no-sandbox", "--disable-dev-shm-usage", hosts];
    return chromium.launch({ executablePath, args });
  },
  async firefox(executablePath) {
    const { launch } = await import("puppeteer-core");
    const extraPrefsFirefox = { "network.dns.localDomains": INSECURE_HOST };
    return launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox });
  },
};

const strict = (connect) =>
  `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src ${connect}`;

/**
 * What the page is asked for, its `policy` for the address that it may connect to, whether the
 * service answers other origins (`cors`), by which `host` name the page is loaded.
 */
const CASES = {
  page: {},
  worker: { asked: { worker: "" } },
  csp: { policy: strict },
  "csp-worker": { policy: strict, asked: { worker: "" } },
  slim: { policy: (connect) => strict(`'self' ${connect}`), asked: { slim: "" } },
  // Neither is the service reached: the policy has only the relay.
  relay: { policy: strict, cors: false, relay: true },
  "without-relay": { cors: false, asked: { code: "network" } },
  "without-wasm": {
    policy: () => "default-src 'self'",
    asked: { code: "unsupported", says: "wasm-unsafe-eval" },
  },
  insecure: { host: INSECURE_HOST, asked: { code: "unsupported", says: "crypto.subtle" } },
};

/** One of them in a browser of this name. */
export function inBrowser(name, options) {
  const { policy = () => "", cors = true, long = false, relay = false, host, asked = {} } = options;
  return async (kit) => {
    const service = await startService(kit, { cors, long });
    let connect = service.url;
    const site = await serveSite(kit, () => policy(connect));
    const query = { token: service.token, ...asked };
    if (relay) {
      query.relay = await startRelay(kit, site, service);
      connect = new URL(query.relay).origin;
    }
    const url = `${site}/page.html?${new URLSearchParams(query)}`;
    const browser = await LAUNCH[name](PROGRAMS[name]);
    kit.defer(() => browser.close());
    const results = await load(browser, host ? url.replace("127.0.0.1", host) : url);
    const version = /\d+(\.\d+)+/.exec(await browser.version());
    return { version: version?.[0], ...results };
  };
}

async function load(browser, url) {
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  // Modules are run before the load event.
  await page.goto(url, { waitUntil: "load" });
  const results = await page.evaluate(() => globalThis.outcome);
  if (!results) throw new Failure(`The page has no outcome; it said: ${said.join("\n")}`);
  return results;
}

const casesOf = (name) =>
  Object.entries(CASES).map(([of, options]) => [`${name}-${of}`, inBrowser(name, options)]);

export const BROWSERS = Object.fromEntries(Object.keys(PROGRAMS).flatMap(casesOf));

/** Installs what is missing of the browsers, where that can be done; says which stay missing. */
export async function findBrowsers(names) {
  const missing = names.filter((name) => !existsSync(PROGRAMS[name]));
  if (missing.length === 0 || process.getuid?.() !== 0 || !ask("apt-get", ["--version"])) {
    return missing;
  }
  const packages = missing.map((name) => PACKAGES[name]);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step(packages.join(", "), async () => {
    await run("apt-get", ["update", "-qq"], { env });
    const options = ["install", "-y", "-qq", "--no-install-recommends"];
    await run("apt-get", [...options, ...packages], { env });
  });
  return [];
}
