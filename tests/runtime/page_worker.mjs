// The suite in a page's module worker.
import { run } from "./browser.mjs";

postMessage(await run(new URL(location.href).searchParams));
