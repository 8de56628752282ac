// The suite in a page, or in its worker. The driver waits for `outcome`.
import { run } from "./browser.mjs";

const asked = new URL(location.href).searchParams;
globalThis.outcome = asked.has("worker") ? inWorker() : run(asked);

function inWorker() {
  const worker = new Worker(`./page_worker.mjs${location.search}`, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`the worker: ${message ?? "no message"}`));
  });
}
