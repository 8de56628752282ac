// An emulator for clients to be measured at, in a process of its own:
//
//   node service.mjs '{"items":1000,"rttMs":20}'
//
// Between it and the client stands a proxy that counts bytes and takes its time, as a network does.
// Prints one line, {"token":…,"counters":…}: the second is an address that answers with what was
// counted since the process began. Runs until its standard input ends.
import { createServer } from "node:http";
import { connect, createServer as createProxy } from "node:net";
import { createEmulator } from "../dist/emulator/index.js";
import { accountOf } from "./account.mjs";

const { items = 1, files = [], rttMs = 0 } = JSON.parse(process.argv[2] ?? "{}");
const HOST = "127.0.0.1";
const counted = { requests: 0, sent: 0, received: 0 };

const listening = (server) =>
  new Promise((resolve) => {
    server.listen(0, HOST, () => resolve(server.address().port));
  });

/** Does one thing after another, each at its time or as soon after it as the one before is done. */
function queue() {
  const waiting = [];
  let isWaiting = false;
  const work = () => {
    isWaiting = false;
    while (waiting.length > 0 && waiting[0].due <= performance.now()) waiting.shift().act();
    if (waiting.length === 0) return;
    isWaiting = true;
    setTimeout(work, waiting[0].due - performance.now());
  };
  return (due, act) => {
    waiting.push({ due, act });
    if (!isWaiting) work();
  };
}

/** Hands on what comes, half a round trip later, and nothing before `firstMs`. */
function pass(from, to, count, firstMs) {
  const at = queue();
  const due = () => Math.max(firstMs, performance.now() + rttMs / 2);
  from.on("data", (piece) => {
    counted[count] += piece.length;
    at(due(), () => to.writable && to.write(piece));
  });
  from.on("close", () => at(due(), () => to.destroy()));
  from.on("error", () => to.destroy());
}

/** Whoever connects waits a round trip for TCP's handshake. TLS, which takes more, there is none. */
const proxy = createProxy({ noDelay: true }, (client) => {
  const service = connect({ port: server.port, host: HOST, noDelay: true });
  pass(client, service, "sent", performance.now() + rttMs * 1.5);
  pass(service, client, "received", 0);
});
const address = `http://${HOST}:${await listening(proxy)}`;

const faults = () => {
  counted.requests += 1;
};
const emulator = await createEmulator({ account: accountOf({ items, files }), address, faults });
const server = await emulator.serve({ cors: true });

const counters = createServer((_, answer) => {
  const { user, system } = process.cpuUsage();
  const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
  answer.writeHead(200, headers).end(JSON.stringify({ ...counted, cpuMs: (user + system) / 1000 }));
});
const { token } = emulator;
const told = { token, counters: `http://${HOST}:${await listening(counters)}` };
process.stdout.write(`${JSON.stringify(told)}\n`);
process.stdin.resume().once("end", () => process.exit());
