// What clients are measured at, each scenario in a process of its own. A scenario is given the
// client's `load` (see clients.mjs), a meter, the service's token, and what else it names.
import { byId, byName, fileOf, idOf, passwordOf, VAULT_ID } from "./account.mjs";

/** For what a runtime does after a while: collecting garbage, compiling once more. */
const SETTLE_MS = 500;
const SIGN_INS = 8;
const SERIES = 20;
const LISTINGS = 8;
const THROUGHPUT_MS = 3_000;
const IN_FLIGHT = 50;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A wrong secret would make it a measure of something else. */
function expect(n, secret) {
  if (secret !== passwordOf(n)) throw new Error(`item ${n} was answered wrongly`);
}

/** A client that is signed in; item by item, or all of the numbers with one call. */
async function open(library, token) {
  const client = await library.signIn(token);
  const resolve = (reference) => library.resolve(client, reference);
  return {
    resolve,
    byName: async (n) => expect(n, await resolve(byName(n))),
    byId: async (n) => expect(n, await resolve(byId(n))),
    all: async (numbers) => {
      const { individualResponses } = await library.resolveAll(client, numbers.map(byName));
      for (const n of numbers) expect(n, individualResponses[byName(n)]?.content?.secret);
    },
    list: async (items) => {
      let count = 0;
      for await (const _ of await library.list(client, VAULT_ID)) count += 1;
      if (count !== items) throw new Error(`${count} items were listed`);
    },
    item: async (n) => {
      const { fields } = await library.get(client, VAULT_ID, idOf(n));
      expect(n, fields.find(({ id }) => id === "password")?.value);
    },
  };
}

async function inTurn(resolve, from = 0) {
  for (let n = from; n < from + SERIES; n += 1) await resolve(n);
}

const range = (count) => Array.from({ length: count }, (_, n) => n);
const atOnce = (resolve, count) => Promise.all(range(count).map(resolve));

/** From nothing to a client that is signed in; then the same again, and one secret at a time. */
async function start({ meter, load, token, memoryMiB }) {
  let library;
  const client = await meter.step("import to signed in", async () => {
    library = await load();
    return open(library, token);
  });
  await meter.step("first secret", () => client.byName(0));
  await sleep(SETTLE_MS);
  meter.note("memory", memoryMiB());
  for (let time = 0; time < SIGN_INS; time += 1) {
    await meter.step("sign-in, warm", () => open(library, token));
  }
  for (const way of ["byName", "byId"]) {
    const resolve = (n) => client[way](n % SERIES);
    await inTurn(resolve);
    for (let time = 0; time < 3; time += 1) await meter.step(way, () => inTurn(resolve), SERIES);
  }
}

/** Many secrets at once, of a client that has resolved some before. */
async function many({ meter, load, token, round }) {
  const client = await open(await load(), token);
  await atOnce(client.byName, SERIES);
  const steps = [1, 20, 500].flatMap((count) => [
    [`resolveAll of ${count}`, () => client.all(range(count))],
    [`${count} by name`, () => atOnce(client.byName, count)],
    [`${count} by id`, () => atOnce(client.byId, count)],
  ]);
  // What comes later finds a warmer process: in every other round it is the other way round.
  for (const [what, work] of round % 2 === 0 ? steps : steps.toReversed()) {
    await meter.attempt(what, work);
  }
}

/** The first secrets out of a large vault, in a session that has just begun. */
async function large({ meter, load, token, items, inside }) {
  const library = await load();
  await open(library, token);
  for (const way of ["byName", "byId"]) {
    const client = await open(library, token);
    await meter.step(`first ${way}`, () => client[way](7));
    await meter.step(`next ${way}`, () => inTurn(client[way], 8), SERIES);
  }
  for (let time = 0; time < LISTINGS; time += 1) {
    const client = await open(library, token);
    await meter.step("first byName, warm", () => client.byName(7));
    await meter.step("list, warm", () => client.list(items ?? inside.items));
  }
  const client = await open(library, token);
  await meter.step("items.get", () => inTurn(client.item), SERIES);
}

/** A file, in a process that has resolved something before. */
async function file({ meter, load, token, memoryMiB, files: [bytes] }) {
  const client = await open(await load(), token);
  await client.byName(0);
  const before = memoryMiB();
  const text = await meter.step("file", () => client.resolve(fileOf(bytes)));
  if (text.length !== bytes) throw new Error("the file came in another length");
  meter.note("memory for the file", memoryMiB("peak") - before);
}

/** Across a network: a process's first secret, the next one, and several. */
async function network({ meter, load, token }) {
  const client = await meter.step("import to first secret", async () => {
    const client = await open(await load(), token);
    await client.byName(0);
    return client;
  });
  await meter.step("next secret", () => client.byName(1));
  await meter.step("20 by name", () => atOnce(client.byName, SERIES));
}

/** How many secrets a second, one after the other and with many on their way. */
async function throughput({ meter, load, token, items }) {
  const client = await open(await load(), token);
  await inTurn(client.byName);
  for (const inFlight of [1, IN_FLIGHT]) {
    let resolved = 0;
    const end = performance.now() + THROUGHPUT_MS;
    const keepOn = async () => {
      while (performance.now() < end) {
        const n = resolved;
        resolved += 1;
        await client.byName(n % items);
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: inFlight }, keepOn));
    const seconds = (performance.now() - start) / 1000;
    meter.note(`secrets a second, ${inFlight} at once`, resolved / seconds);
  }
}

/** Without any client: what as many requests as a sign-in has take by themselves. */
async function bare({ meter, token, memoryMiB }) {
  const { signInAddress } = JSON.parse(atob(token.slice("ops_".length)));
  const ask = async () => {
    for (const method of ["POST", "POST", "POST", "GET"]) {
      const answer = await fetch(`${signInAddress}/api/v3/auth/start`, { method });
      await answer.arrayBuffer();
    }
  };
  await meter.step("import to signed in", ask);
  await sleep(SETTLE_MS);
  meter.note("memory", memoryMiB());
  for (let time = 0; time < SIGN_INS; time += 1) await meter.step("sign-in, warm", ask);
}

/** Nothing that is measured. */
async function warmUp({ load, token }) {
  const library = await load();
  for (let time = 0; time < SIGN_INS; time += 1) await (await open(library, token)).byName(0);
}

export const SCENARIOS = { warmUp, start, many, large, file, network, throughput, bare };
