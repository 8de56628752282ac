// Loaded when a command needs the service, and not to print a help.
import { readFile } from "node:fs/promises";
import type { ClientConfig } from "../client/config.js";
import { fileStore } from "../node/file_store.js";
import { Client } from "../slim.js";
import { NAME, VERSION } from "./version.js";

/** The module, beside the command. Its reading begins when this file is loaded. */
const wasm = readFile(new URL("./wasm/op.wasm", import.meta.url));

/** Signs in. */
export function authenticate(
  config: Omit<ClientConfig, "integrationName" | "integrationVersion">,
): Promise<Client> {
  const integration = { integrationName: `${NAME} command`, integrationVersion: VERSION };
  return Client.authenticate({ ...config, ...integration, wasm });
}

export { fileStore };
