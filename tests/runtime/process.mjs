// The suite in Node, Deno or Bun: `… process.mjs TOKEN`. Beside an installed package, and with
// static imports alone: Deno takes any other for reading files, which it has to be allowed.
import * as library from "onepassword-edge";
import * as environment from "onepassword-edge/env";
import { runSuite } from "./suite.mjs";

const [token] = process.argv.slice(2);
console.log(JSON.stringify(await runSuite({ ...library, ...environment }, { token })));
