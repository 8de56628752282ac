// What every store keeps to. Knows no runtime: it is told how a store is made.
import { checks, equal } from "../runtime/checks.mjs";

const DAY_SECONDS = 86_400;
const MAX_SECONDS = 30 * DAY_SECONDS;
/** What has a second to live has ended by then. */
const ENDED_MS = 1_600;
/** A store that is down has said so by then. */
const DOWN_MS = 8_000;
const LONG = 60_000;
const ROUNDS = 10;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** As the client's keys are. */
function newKey() {
  const random = crypto.getRandomValues(new Uint8Array(20));
  const letters = [...random].map((byte) => String.fromCharCode(97 + (byte % 26)));
  return `onepassword-edge-_${letters.join("")}-`;
}

/** A JSON text of this length that says who wrote it. */
function textOf(length, writer = 0) {
  const start = `{"v":1,"writer":${writer},"data":"`;
  return `${start}${String(writer)
    .padEnd(1, "x")
    .repeat(length - start.length - 2)}"}`;
}

/** JSON texts, which some databases take for values. */
const TEXTS = [
  '{"v":1,"iv":"AAAA","data":"a+b/c=="}',
  '{"__proto__":{"a":1},"constructor":{"prototype":1}}',
  '"a text"',
  '"with \\"quotes\\" and \\u00fc"',
  "12345",
  "1e3",
  "true",
  "null",
  "[]",
  ' { "spaced" : 1 }\n',
];

const shortened = (text) => (typeof text === "string" ? text.slice(0, 80) : text);

function sameText(got, expected, what) {
  equal(shortened(got), shortened(expected), what);
  equal(got === expected, true, `${what}: the whole of it came back`);
}

const nothing = (got, what) => equal(got ?? null, null, what);

async function reads(check, make) {
  await check("nothing is there at first", async () => {
    nothing(await (await make()).get(newKey()), "get");
  });
  await check("what was set comes back exactly", async () => {
    const [store, other] = [await make(), await make()];
    for (const text of [...TEXTS, textOf(LONG)]) {
      const key = newKey();
      await store.set(key, text, DAY_SECONDS);
      sameText(await store.get(key), text, "from this store");
      sameText(await other.get(key), text, "from another one on the same database");
    }
  });
  await check("the last one counts", async () => {
    const [store, key] = [await make(), newKey()];
    for (const text of [textOf(LONG), "1", textOf(1_000)]) {
      await store.set(key, text, DAY_SECONDS);
      sameText(await store.get(key), text, "get");
    }
  });
  await check("keys know nothing of each other", async () => {
    const [store, one, other] = [await make(), newKey(), newKey()];
    await store.set(one, "1", DAY_SECONDS);
    nothing(await store.get(other), "the other one");
    await store.set(other, "2", DAY_SECONDS);
    equal(await store.get(one), "1", "the first one");
    equal(await store.get(other), "2", "the second one");
  });
  await check("methods can be taken off", async () => {
    const { get, set } = await make();
    const key = newKey();
    await set(key, "1", DAY_SECONDS);
    equal(await get(key), "1", "get");
  });
  await check("it says how long a write takes to arrive, or nothing", async () => {
    const { propagationMs = 0 } = await make();
    equal(Number.isInteger(propagationMs) && propagationMs >= 0, true, "a time");
  });
}

async function times(check, make, ends) {
  await check("the longest time is taken", async () => {
    const [store, key] = [await make(), newKey()];
    await store.set(key, "1", MAX_SECONDS);
    equal(await store.get(key), "1", "get");
  });
  if (!ends) return;
  await check("it ends after its time, and the last time counts", async () => {
    const [store, key, renewed] = [await make(), newKey(), newKey()];
    await store.set(key, "1", 1);
    await store.set(renewed, "1", 1);
    equal(await store.get(key), "1", "at once");
    await store.set(renewed, "2", DAY_SECONDS);
    await wait(ENDED_MS);
    nothing(await store.get(key), "what has ended");
    equal(await store.get(renewed), "2", "what was set again");
    await store.set(key, "3", DAY_SECONDS);
    equal(await store.get(key), "3", "what has ended and was set again");
  });
}

async function writers(check, make, whole) {
  if (whole)
    await check("of two that write at once, one value is there, whole", async () => {
      const [one, other, key] = [await make(), await make(), newKey()];
      const texts = [textOf(LONG, 1), textOf(LONG - 1_000, 2)];
      for (let round = 0; round < ROUNDS; round += 1) {
        const [, , during] = await Promise.all([
          one.set(key, texts[0], DAY_SECONDS),
          other.set(key, texts[1], DAY_SECONDS),
          one.get(key),
        ]);
        equal(during == null || texts.includes(during), true, "what is read meanwhile is whole");
        equal(texts.includes(await other.get(key)), true, "what is there is whole");
      }
    });
  await check("of many keys that are written at once, none is lost", async () => {
    const stores = [await make(), await make()];
    const keys = Array.from({ length: 20 }, newKey);
    await Promise.all(keys.map((key, n) => stores[n % 2].set(key, `"${key}"`, DAY_SECONDS)));
    for (const key of keys) equal(await stores[0].get(key), `"${key}"`, key);
  });
}

async function prefixed(check, make) {
  await check("stores with other prefixes see nothing of each other", async () => {
    const [plain, one, other, again] = await Promise.all(
      [undefined, "one:", "other:", "one:"].map((prefix) => make({ prefix })),
    );
    const key = newKey();
    await one.set(key, "1", DAY_SECONDS);
    nothing(await plain.get(key), "without a prefix");
    nothing(await other.get(key), "with another one");
    equal(await again.get(key), "1", "with the same one");
  });
}

/** How a call ends: with `given` or `thrown`, and no later than it may. */
async function outcome(work) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, DOWN_MS, "no answer in time");
  });
  try {
    return { given: await Promise.race([work(), late]) };
  } catch (thrown) {
    return { thrown };
  } finally {
    clearTimeout(timer);
  }
}

async function fails(check, down) {
  await check("if the database is down, calls fail in good time", async () => {
    const store = await down();
    const key = newKey();
    const [set, get] = await Promise.all([
      outcome(() => store.set(key, "1", DAY_SECONDS)),
      outcome(() => store.get(key)),
    ]);
    equal(set.thrown instanceof Error, true, `set fails, not: ${set.given}`);
    if (get.thrown === undefined) nothing(get.given, "get");
  });
}

/**
 * `{ passed, failed: [why] }`. `make(options)` makes a store, each time another one on the same
 * database; `down()` one whose database is away, where there is such a thing. `ends` says whether a
 * value ends to the second, `whole` whether two writers at once leave one value whole, `prefixes`
 * whether `make` takes a prefix.
 */
export async function runSuite({ make, down, ends = true, whole = true, prefixes = true }) {
  const { results, check } = checks();
  await reads(check, make);
  await times(check, make, ends);
  await writers(check, make, whole);
  if (prefixes) await prefixed(check, make);
  if (down !== undefined) await fails(check, down);
  return results;
}
