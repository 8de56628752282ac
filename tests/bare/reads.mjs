// Items, lists, vaults, files.
import { equal } from "./checks.mjs";
import { BYTES, isTrue, same, times } from "./kit.mjs";

const CREATED = "2024-02-29T12:34:56.789Z";
const UPDATED = "2025-01-02T03:04:05.678Z";
const FILE_BYTES = 100_000;
const ITEM =
  "id title category vaultId fields sections notes tags websites version files document createdAt updatedAt";
const LISTED = "id title category vaultId websites tags createdAt updatedAt state";
const VAULT = "id title description vaultType activeItemCount contentVersion attributeVersion";
const entries = times(230, (n) => `entry ${n}`);
const members = (object, names, what) => same(Object.keys(object), names.split(" "), what);
const titlesOf = (list) => list.map(({ title }) => title);
const byState = (active, archived) => ({ type: "ByState", content: { active, archived } });

async function checkItems(check, { signIn, fails }) {
  const { items } = await signIn();
  await check(
    "an item: all members, Dates in whole seconds, null for what is not there",
    async () => {
      const item = await items.get("long", "dated");
      members(item, ITEM, "members");
      isTrue(item.createdAt instanceof Date && item.updatedAt instanceof Date, "dates");
      equal(item.createdAt.toISOString(), "2024-02-29T12:34:56.000Z", "createdAt");
      equal(item.updatedAt.toISOString(), "2025-01-02T03:04:05.000Z", "updatedAt");
      same([item.document, item.files, item.notes], [null, [], ""], "nothing");
      same([item.tags, item.version], [["one", "two"], 1], "tags, version");
      equal(item.websites[0].url, "https://a.example/", "website");
      const [username, text] = ["someone", "in a section"].map((value) =>
        item.fields.find((field) => field.value === value),
      );
      same([username.sectionId, username.details], [null, null], "a field without section");
      equal(text.sectionId, item.sections.find(({ title }) => title === "all").id, "section");
      const byId = await items.get(item.vaultId, item.id);
      same(byId, item, "by ids");
    },
  );
  await check("several items: in the order of the question, each an item or an error", async () => {
    const names = ["item 7", "nothing", "twice", "item 7", "kinds"];
    const { individualResponses } = await items.getAll("app", names);
    const shown = individualResponses.map(({ content, error }) => [
      content === null ? null : content.title,
      error === null ? null : error.type,
    ]);
    const expected = [
      ["item 7", null],
      [null, "itemNotFound"],
      [null, "tooManyItems"],
      ["item 7", null],
      ["kinds", null],
    ];
    same(shown, expected, "outcomes");
    same(await items.getAll("app", []), { individualResponses: [] }, "of nothing");
    await fails("vaultNotFound", items.get("nowhere", "x"));
  });
}

async function checkLists(check, { bare, signIn, fails }) {
  const client = await signIn();
  const { items } = client;
  await check("a list whole, by its filters", async () => {
    const pages = items.list("long");
    isTrue(pages instanceof bare.Pages, "class");
    const all = await pages.all();
    same(titlesOf(all), ["dated", "paper", ...entries], "titles");
    members(all[0], LISTED, "members");
    same([all[0].createdAt, all[0].updatedAt], [CREATED, UPDATED], "dates");
    isTrue(all[0].createdAt instanceof Date && all[0].state === "active", "a date, a state");
    const old = await items.list("long", [byState(false, true)]).all();
    same(
      titlesOf(old),
      times(5, (n) => `old ${n}`),
      "archived",
    );
    equal(old[0].state, "archived", "state");
    const count = async (...filters) => (await items.list("long", filters).all()).length;
    same(
      [await count(byState(true, true)), await count(byState(false, false))],
      [237, 0],
      "counts",
    );
  });
  await check("a list page by page, with what is left at the end", async () => {
    const lengthsOf = async (pages, count) => {
      const lengths = [];
      for (let n = 0; n < count; n += 1) lengths.push((await pages.next())?.length ?? null);
      return lengths;
    };
    same(await lengthsOf(items.list("long"), 5), [100, 100, 32, null, null], "pages");
    const pages = items.list("long");
    const first = await pages.next();
    const rest = await pages.all();
    same(titlesOf([...first, ...rest]), ["dated", "paper", ...entries], "titles");
    same([await pages.all(), await pages.next()], [[], undefined], "after the end");
    const before = client.stats().requests;
    equal((await items.list("long").next()).length, 100, "a page");
    isTrue(client.stats().requests - before <= 1, "a page takes one request");
    await fails("vaultNotFound", items.list("nowhere").next());
    const left = items.list("long");
    await left.next();
    left.free();
  });
  await check("vaults: their list, one of them, who has access", async () => {
    const list = await client.vaults.list().all();
    same(titlesOf(list).sort(), ["Same", "app", "long", "same"], "titles");
    const long = list.find(({ title }) => title === "long");
    members(long, `${VAULT} createdAt updatedAt`, "members of a listed one");
    isTrue(long.createdAt instanceof Date, "a date");
    same([long.description, long.vaultType], ["many items", "userCreated"], "vault");
    same(await client.vaults.getOverview(long.id), long, "overview");
    const vault = await client.vaults.get("long");
    members(vault, `${VAULT} access`, "members");
    same([vault.id, vault.access], [long.id, null], "vault");
    const { access } = await client.vaults.get("long", { accessors: true });
    same([access.length, access[0].vaultUuid], [1, long.id], "access");
    const sealed = await client.vaults.list({ decryptDetails: false }).all();
    isTrue(sealed.length === 4 && !titlesOf(sealed).includes("long"), "names that stay sealed");
    await fails("tooManyVaults", client.vaults.get("same"));
  });
}

async function checkFiles(check, { signIn, fails }) {
  const client = await signIn();
  const { items } = client;
  await check("a file: bytes of its length, and a copy for each who asks", async () => {
    const { document } = await items.get("long", "paper");
    same([document.name, document.size], ["paper.bin", FILE_BYTES], "document");
    const read = () => items.readFile("long", "paper", document);
    const [one, other] = await Promise.all([read(), read()]);
    for (const bytes of [one, other]) {
      equal(Object.getPrototypeOf(bytes), Uint8Array.prototype, "class");
      same(
        [bytes.length, bytes.byteOffset, bytes.buffer.byteLength],
        [FILE_BYTES, 0, FILE_BYTES],
        "length",
      );
      isTrue(
        bytes.every((byte) => byte === 7),
        "bytes",
      );
    }
    isTrue(one.buffer !== other.buffer, "one buffer for both");
    one.fill(0);
    equal(other[0], 7, "the other's bytes");
    const both = await Promise.all([client.resolveBytes(BYTES), client.resolveBytes(BYTES)]);
    both[0].fill(1);
    equal(both[1].join(), "0,255,128,7", "the other's bytes");
  });
  await check("the files of an item, and one that is none", async () => {
    const { files } = await items.get("app", "kinds");
    const names = files.map(({ attributes }) => attributes.name);
    same(names, ["read.me", "bytes.bin"], "names");
    const bytes = await items.readFile("app", "kinds", files[1].attributes);
    equal(bytes.join(), "0,255,128,7", "bytes");
    await fails("notFound", items.readFile("app", "kinds", { id: "nothing" }));
  });
}

export async function checkReads(check, kit) {
  await checkItems(check, kit);
  await checkLists(check, kit);
  await checkFiles(check, kit);
}
