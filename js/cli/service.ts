// Loaded when a command needs the service, and not to print a help.
import { readFileSync } from "node:fs";
import type { ClientConfig } from "../client/config.js";
import { fileStore } from "../node/file_store.js";
import { Client } from "../slim.js";
import { fetchOf } from "./node_fetch.js";
import { NAME, VERSION } from "./version.js";

/** The module, beside the command. */
const wasm = WebAssembly.compile(readFileSync(new URL("./wasm/op.wasm", import.meta.url)));
// Whoever uses it sees the failure.
wasm.catch(() => {});

/** Signs in. */
export function authenticate(
  config: Omit<ClientConfig, "integrationName" | "integrationVersion">,
): Promise<Client> {
  const integration = { integrationName: `${NAME} command`, integrationVersion: VERSION };
  const fetch = fetchOf(process.env);
  return Client.authenticate({ fetch, ...config, ...integration, wasm });
}

export { fileStore };
