// Items that both packages share, opened with their links: recorded items, and others by chance that
// have what a share can hold. `SEED=n` repeats a run.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ours from "onepassword-edge/compat";
import { createEmulator } from "../../dist/emulator/index.js";
import { Random } from "../random/prng.mjs";
import { vendorClient } from "./vendor.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const idOf = (n) =>
  `${"a".repeat(22)}${LETTERS[n >> 10]}${LETTERS[(n >> 5) & 31]}${LETTERS[n & 31]}a`;
const { cases } = JSON.parse(
  readFileSync(new URL("../vectors/items.json", import.meta.url), "utf8"),
);

async function clientsOf(items) {
  const emulator = await createEmulator({
    account: { vaults: [{ name: "app", id: VAULT, items }] },
  });
  const own = await ours.createClient({
    auth: emulator.token,
    integrationName: "interop",
    integrationVersion: "1.0.0",
    fetch: emulator.fetch,
  });
  return { emulator, clients: { vendor: await vendorClient(emulator), ours: own } };
}

/** What a recipient sees of an item that a client has read and shares; `{ refused }` if it does not. */
async function shared({ client, emulator, change = () => {} }, id) {
  let link;
  try {
    const item = await client.items.get(VAULT, id);
    change(item);
    const policy = await client.items.shares.getAccountPolicy(VAULT, id);
    link = await client.items.shares.create(item, policy, { oneTimeOnly: false });
  } catch (error) {
    return { refused: String(error.message ?? error) };
  }
  const { overview, details, files } = await emulator.openShare(link);
  // How strong a password is, is not said here: how it is reckoned is not known.
  const { ps: _, ...rest } = overview;
  return { overview: rest, details, files: files.map(({ name, content }) => [name, [...content]]) };
}

/** What the vendor's client refuses alone, though what is shared is clear. */
const LESS_STRICT =
  /^invalid user input: encountered the following errors: (?:; |item contained duplicate field ids. Make sure every id is unique.|file and field IDs must be unique within an item|Cannot have multiple references to the same item)+$/;

/** Both are the same, or both are refused; returns how many there are of each. */
async function compare(items, change) {
  const { emulator, clients } = await clientsOf(items);
  const counts = { shared: 0, refused: 0 };
  for (const { id } of items) {
    const theirs = await shared({ client: clients.vendor, emulator, change }, id);
    const own = await shared({ client: clients.ours, emulator, change }, id);
    if (LESS_STRICT.test(theirs.refused) && own.refused === undefined) continue;
    const isRefused = theirs.refused !== undefined;
    if (isRefused) assert.notEqual(own.refused, undefined, `${id}: ${theirs.refused}`);
    else assert.deepEqual(own, theirs, id);
    counts[isRefused ? "refused" : "shared"] += 1;
  }
  return counts;
}

test("recorded items", async () => {
  const items = cases.map(({ wire: { templateUuid, overview, details } }, n) => {
    return { id: idOf(n), templateUuid, overview, details };
  });
  const counts = await compare(items);
  assert.deepEqual(counts, { shared: 21, refused: 49 });
});

const pem = (...args) =>
  generateKeyPairSync(...args).privateKey.export({ type: "pkcs8", format: "pem" });
const KEYS = [pem("ed25519"), pem("rsa", { modulusLength: 2048 })];
const CATEGORIES = [
  ...["Login", "CreditCard", "SecureNote", "Identity", "Password", "SoftwareLicense"],
  ...["BankAccount", "Database", "DriverLicense", "OutdoorLicense", "Membership", "Passport"],
  ...["Rewards", "SocialSecurityNumber", "Router", "Server", "Email", "ApiCredentials"],
  ...["MedicalRecord", "CryptoWallet"],
];
const IDS = [
  ...["firstname", "lastname", "bankName", "hostname", "number", "name", "member_name"],
  ...["company_name", "network_name", "username", "password", "pop_username", "type"],
  ...["product_version", "ccnum", "TOTP_x", "TOTPy", "other"],
];
const TEXTS = [
  "",
  "a",
  "line\r\nnext",
  "😀 ünï",
  "4111 1111 1111 1111",
  "12-34-56-78",
  '"\\',
  "\u0000",
];
const KINDS = {
  string: (random) => random.pick(TEXTS),
  concealed: (random) => random.pick(TEXTS),
  URL: () => "https://a.example/?q=1",
  email: () => "a@b.example",
  phone: () => "+1 555",
  menu: () => "choice",
  cctype: () => "mc",
  gender: () => "x",
  // The vendor's client shares no item that refers to another twice, though it leaves them out.
  reference: (random) => idOf(random.below(30_000)),
  date: (random) => random.between(-10_000_000_000, 10_000_000_000),
  monthYear: (random) => random.between(1900, 2100) * 100 + random.between(1, 12),
  address: (random) => ({
    street: random.pick(TEXTS),
    city: random.pick(["", "Ville"]),
    country: random.pick(["", "us"]),
    zip: random.pick(["", "1"]),
    state: random.pick(["", "ca"]),
  }),
};

function itemOf(random, n) {
  const category = random.pick(CATEGORIES);
  const ids = IDS.filter(() => random.chance(0.3));
  const fields = ids.map((id) => {
    const kind = random.pick(Object.keys(KINDS));
    return { title: random.pick(["", "label", "Ü"]), id, kind, value: KINDS[kind](random) };
  });
  const login = category === "Login" && random.chance(0.7);
  const files = random.chance(0.2)
    ? [{ name: "a.txt", content: "x".repeat(random.below(40)) }]
    : [];
  return {
    id: idOf(n),
    title: random.pick(["", "Title", "ünï 😀"]),
    category,
    notes: random.pick(["", "first\nsecond", "x".repeat(100), "one\rtwo"]),
    tags: random.pick([[], ["a", "b/c"]]),
    ...(login ? { username: random.pick(["", "bob"]), password: random.pick(["", "pw"]) } : {}),
    urls: ["Login", "Password"].includes(category)
      ? random.pick([[], [{ url: "https://x.example", label: "l", autofill: "host" }]])
      : [],
    sections: [{ title: random.pick(["", "S"]), id: random.pick(["", "s"]), fields }],
    files,
  };
}

test("items by chance", async (context) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`SEED=${seed}`);
  const random = new Random(seed);
  const items = Array.from({ length: 150 }, (_, n) => itemOf(random, n));
  const sshKeys = KEYS.map((value, n) => {
    const field = { title: "private key", id: "private_key", kind: "sshKey", value };
    return { id: idOf(200 + n), title: "ssh", category: "SshKey", fields: [field] };
  });
  const documents = ["", "x".repeat(1_023), "x".repeat(1_024), "x".repeat(1_500_000)].map(
    (content, n) => {
      return { id: idOf(300 + n), title: "document", document: { name: "d.txt", content } };
    },
  );
  const counts = await compare([...items, ...sshKeys, ...documents]);
  assert.ok(counts.shared > 100, JSON.stringify(counts));
});

test("what the caller has changed is shared", async () => {
  const items = ["Login", "Password", "SecureNote"].map((category, n) => {
    return { id: idOf(n), category, title: "before", password: "pw", notes: "before" };
  });
  const changes = [
    (item) => Object.assign(item, { title: "after", notes: "after\nmore", tags: ["x\\y"] }),
    (item) => {
      item.sections.push({ id: "new", title: "New" });
      const field = { id: "f", title: "F", sectionId: "new", fieldType: "Concealed", value: "v" };
      item.fields.push(field, { ...field, id: "g", fieldType: "Totp", value: "JBSWY3DPEHPK3PXP" });
      item.fields.push({ ...field, id: "h", fieldType: "CreditCardNumber", value: "1" });
      item.fields.push({ ...field, id: "i", fieldType: "Date", value: "2024-02-29" });
      item.fields.push({ ...field, id: "j", fieldType: "MonthYear", value: "12/0000" });
    },
    (item) => {
      item.fields = [];
    },
  ];
  for (const change of changes) {
    assert.deepEqual(await compare(items, change), { shared: 3, refused: 0 }, String(change));
  }
  const field = { id: "f", title: "F", sectionId: "s", value: "x" };
  for (const wrong of [
    ...["2024-02-30", "24-1-1", "3000-01-01", "0999-12-31", "2024-1-01", "x"].map((value) => {
      return { fieldType: "Date", value };
    }),
    ...["13/2024", "00/2024", "1/2024", "12/3000", "12/0999", "12-2024"].map((value) => {
      return { fieldType: "MonthYear", value };
    }),
    { fieldType: "Unsupported" },
    { fieldType: "Address", details: undefined },
    { fieldType: "Text", sectionId: "nowhere" },
  ]) {
    const change = (item) => {
      item.sections.push({ id: "s", title: "S" });
      item.fields.push({ ...field, ...wrong });
    };
    const counts = await compare(items.slice(0, 1), change);
    assert.deepEqual(counts, { shared: 0, refused: 1 }, JSON.stringify(wrong));
  }
});
