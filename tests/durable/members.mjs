// What whoever has a binding can call, with whatever arguments.
import { deepEqual, equal, ok, resolve, runTests, startService, startWorkers } from "./kit.mjs";

const NAMES = [
  ...["read", "alarm", "fetch", "connect", "constructor", "ctx", "env", "holder", "#holder"],
  ...["options", "client", "close", "start", "refresh", "webSocketMessage", "webSocketClose"],
  ...["__proto__", "__DURABLE_OBJECT_BRAND", "then", "toJSON", "dispose", "forward", "target"],
];
/** Of every object; none of them tells anything. */
const OF_OBJECT = Reflect.ownKeys(Object.prototype).filter((name) => typeof name === "string");

export async function members(kit) {
  const service = await startService(kit);
  const services = { APP: { props: { allow: ["op://app/**"] } } };
  const { ask } = await startWorkers(kit, service, { services });
  const reachable = async (binding) => {
    const names = [...new Set([...NAMES, ...OF_OBJECT])];
    const rawCalls = names.map((member) => ({ member }));
    const outcomes = await ask({ binding, rawCalls });
    const told = names.map((name, n) => [name, outcomes[n]]);
    for (const [name, outcome] of told) {
      ok(!JSON.stringify(outcome).includes(service.token.slice(4, 60)), name);
    }
    return told.filter(([, { value }]) => value !== undefined).map(([name]) => name);
  };
  const OWN = ["read", ...OF_OBJECT];
  return await runTests({
    "of the object: read alone, beside what every object has": async () => {
      const names = await reachable("DEFAULT");
      ok(names.includes("read"));
      deepEqual(
        names.filter((name) => !OWN.includes(name)),
        [],
      );
    },
    "of the entrypoint: the same": async () => {
      const names = await reachable("APP");
      ok(names.includes("read"));
      deepEqual(
        names.filter((name) => !OWN.includes(name)),
        [],
      );
    },
    "their classes have these methods and no others": async () => {
      deepEqual(await prototypes(), {
        OnePasswordObject: ["alarm", "constructor", "read"],
        OnePasswordEntrypoint: ["constructor", "read"],
      });
    },
    "whatever is sent is argumentInvalid, and the object lives on": async () => {
      for (const binding of ["OP", "APP"]) {
        await ask({ binding, calls: [resolve("op://app/database/password")] });
        service.emulator.clearRequests();
        const outcomes = await ask({ binding, odd: true });
        for (const [name, { value, thrown }] of Object.entries(outcomes)) {
          equal(
            value?.error?.code,
            "argumentInvalid",
            `${name}: ${thrown ?? JSON.stringify(value)}`,
          );
          ok(!JSON.stringify(value).includes("ops_secret"), name);
        }
        const [{ value }] = await ask({ binding, calls: [resolve("op://app/database/password")] });
        equal(value, "correct-horse");
        // It is the same object: it has not started anew.
        equal(service.emulator.requests.length, 0);
      }
    },
  });
}

/** The methods of the classes, as their sources have them. */
async function prototypes() {
  const { readFileSync } = await import("node:fs");
  const classes = {};
  for (const [file, name] of [
    ["object", "OnePasswordObject"],
    ["entrypoint", "OnePasswordEntrypoint"],
  ]) {
    const path = new URL(`../../dist/durable/${file}.js`, import.meta.url);
    const code = readFileSync(path, "utf8")
      .replace(/^import .*$/gm, "")
      .replace(/^export /gm, "");
    const base = "class DurableObject {} class WorkerEntrypoint {} ";
    const Class = new Function(`${base}${code}\nreturn ${name};`)();
    classes[name] = Object.getOwnPropertyNames(Class.prototype).sort();
  }
  return classes;
}
