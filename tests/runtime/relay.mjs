// A relay of the installed package, as a process:
//
//   node relay.mjs ORIGIN_OF_PAGES HOST_OF_SERVICE
//
// Prints one line, {"url":…}, and runs until its standard input ends.
import { createServer } from "node:http";
import { createRelay, toNodeListener } from "onepassword-edge/relay";

const [origin, host] = process.argv.slice(2);
const relay = createRelay({ allowedOrigins: [origin], allowedHosts: [host] });
const server = createServer(toNodeListener(relay));
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}/op`;
  process.stdout.write(`${JSON.stringify({ url })}\n`);
});
process.stdin.resume().once("end", () => process.exit());
