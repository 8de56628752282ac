// Loaded when a command needs the service, and not to print a help.
import { readFileSync } from "node:fs";
import type { ClientConfig } from "../client/config.js";
import { fileStore } from "../node/file_store.js";
import { Client } from "../slim.js";
import { NAME, VERSION } from "./version.js";

/** The module, beside the command. */
const wasm = WebAssembly.compile(readFileSync(new URL("./wasm/op.wasm", import.meta.url)));
// Whoever uses it sees the failure.
wasm.catch(() => {});
// Node loads its fetch when it is first touched: here, while other threads compile the module.
void globalThis.Headers;

/** Signs in. */
export function authenticate(
  config: Omit<ClientConfig, "integrationName" | "integrationVersion">,
): Promise<Client> {
  const integration = { integrationName: `${NAME} command`, integrationVersion: VERSION };
  return Client.authenticate({ ...config, ...integration, wasm });
}

export { fileStore };
