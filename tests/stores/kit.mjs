// What the parts of these tests share.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** This folder, with the clients that are installed in it. */
export const HERE = fileURLToPath(new URL(".", import.meta.url));

export const versionOf = (name) =>
  JSON.parse(readFileSync(join(HERE, "node_modules", name, "package.json"), "utf8")).version;

/** One that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Results of one suite after those of another. */
export function joined(all) {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.flatMap(({ name, failed }) =>
      failed.map((why) => (name ? `${name}: ${why}` : why)),
    ),
  };
}
