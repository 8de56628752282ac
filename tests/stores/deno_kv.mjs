// The suite in Deno: `… deno_kv.mjs FILE`, where the database is to be. Prints the results.
import { denoKvStore } from "../../dist/stores.js";
import { runSuite } from "./suite.mjs";

const [path] = Deno.args;
const databases = [];

/** Each with a connection of its own. */
async function make(options) {
  const kv = await Deno.openKv(path);
  databases.push(kv);
  return denoKvStore(kv, options);
}

async function down() {
  const kv = await Deno.openKv(path);
  kv.close();
  return denoKvStore(kv);
}

console.log(JSON.stringify(await runSuite({ make, down })));
for (const kv of databases) kv.close();
