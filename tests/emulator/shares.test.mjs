// Shared items: what the service takes, and what somebody who has the link gets to see.
import assert from "node:assert/strict";
import { hkdfSync, randomBytes } from "node:crypto";
import { beforeEach, test } from "node:test";
import { createEmulator, ShareRefusal } from "../../dist/emulator/index.js";
import { openJson, RawClient, sealJson, sealText } from "./raw_client.mjs";

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const OTHER_VAULT = "p55tod6a4pdaoelxf2f7icbrv4";
const ITEM = "pokahvr47axgmq6hp2sy6tzb6a";
const FILES = "qokahvr47axgmq6hp2sy6tzb6a";
const DOCUMENT = "rokahvr47axgmq6hp2sy6tzb6a";
const ATTACHED = "sokahvr47axgmq6hp2sy6tzb6a";
const ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const account = {
  vaults: [
    {
      name: "app",
      id: VAULT,
      items: [
        { title: "login", id: ITEM, username: "u", password: "p", version: 3 },
        {
          title: "files",
          id: FILES,
          document: { name: "a.bin", id: DOCUMENT, base64: "AP8=" },
          files: [{ name: "b.txt", id: ATTACHED, content: "attached" }],
        },
      ],
    },
    { name: "other", id: OTHER_VAULT },
  ],
};
const SHARES = "/api/v4/itemshare";
const VALIDATE = "/api/v4/itemshare/validate-recipients";
const PREFLIGHT = "/api/v4/itemshare/preflight";
const HOUR = 3_600_000;
const ALICE = { type: "E", email: "alice@example.com" };
const EXAMPLE_ORG = { type: "D", domain: "example.org" };

let emulator;
let client;
/** From here on to the end of the test it is another emulator. */
async function restart(options) {
  emulator = await createEmulator({ account, ...options });
  client = await new RawClient(emulator).signIn();
}
const withSharing = (sharing) => restart({ account: { ...account, sharing } });
await restart();
const standard = { emulator, client };
beforeEach(() => {
  ({ emulator, client } = standard);
});

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const toBase32 = (bytes) => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replace(/.{1,5}/g, (five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]);
};
const derive = (secret, info, length) =>
  Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, length));

/** A share as a client makes it, with its link; `change` is laid over the body. */
async function shareOf({ details = {}, secret = randomBytes(32), ...change } = {}) {
  const uuid = toBase32(derive(secret, "share_item_uuid", 16));
  const key = derive(secret, "share_item_encryption_key", 32);
  const vault = await client.vaultJwk(VAULT);
  const text = secret.toString("base64url");
  const body = {
    uuid,
    token: toBase32(derive(secret, "share_item_token", 16)),
    vaultUuid: VAULT,
    itemUuid: ITEM,
    itemVersion: 3,
    encOverview: sealJson(key, uuid, { title: "shared" }),
    encDetails: sealJson(key, uuid, { notesPlain: "a note", ...details }),
    encShareSecret: sealText(Buffer.from(vault.k, "base64url"), vault.kid, text),
    fileReferences: [],
    type: "P",
    expiry: 3600,
    ...change,
  };
  return { body, link: `https://share.1password.com/s#${text}` };
}
const send = (body) => client.sealed("POST", SHARES, body);

/** Makes a share, and returns its link. */
async function share(change) {
  const { body, link } = await shareOf(change);
  const { status, json } = await send(body);
  assert.equal(status, 200, JSON.stringify(json));
  return link;
}

/** The item with files as it is shared. */
async function withFiles(change = {}) {
  const { item } = (await client.sealed("GET", `/api/v1/vault/${VAULT}/item/${FILES}`)).json;
  const key = Buffer.from((await client.vaultJwk(VAULT)).k, "base64url");
  const details = openJson(key, item.encDetails);
  const fileReferences = [{ fileUuid: DOCUMENT }, { fileUuid: ATTACHED }];
  return { itemUuid: FILES, itemVersion: 1, details, fileReferences, ...change };
}

function assertRefused({ status, json }, expected, message) {
  assert.equal(status, expected, JSON.stringify(json));
  assert.equal(json.errorCode, expected === 404 ? 117 : 0);
  assert.match(json.errorMessage, message);
}
const assertClosed = (opening, reason) =>
  assert.rejects(opening, (error) => error instanceof ShareRefusal && error.reason === reason);

test("the policy is the default's, and a described one is laid over it", async () => {
  const policy = {
    maxExpiry: 2_592_000,
    defaultExpiry: 604_800,
    maxViews: null,
    allowedTypes: ["A", "P"],
    allowedRecipientTypes: ["E", "D"],
    files: { allowed: true, maxSize: 52_428_800 },
  };
  const get = async () => (await client.sealed("GET", `${PREFLIGHT}/${VAULT}/${ITEM}`)).json;
  assert.deepEqual(await get(), policy);
  await withSharing({ policy: { maxViews: 5, odd: [null], files: { allowed: false } } });
  const files = { ...policy.files, allowed: false };
  assert.deepEqual(await get(), { ...policy, maxViews: 5, odd: [null], files });
  await withSharing({ policy: { files: null } });
  assert.deepEqual(await get(), { ...policy, files: null });
});

for (const [path, status, message] of [
  [`${VAULT}/${ABSENT}`, 404, /no such item/],
  [`${ABSENT}/${ITEM}`, 404, /no such vault/],
  [`${OTHER_VAULT}/${ITEM}`, 404, /no such item/],
  [`${VAULT}/nope`, 400, /path: item/],
]) {
  test(`no policy for ${path}: ${status}`, async () => {
    assertRefused(await client.sealed("GET", `${PREFLIGHT}/${path}`), status, message);
  });
}

test("recipients are validated", async () => {
  await withSharing({ rejectedRecipients: ["Eve@example.com", "evil.example"] });
  const eve = { type: "E", email: "eve@example.com" };
  const mallory = { type: "E", email: "mallory@evil.example" };
  const evil = { type: "D", domain: "evil.example" };
  const validate = async (...recipients) =>
    (await client.sealed("POST", VALIDATE, { recipients })).json.rejectedRecipients;
  assert.deepEqual(await validate(), []);
  assert.deepEqual(await validate(ALICE, EXAMPLE_ORG, { type: "D", domain: "example.com" }), []);
  assert.deepEqual(await validate(ALICE, eve, mallory, evil), [eve, mallory, evil]);
  await withSharing({ policy: { allowedRecipientTypes: ["E"] } });
  assert.deepEqual(await validate(ALICE, EXAMPLE_ORG), [EXAMPLE_ORG]);
});

const badRecipients = {
  "no list": [{ recipients: ALICE }, /^body\.recipients: must be an array/],
  nothing: [{}, /^body: recipients is missing/],
  "an unknown member": [{ recipients: [], x: 1 }, /^body\.x: unknown member/],
  "another kind": [
    { recipients: [{ type: "X", email: "a@b.com" }] },
    /\[0\]\.type: must be one of E/,
  ],
  text: [{ recipients: ["a@b.com"] }, /\[0\]: must be an object/],
  both: [{ recipients: [{ ...ALICE, domain: "b.com" }] }, /\[0\]\.domain: unknown member/],
  "a domain without one": [{ recipients: [{ type: "D" }] }, /\[0\]: domain is missing/],
};
for (const email of [
  "A@b.com",
  " a@b.com",
  "a@b",
  "a@@b.com",
  "a@b.com@c.de",
  "a b@c.de",
  "a@b.com.",
  "@b.com",
]) {
  badRecipients[`“${email}”`] = [
    { recipients: [{ type: "E", email }] },
    /email: must be an address/,
  ];
}
for (const domain of [
  "x",
  "x.y",
  "1.2.3.4",
  "a_b.com",
  "-a.com",
  "x.org.",
  "münchen.de",
  "X.org",
]) {
  badRecipients[domain] = [{ recipients: [{ type: "D", domain }] }, /domain: must be a domain/];
}
for (const [what, [body, message]] of Object.entries(badRecipients)) {
  test(`refuses as recipients: ${what}`, async () => {
    assertRefused(await client.sealed("POST", VALIDATE, body), 400, message);
  });
}

test("what is shared is what its link opens", async () => {
  const { body, link } = await shareOf();
  assert.deepEqual((await send(body)).json, { url: "https://share.1password.com/s" });
  assert.deepEqual(emulator.shares.at(-1), body);
  assert.deepEqual(await emulator.openShare(link), {
    overview: { title: "shared" },
    details: { notesPlain: "a note" },
    files: [],
    itemId: ITEM,
    vaultId: VAULT,
  });
});

test("files come along, opened with the share's own attributes", async () => {
  await restart();
  const link = await share(await withFiles());
  const open = async () => {
    const { files } = await emulator.openShare(link);
    return files.map(({ name, content }) => [name, Buffer.from(content).toString("latin1")]);
  };
  const files = [
    ["b.txt", "attached"],
    ["a.bin", "\0\u00ff"],
  ];
  assert.deepEqual(await open(), files);
  // A share is a copy.
  await emulator.account.removeItem("app", "files");
  assert.deepEqual(await open(), files);
});

test("attributes that do not open a file are told", async () => {
  for (const change of [{ nonce: "AAAAAAAAAAAAAAAA" }, { integrityHash: "" }]) {
    const files = await withFiles();
    Object.assign(files.details.documentAttributes, change);
    await assert.rejects(
      emulator.openShare(await share(files)),
      /attributes of a file do not open/,
    );
  }
});

test("links that no share has", async () => {
  const { body, link } = await shareOf();
  await assertClosed(emulator.openShare(link), "unknown");
  assert.equal((await send(body)).status, 200);
  const fragment = link.split("#")[1];
  for (const wrong of [
    "",
    fragment,
    `https://share.1password.com/s${fragment}`,
    `https://elsewhere.example/s#${fragment}`,
    `https://share.1passw0rd.com/s#${fragment}`,
    `${link}=`,
    link.slice(0, -1),
    `${link.split("#")[0]}#${randomBytes(32).toString("base64url")}`,
  ]) {
    await assertClosed(emulator.openShare(wrong), "unknown");
  }
  await emulator.openShare(link);
});

test("a share ends by the service's clock", async () => {
  let ahead = 0;
  await restart({ now: () => Date.now() + ahead });
  const link = await share({ expiry: 7200 });
  ahead = 2 * HOUR - 60_000;
  await emulator.openShare(link);
  ahead = 2 * HOUR;
  await assertClosed(emulator.openShare(link), "expired");
});

test("a share for one view is viewed once, also by two at the same time", async () => {
  const link = await share({ maxViews: 1 });
  const views = await Promise.allSettled([emulator.openShare(link), emulator.openShare(link)]);
  assert.deepEqual(views.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assertClosed(emulator.openShare(link), "viewed");
  const often = await share();
  for (let view = 0; view < 5; view += 1) await emulator.openShare(often);
});

test("views that the policy limits", async () => {
  await withSharing({ policy: { maxViews: 2 } });
  const link = await share();
  await emulator.openShare(link);
  await emulator.openShare(link);
  await assertClosed(emulator.openShare(link), "viewed");
});

test("a share for recipients is for nobody else, and their views alone count", async () => {
  const link = await share({ type: "A", recipients: [ALICE, EXAMPLE_ORG] });
  for (const recipient of ["alice@example.com", "Alice@Example.com", "bob@example.org"]) {
    await emulator.openShare(link, recipient);
  }
  for (const other of [undefined, "", "bob@example.com", "a@b.example.org", "example.org"]) {
    await assertClosed(emulator.openShare(link, other), "recipient");
  }
  const once = await share({ type: "A", recipients: [ALICE], maxViews: 1 });
  await assertClosed(emulator.openShare(once), "recipient");
  await emulator.openShare(once, "alice@example.com");
  await assertClosed(emulator.openShare(once, "Alice@example.com"), "viewed");
});

test("a share for one view is viewed once by each recipient", async () => {
  const link = await share({ type: "A", recipients: [EXAMPLE_ORG], maxViews: 1 });
  for (const recipient of ["alice@example.org", "bob@example.org"]) {
    await emulator.openShare(link, recipient);
    await assertClosed(emulator.openShare(link, recipient), "viewed");
  }
});

test("another address of links", async () => {
  await withSharing({ url: "https://share.example/x" });
  const { body, link } = await shareOf();
  assert.deepEqual((await send(body)).json, { url: "https://share.example/x" });
  await assertClosed(emulator.openShare(link), "unknown");
  await emulator.openShare(`https://share.example/x#${link.split("#")[1]}`);
});

const other = randomBytes(32);
const sealed = (change) => ({
  cty: "b5+jwk+json",
  kid: ABSENT,
  enc: "A256GCM",
  iv: "",
  data: "",
  ...change,
});
/** What is wrong with a share, and what the refusal says; functions get one that is right. */
const badShares = {
  "no object": [() => [], 400, /^body: must be an object/],
  "an unknown member": [{ colour: 1 }, 400, /^body\.colour: unknown member/],
  "a uuid that is none": [{ uuid: "nope" }, 400, /^body\.uuid: must be an object id/],
  "another uuid": [{ uuid: ABSENT }, 400, /^body\.uuid: is not that of the secret/],
  "another token": [{ token: ABSENT }, 400, /^body\.token: is not that of the secret/],
  "an unknown vault": [{ vaultUuid: ABSENT }, 404, /no such vault/],
  "an unknown item": [{ itemUuid: ABSENT }, 404, /no such item/],
  "an item of another vault": [{ vaultUuid: OTHER_VAULT }, 404, /no such item/],
  "an older version": [{ itemVersion: 2 }, 409, /another version/],
  "a version that is none": [{ itemVersion: "3" }, 400, /^body\.itemVersion: must be/],
  "an overview in the clear": [
    { encOverview: { title: "x" } },
    400,
    /^body\.encOverview\.title: unknown/,
  ],
  "an overview without an iv": [
    { encOverview: sealed({ iv: undefined }) },
    400,
    /^body\.encOverview: iv/,
  ],
  "details of another cipher": [
    { encDetails: sealed({ enc: "A128GCM" }) },
    400,
    /^body\.encDetails\.enc/,
  ],
  "an overview of another key": [
    ({ uuid }) => ({ encOverview: sealJson(other, uuid, {}) }),
    400,
    /^body\.encOverview: is not an object that is sealed with the share's key/,
  ],
  "details that name another key": [
    ({ key }) => ({ encDetails: sealJson(key, ABSENT, {}) }),
    400,
    /^body\.encDetails: is not an object that is sealed with the share's key/,
  ],
  "details that are a list": [
    ({ key, uuid }) => ({ encDetails: sealJson(key, uuid, []) }),
    400,
    /^body\.encDetails: is not an object/,
  ],
  "a secret in the clear": [
    ({ text }) => ({ encShareSecret: text }),
    400,
    /^body\.encShareSecret: must be an object/,
  ],
  "a secret of another key": [
    ({ vault, text }) => ({ encShareSecret: sealText(other, vault.kid, text) }),
    400,
    /^body\.encShareSecret: is not sealed with the vault's key/,
  ],
  "a secret in JSON": [
    ({ vault, vaultKey, text }) => ({ encShareSecret: sealJson(vaultKey, vault.kid, text) }),
    400,
    /^body\.encShareSecret: is not 32 bytes in base64url/,
  ],
  "a secret with padding": [
    ({ vault, vaultKey, text }) => ({ encShareSecret: sealText(vaultKey, vault.kid, `${text}=`) }),
    400,
    /^body\.encShareSecret: is not 32 bytes/,
  ],
  "a secret of 31 bytes": [
    ({ vault, vaultKey }) => ({
      encShareSecret: sealText(vaultKey, vault.kid, other.subarray(1).toString("base64url")),
    }),
    400,
    /^body\.encShareSecret: is not 32 bytes/,
  ],
  "another secret": [
    ({ vault, vaultKey }) => ({
      encShareSecret: sealText(vaultKey, vault.kid, other.toString("base64url")),
    }),
    400,
    /^body\.uuid: is not that of the secret/,
  ],
  "file references that are ids": [
    { fileReferences: [DOCUMENT] },
    400,
    /^body\.fileReferences\[0\]: must be/,
  ],
  "a file of another item": [
    { fileReferences: [{ fileUuid: DOCUMENT }] },
    400,
    /^body\.fileReferences\[0\]\.fileUuid: is no file of the item/,
  ],
  "another type": [{ type: "X" }, 400, /^body\.type: must be one of A, P/],
  "recipients of a public share": [
    { recipients: [ALICE] },
    400,
    /^body\.recipients: only with type A/,
  ],
  "no recipients": [{ type: "A" }, 400, /^body\.recipients: must not be empty/],
  "an empty list of recipients": [
    { type: "A", recipients: [] },
    400,
    /^body\.recipients: must not be/,
  ],
  "a recipient that is none": [
    { type: "A", recipients: [{ type: "E", email: "x" }] },
    400,
    /\[0\]\.email/,
  ],
  "no time at all": [{ expiry: 0 }, 400, /^body\.expiry: must be/],
  "half a second": [{ expiry: 0.5 }, 400, /^body\.expiry: must be/],
  "no views": [{ maxViews: 0 }, 400, /^body\.maxViews: must be a whole number from 1/],
  "any number of views, in words": [{ maxViews: null }, 400, /^body\.maxViews: must be a whole/],
  "more than the longest time": [{ expiry: 2_592_001 }, 403, /expiry/],
};
for (const name of [
  "uuid",
  "token",
  "vaultUuid",
  "itemUuid",
  "itemVersion",
  "encOverview",
  "encDetails",
  "encShareSecret",
  "fileReferences",
  "type",
  "expiry",
]) {
  badShares[`nothing as ${name}`] = [
    { [name]: undefined },
    400,
    new RegExp(`^body: ${name} is missing`),
  ];
}
for (const [what, [change, status, message]] of Object.entries(badShares)) {
  test(`refuses to share with ${what}`, async () => {
    const secret = randomBytes(32);
    const { body } = await shareOf({ secret });
    const before = emulator.shares.length;
    const vault = await client.vaultJwk(VAULT);
    const right = {
      uuid: body.uuid,
      key: derive(secret, "share_item_encryption_key", 32),
      text: secret.toString("base64url"),
      vault,
      vaultKey: Buffer.from(vault.k, "base64url"),
    };
    const changed = typeof change === "function" ? change(right) : change;
    const answer = await send(Array.isArray(changed) ? changed : { ...body, ...changed });
    assertRefused(answer, status, message);
    assert.ok(!answer.json.errorMessage.includes(right.text));
    assert.equal(emulator.shares.length, before);
  });
}

test("a uuid is taken once, also by two at the same time", async () => {
  const { body } = await shareOf();
  const answers = await Promise.all([send(body), send(body)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  assertRefused(await send(body), 409, /uuid/);
});

test("no files may be said with null", async () => {
  await share({ fileReferences: null });
  const files = await withFiles({ fileReferences: null });
  assertRefused(
    await send((await shareOf(files)).body),
    400,
    /^body\.fileReferences: lacks a file/,
  );
});

test("every file that is shared is referred to", async () => {
  const files = await withFiles({ fileReferences: [{ fileUuid: DOCUMENT }] });
  assertRefused(
    await send((await shareOf(files)).body),
    400,
    /^body\.fileReferences: lacks a file/,
  );
});

/** What a policy forbids: the share, the policy, what the refusal says. */
const forbidden = {
  "public shares": [{}, { allowedTypes: ["A"] }, /type/],
  "shares for recipients": [{ type: "A", recipients: [ALICE] }, { allowedTypes: ["P"] }, /type/],
  "all types": [{}, { allowedTypes: [] }, /type/],
  domains: [
    { type: "A", recipients: [EXAMPLE_ORG] },
    { allowedRecipientTypes: ["E"] },
    /recipients/,
  ],
  "more than an hour": [{ expiry: 3601 }, { maxExpiry: 3600 }, /expiry/],
  files: ["files", { files: { allowed: false } }, /files/],
  "files of 24 bytes, sealed": ["files", { files: { maxSize: 23 } }, /file that large/],
  "public files": ["files", { files: { allowedTypes: ["A"] } }, /type/],
  "files for an hour": ["files", { files: { maxExpiry: 3599 } }, /expiry/],
};
for (const [what, [change, policy, message]] of Object.entries(forbidden)) {
  test(`a policy forbids ${what}`, async () => {
    await withSharing({ policy });
    const { body } = await shareOf(change === "files" ? await withFiles() : change);
    assertRefused(await send(body), 403, message);
    assert.deepEqual(emulator.shares, []);
  });
}

test("a policy allows all else", async () => {
  await withSharing({
    policy: {
      maxExpiry: 3600,
      maxViews: null,
      files: { maxSize: 24, maxExpiry: 7200, maxViews: 1 },
    },
  });
  await share();
  const { body } = await shareOf({ expiry: 3601 });
  assertRefused(await send(body), 403, /expiry/);
  const link = await share({ ...(await withFiles()), expiry: 7200 });
  await emulator.openShare(link);
  await assertClosed(emulator.openShare(link), "viewed");
  await withSharing({ policy: { maxExpiry: null, allowedTypes: null, files: null } });
  await share({ ...(await withFiles()), expiry: 99_999_999 });
});

test("a rejected recipient is forbidden", async () => {
  await withSharing({ rejectedRecipients: ["example.com"] });
  const { body } = await shareOf({ type: "A", recipients: [EXAMPLE_ORG, ALICE] });
  assertRefused(await send(body), 403, /recipients/);
});

test("the quota counts a share as a write, and all else as reads", async () => {
  await restart({ quota: { readsPerHour: 9, writesPerHour: 9 } });
  const { body } = await shareOf();
  emulator.resetQuota();
  await client.sealed("GET", `${PREFLIGHT}/${VAULT}/${ITEM}`);
  await client.sealed("POST", VALIDATE, { recipients: [] });
  await send(body);
  assert.deepEqual(
    emulator.quota.map(({ used }) => used),
    [2, 1],
  );
});

test("what is on the prototype of all objects is no part of a policy", async () => {
  const body = (await shareOf(await withFiles())).body;
  const pollution = { value: 1, configurable: true, enumerable: true };
  Object.defineProperty(Object.prototype, "maxExpiry", pollution);
  try {
    assert.equal((await send(body)).status, 200);
  } finally {
    delete Object.prototype.maxExpiry;
  }
});

test("what is told about shares cannot be changed", async () => {
  await share();
  emulator.shares.at(-1).type = "A";
  assert.equal(emulator.shares.at(-1).type, "P");
});

for (const [sharing, message] of [
  [[], "account.sharing: must be an object"],
  [
    { policies: {} },
    "account.sharing.policies: unknown member; known: policy, rejectedRecipients, url",
  ],
  [{ policy: [] }, "account.sharing.policy: must be an object"],
  [{ rejectedRecipients: [1] }, "account.sharing.rejectedRecipients[0]: must be a string"],
  [{ url: 1 }, "account.sharing.url: must be a string"],
]) {
  test(`refuses: ${message}`, async () => {
    const options = { account: { vaults: [], sharing } };
    await assert.rejects(createEmulator(options), { name: "TypeError", message });
  });
}
