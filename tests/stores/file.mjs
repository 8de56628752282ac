// `fileStore` in whatever runtime has files: `… file.mjs FOLDER`. Prints the results.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileStore } from "../../dist/node/file_store.js";
import { runSuite } from "./suite.mjs";

const [folder] = argv.slice(2);
const path = join(folder, "store", "records.json");

function down() {
  const noFolder = join(folder, "no-folder");
  writeFileSync(noFolder, "");
  return fileStore(join(noFolder, "records.json"));
}

const results = await runSuite({ make: () => fileStore(path), down, prefixes: false });
console.log(JSON.stringify(results));
