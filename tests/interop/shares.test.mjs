// Items that the vendor's client shares through the emulator, opened with their links; and recorded
// policies, recipients and shares.
import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createEmulator, ShareRefusal } from "../../dist/emulator/index.js";
import { Client } from "../../dist/index.js";
import { vendorClient } from "./vendor.mjs";

const load = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")).cases;

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const LOGIN = "pokahvr47axgmq6hp2sy6tzb6a";
const FILES = "qokahvr47axgmq6hp2sy6tzb6a";
const DOCUMENT = "rokahvr47axgmq6hp2sy6tzb6a";
const items = [
  { title: "login", id: LOGIN, username: "bob", password: "s3cret", notes: "a note" },
  {
    title: "files",
    id: FILES,
    password: "p",
    files: [
      { name: "a.txt", content: "one" },
      { name: "b.bin", base64: "AP8=", section: "attached" },
    ],
  },
  { title: "document", id: DOCUMENT, document: { name: "d.txt", content: "a document" } },
];

async function start(sharing, options = {}) {
  const account = { vaults: [{ name: "app", id: VAULT, items }] };
  if (sharing !== undefined) account.sharing = sharing;
  const emulator = await createEmulator({ account, ...options });
  const client = await vendorClient(emulator);
  return { emulator, client };
}

/** This package's client of the same service. */
function ownClient({ token, fetch }) {
  const names = { integrationName: "tests", integrationVersion: "1" };
  return Client.authenticate({ auth: token, fetch, ...names });
}

/** Shares an item as it is, with the account's policy. */
async function shareItem(client, id, params = {}) {
  const item = await client.items.get(VAULT, id);
  const policy = await client.items.shares.getAccountPolicy(VAULT, id);
  const link = await client.items.shares.create(item, policy, { oneTimeOnly: false, ...params });
  return { link, policy };
}

const isRefused = (reason) => (error) => error instanceof ShareRefusal && error.reason === reason;

test("an item without files", async () => {
  const { emulator, client } = await start();
  const { link, policy } = await shareItem(client, LOGIN);
  assert.equal(policy.defaultExpiry, "SevenDays");
  const { overview, details, files, itemId, vaultId } = await emulator.openShare(link);
  assert.deepEqual([itemId, vaultId, files], [LOGIN, VAULT, []]);
  assert.equal(overview.title, "login");
  assert.deepEqual(
    details.fields.map(({ designation, value }) => [designation, value]),
    [
      ["username", "bob"],
      ["password", "s3cret"],
    ],
  );
  assert.equal(details.notesPlain, "a note");
  const [{ type, expiry, maxViews, recipients, itemVersion }] = emulator.shares;
  assert.deepEqual(
    [type, expiry, maxViews, recipients, itemVersion],
    ["P", 604_800, undefined, undefined, 1],
  );
});

test("items with files, whose bytes come along", async () => {
  const { emulator, client } = await start();
  for (const [id, expected] of [
    [
      FILES,
      [
        ["a.txt", Buffer.from("one")],
        ["b.bin", Buffer.from([0, 255])],
      ],
    ],
    [DOCUMENT, [["d.txt", Buffer.from("a document")]]],
  ]) {
    const { files } = await emulator.openShare((await shareItem(client, id)).link);
    assert.deepEqual(
      files.map(({ name, content }) => [name, Buffer.from(content)]),
      expected,
    );
  }
  assert.deepEqual(
    emulator.shares.map(({ fileReferences }) => fileReferences.length),
    [2, 1],
  );
});

test("for one view, and for an hour", async () => {
  let aheadMs = 0;
  const { emulator, client } = await start(undefined, { now: () => Date.now() + aheadMs });
  const once = await shareItem(client, LOGIN, { oneTimeOnly: true });
  await emulator.openShare(once.link);
  await assert.rejects(emulator.openShare(once.link), isRefused("viewed"));
  const hour = await shareItem(client, LOGIN, { expireAfter: "OneHour" });
  await emulator.openShare(hour.link);
  aheadMs = 3_600_000;
  await assert.rejects(emulator.openShare(hour.link), isRefused("expired"));
});

test("for recipients", async () => {
  const { emulator, client } = await start({ rejectedRecipients: ["evil.example"] });
  const { policy } = await shareItem(client, LOGIN);
  const validate = (...all) => client.items.shares.validateRecipients(policy, all);
  await assert.rejects(validate("a@b.com", "eve@evil.example"), /not permitted by account policy/);
  const recipients = await validate("Alice@Example.com", "@example.org");
  const { link } = await shareItem(client, LOGIN, { recipients });
  assert.deepEqual(emulator.shares.at(-1).recipients, [
    { type: "E", email: "alice@example.com" },
    { type: "D", domain: "example.org" },
  ]);
  await emulator.openShare(link, "alice@example.com");
  await emulator.openShare(link, "bob@example.org");
  await assert.rejects(emulator.openShare(link, "bob@example.com"), isRefused("recipient"));
  await assert.rejects(emulator.openShare(link), isRefused("recipient"));
});

test("what the policy forbids, and an item that has changed", async () => {
  const { emulator, client } = await start({
    policy: { maxExpiry: 86_400, defaultExpiry: 3600, allowedTypes: ["P"] },
  });
  const { policy } = await shareItem(client, LOGIN);
  assert.equal(emulator.shares.at(-1).expiry, 3600);
  const forbidden = "you do not have the right permissions to perform this action: sharing an item";
  const item = await client.items.get(VAULT, LOGIN);
  // The client keeps to the policy that it is told.
  const lax = { ...policy, maxExpiry: "ThirtyDays", allowedTypes: ["Public", "Authenticated"] };
  const recipients = [{ type: "Email", parameters: { email: "a@b.com" } }];
  for (const params of [{ expireAfter: "SevenDays" }, { recipients }]) {
    const sharing = client.items.shares.create(item, lax, { oneTimeOnly: false, ...params });
    await assert.rejects(sharing, { message: forbidden });
  }
  await emulator.account.setItem("app", "login", { notes: "another" });
  await assert.rejects(client.items.shares.create(item, policy, { oneTimeOnly: false }), {
    message: "data conflict occurred on the server: sharing an item",
  });
  await emulator.account.removeItem("app", "login");
  await assert.rejects(client.items.shares.create(item, policy, { oneTimeOnly: false }), {
    message: "item couldn't be found",
  });
  await assert.rejects(client.items.shares.getAccountPolicy(VAULT, LOGIN), {
    message: "item couldn't be found",
  });
});

test("files that the policy forbids are not even sent", async () => {
  const { emulator, client } = await start({ policy: { files: { allowed: false } } });
  await assert.rejects(shareItem(client, FILES), /cannot share items with files/);
  await shareItem(client, LOGIN);
  assert.equal(emulator.shares.length, 1);
});

test("recorded policies", async () => {
  let served;
  const { client } = await start(undefined, {
    onAnswer: (answer) => {
      if (answer.path.includes("/preflight/")) answer.json = served;
    },
  });
  for (const { name, served: policy, result, error } of load("sharepolicy")) {
    served = policy;
    const answer = client.items.shares.getAccountPolicy(VAULT, LOGIN);
    if (error === undefined) assert.deepEqual(await answer, result, name);
    else await assert.rejects(answer, { message: error }, name);
  }
});

test("recorded recipients", async () => {
  let rejected;
  const { emulator, client } = await start(undefined, {
    onAnswer: (answer) => {
      const isAsked = rejected !== undefined && answer.path.endsWith("/validate-recipients");
      if (isAsked) answer.json = { rejectedRecipients: rejected };
    },
  });
  const { policy } = await shareItem(client, LOGIN);
  for (const recorded of load("recipients")) {
    const { input, sent, result, error, allowedRecipientTypes } = recorded;
    rejected = recorded.rejected;
    emulator.clearRequests();
    const own = { ...policy, allowedRecipientTypes };
    const answer = client.items.shares.validateRecipients(own, input);
    if (error === undefined) assert.deepEqual(await answer, result, input);
    else await assert.rejects(answer, { message: error }, input);
    // The emulator takes whatever was sent.
    const statuses = emulator.requests.map(({ status }) => status);
    assert.deepEqual(statuses, sent === null ? [] : [200], input);
  }
});

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const idOf = (n) => `${"a".repeat(24)}${LETTERS[n]}a`;

test("recorded items, shared anew", async () => {
  const recorded = load("shares").filter(
    ({ name, overview, body }) =>
      // What these share is not what the item is, or is not in the emulator.
      overview !== undefined && !name.startsWith("edited") && body.fileReferences.length === 0,
  );
  const own = recorded.map(({ item }, index) => ({ ...item, id: idOf(index) }));
  const account = { vaults: [{ name: "app", id: VAULT, items: own }] };
  const emulator = await createEmulator({ account });
  const client = await vendorClient(emulator);
  for (const [index, { name, params, overview, details, body }] of recorded.entries()) {
    const { link } = await shareItem(client, idOf(index), params);
    const opened = await emulator.openShare(link, "a@b.com").catch((error) => error);
    const kept = emulator.shares.at(-1);
    assert.deepEqual(Object.keys(kept).sort(), Object.keys(body).sort(), name);
    for (const member of ["type", "expiry", "maxViews"]) {
      assert.equal(kept[member], body[member], `${name}: ${member}`);
    }
    assert.deepEqual(kept.recipients, body.recipients, name);
    if (kept.type === "A") continue;
    assert.deepEqual(opened.details, details, name);
    // How strong a password is, is reckoned anew.
    const { ps: _, pbe: __, pgrng: ___, ...rest } = opened.overview;
    const { ps: ____, pbe: _____, pgrng: ______, ...expected } = overview;
    assert.deepEqual(rest, expected, name);
  }
});

/** AES-256-GCM, in a few lines that share nothing with the emulator. */
function open(key, { iv, data }) {
  const bytes = Buffer.from(data, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}

test("recorded links open what was uploaded", () => {
  const shared = load("shares").filter(({ link }) => link !== undefined);
  assert.ok(shared.length > 0);
  for (const { name, link, derived, body, overview, details, vaultKey_hex } of shared) {
    const text = link.split("#")[1];
    const secret = Buffer.from(text, "base64url");
    const derive = (info, length) =>
      Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, length));
    const key = derive("share_item_encryption_key", 32);
    assert.equal(key.toString("hex"), derived.key_hex, name);
    assert.deepEqual(JSON.parse(open(key, body.encOverview)), overview, name);
    assert.deepEqual(JSON.parse(open(key, body.encDetails)), details, name);
    assert.equal(open(Buffer.from(vaultKey_hex, "hex"), body.encShareSecret), text, name);
  }
});

test("recipients of every odd form are told apart as the vendor's client does", async () => {
  const { emulator, client } = await start();
  const own = await ownClient(emulator);
  const policy = await client.items.shares.getAccountPolicy(VAULT, LOGIN);
  const long = (count) => "a".repeat(count);
  const labels = (count, label = "b.") => label.repeat(count);
  const odd = [
    ...["@a@x.org", "@@a@x.org", "@", "@@x.org", "a@x.org@", "a@@x.org", "a@", "", " "],
    ...["\u0085a@x.org\u0085", "\ufeffa@x.org", "\u00a0a@x.org ", "a@x.org\n", "a b@x.org"],
    ...["a..b@x.org", ".a@x.org", "a.@x.org", "-a@x.org", "a-@x.org", "_@x.org", "+@x.org"],
    ...["ä@x.org", "Ä@X.ORG", "İ@x.org", "ẞ@x.org", "aΣ@x.org", "a\u0301@x.org", "\u0301a@x.org"],
    ...["½@x.org", "²@x.org", "①@x.org", "ⅷ@x.org", "٣@x.org", "ª@x.org", "a‿b@x.org"],
    ...[
      "a\u200b@x.org",
      "a\u202e@x.org",
      "a\0@x.org",
      "a\u007f@x.org",
      "😀@x.org",
      "a\ud800@x.org",
    ],
    ...[..."!#$%&*/=?^`{|}~'\"()<>[]:;,\\"].map((char) => `a${char}b@x.org`),
    ...["a@ä.org", "a@x.ä", "a@Kx.org", "a@ſx.org", "a@x-.org", "a@-x.org", "a@x--y.org", "a@x.o"],
    ...[
      "a@x.1",
      "a@1.org",
      "a@x_y.org",
      "x_y.org",
      "x.org.",
      "a@x.org.",
      ".x.org",
      "x..org",
      "org",
    ],
    ...[
      "xn--a.org",
      "a@xn--a.xn--b",
      "a@[127.0.0.1]",
      "127.0.0.1",
      "http://x.org",
      "x.org/a",
      "x.org:1",
    ],
    ...[
      `a@x.${long(20)}`,
      `a@x.${long(21)}`,
      `x.${long(60)}`,
      `${long(64)}.org`,
      `${labels(200)}org`,
    ],
    ...[`${long(249)}@x.org`, `${long(250)}@x.org`, `a@${long(249)}.org`, `a@${long(250)}.org`],
    ...[`${"é".repeat(124)}@x.org`, `${"é".repeat(125)}@x.org`],
  ];
  let accepted = 0;
  for (const text of odd) {
    const [theirs, ours] = await Promise.all(
      [client, own].map(({ items: { shares } }) =>
        shares.validateRecipients(policy, [text]).catch(() => "refused"),
      ),
    );
    assert.deepEqual(ours, theirs, JSON.stringify(text));
    if (ours !== "refused") accepted += 1;
  }
  assert.ok(accepted > 25 && accepted < odd.length - 25, `${accepted} of ${odd.length}`);
});

test("a policy that limits views, through both packages", async () => {
  for (const [policy, id, oneTimeOnly, expected] of [
    [{}, LOGIN, false, undefined],
    [{ maxViews: 5 }, LOGIN, false, 5],
    [{ maxViews: 5 }, LOGIN, true, 1],
    [{ maxViews: 5, files: { maxViews: 3 } }, FILES, false, 3],
    [{ files: { maxViews: 5 } }, FILES, false, 5],
    [{ files: { maxViews: 5 } }, LOGIN, false, undefined],
  ]) {
    const { emulator, client } = await start({ policy });
    const own = await ownClient(emulator);
    for (const either of [client, own]) {
      await shareItem(either, id, { oneTimeOnly });
      const { maxViews } = emulator.shares.at(-1);
      assert.equal(maxViews, expected, JSON.stringify([policy, id, oneTimeOnly]));
    }
  }
});
