// Shared items: every recorded policy, recipient and share through the package; what is uploaded, opened
// with the link alone by a few lines of this file; and what is refused before anything is sent.
import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { Service } from "./support.mjs";

const load = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")).cases;

const VAULT = "o55tod6a4pdaoelxf2f7icbrv4";
const LOGIN = "pokahvr47axgmq6hp2sy6tzb6a";
const FILES = "qokahvr47axgmq6hp2sy6tzb6a";
const DOCUMENT = "rokahvr47axgmq6hp2sy6tzb6a";
const MANY = "sokahvr47axgmq6hp2sy6tzb6a";
const ACCOUNT = {
  vaults: [
    {
      name: "app",
      id: VAULT,
      items: [
        {
          id: LOGIN,
          overview: {
            title: "login",
            ainfo: "x",
            URLs: [{ l: "l", u: "https://a.example", m: "host" }],
            url: "https://a.example",
            icons: { detail: "x" },
            tags: ["one", "two/three"],
            ps: 50,
          },
          details: {
            fields: [
              { name: "u", designation: "username", type: "T", value: "bob" },
              { name: "p", designation: "password", type: "P", value: "s3cret" },
            ],
            notesPlain: "a note",
            passwordHistory: [{ value: "the former password", time: 1 }],
            htmlForm: { secret: "form" },
            backupKeys: ["backup"],
            sections: [
              {
                name: "s",
                title: "S",
                fields: [
                  { k: "concealed", n: "n", t: "F", v: "v", a: { guarded: "yes", more: "attr" } },
                  { k: "reference", n: "r", t: "R", v: FILES },
                ],
              },
            ],
          },
        },
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
        {
          title: "many",
          id: MANY,
          files: Array.from({ length: 50 }, (_, n) => ({
            name: `${n}.txt`,
            content: `content ${n}`,
          })),
        },
      ],
    },
  ],
};

let service;
let client;
let shares;
beforeEach(async () => {
  service = await Service.start({ account: ACCOUNT });
  client = await service.authenticate();
  ({ shares } = client.items);
  service.calls = [];
});

const sent = () =>
  service.calls.map(({ method, path }) => `${method} ${path.replace(/\/[a-z2-7]{26}/g, "/:id")}`);
const uploads = () => sent().filter((request) => request === "POST /api/v4/itemshare").length;

// Opening, in a few lines that share nothing with the client or the emulator.

const base32 = (bytes) => {
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  bits = bits.padEnd(Math.ceil(bits.length / 5) * 5, "0");
  return bits.replace(
    /.{5}/g,
    (five) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(five, 2)],
  );
};
function openSealed(key, { iv, data }) {
  const bytes = Buffer.from(data, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}
/** What of an upload a link opens, and what follows from the link. */
function openLink(link, upload) {
  const secret = Buffer.from(link.split("#")[1], "base64url");
  const derive = (info, length) => Buffer.from(hkdfSync("sha256", secret, "", info, length));
  const key = derive("share_item_encryption_key", 32);
  return {
    uuid: base32(derive("share_item_uuid", 16)),
    token: base32(derive("share_item_token", 16)),
    overview: JSON.parse(openSealed(key, upload.encOverview)),
    details: JSON.parse(openSealed(key, upload.encDetails)),
  };
}

/** Shares an item as it is. */
async function share(id, params = {}, change = () => {}) {
  const item = await client.items.get(VAULT, id);
  const policy = await shares.getAccountPolicy(VAULT, id);
  await change(item, policy);
  const link = await shares.create(item, policy, { oneTimeOnly: false, ...params });
  return { link, upload: service.emulator.shares.at(-1), item, policy };
}

test("the link alone opens what was uploaded, and that is all that it should be", async () => {
  const { link, upload } = await share(LOGIN);
  assert.match(link, /^https:\/\/share\.1password\.com\/s#[\w-]{43}$/);
  const { uuid, token, overview, details } = openLink(link, upload);
  assert.deepEqual([upload.uuid, upload.token], [uuid, token]);
  assert.deepEqual(Object.keys(upload).sort(), [
    ...["encDetails", "encOverview", "encShareSecret", "expiry", "fileReferences", "itemUuid"],
    ...["itemVersion", "token", "type", "uuid", "vaultUuid"],
  ]);
  for (const part of [upload.encOverview, upload.encDetails]) {
    assert.deepEqual([part.kid, part.enc, part.cty], [uuid, "A256GCM", "b5+jwk+json"]);
  }
  assert.deepEqual(overview, {
    title: "login",
    ainfo: "bob",
    URLs: [{ u: "https://a.example", l: "l", m: "host" }],
    tags: ["one", "two/three"],
    pbe: 0,
    pgrng: false,
  });
  assert.deepEqual(details, {
    notesPlain: "a note",
    fields: [
      { value: "bob", id: "username", name: "username", type: "T", designation: "username" },
      { value: "s3cret", id: "password", name: "password", type: "P", designation: "password" },
    ],
    sections: [{ name: "s", title: "S", fields: [{ t: "F", n: "n", k: "concealed", v: "v" }] }],
  });
  const all = JSON.stringify([overview, details]);
  for (const kept of ["former", "form", "backup", "attr", "guarded", "icons", FILES]) {
    assert.ok(!all.includes(kept), kept);
  }
});

test("no two shares have a key, an id or an initialisation vector in common", async () => {
  const seen = new Set();
  for (let n = 0; n < 20; n += 1) {
    const { link, upload } = await share(LOGIN);
    const { encOverview, encDetails, encShareSecret } = upload;
    const parts = [link, upload.uuid, upload.token];
    parts.push(...[encOverview, encDetails, encShareSecret].map(({ iv }) => iv));
    for (const part of parts) {
      assert.ok(!seen.has(part));
      seen.add(part);
    }
  }
});

test("an item without files takes one request, with files one more", async () => {
  const item = await client.items.get(VAULT, LOGIN);
  const withFiles = await client.items.get(VAULT, FILES);
  const policy = await shares.getAccountPolicy(VAULT, LOGIN);
  service.calls = [];
  await shares.create(item, policy, { oneTimeOnly: false });
  assert.deepEqual(sent(), ["POST /api/v4/itemshare"]);
  service.calls = [];
  await shares.create(withFiles, policy, { oneTimeOnly: false });
  assert.deepEqual(sent(), ["GET /api/v1/vault/:id/item/:id", "POST /api/v4/itemshare"]);
  // A client that has not opened the vault opens it first.
  const other = await service.authenticate();
  service.calls = [];
  await other.items.shares.create(item, policy, { oneTimeOnly: false });
  assert.deepEqual(sent(), [
    "GET /api/v3/vault/:id",
    "GET /api/v2/account/keysets",
    "POST /api/v4/itemshare",
  ]);
});

test("the bytes of files come along, and not the keys that sign them", async () => {
  for (const [id, expected] of [
    [FILES, { "a.txt": "one", "b.bin": "\u0000\ufffd" }],
    [DOCUMENT, { "d.txt": "a document" }],
    [MANY, Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}.txt`, `content ${n}`]))],
  ]) {
    const { link, upload } = await share(id);
    const { files } = await service.emulator.openShare(link);
    const texts = files.map(({ name, content }) => [name, Buffer.from(content).toString()]);
    assert.deepEqual(Object.fromEntries(texts), expected);
    const { details } = openLink(link, upload);
    assert.ok(!JSON.stringify(details).includes("signingKey"));
    assert.equal(upload.fileReferences.length, Object.keys(expected).length);
  }
});

test("recorded policies", async () => {
  let served;
  service.change = (answer) => {
    if (answer.path.includes("/preflight/")) answer.json = served;
  };
  const counts = { shown: 0, passed: 0, refused: 0 };
  for (const { name, served: policy, result, error } of load("sharepolicy")) {
    served = policy;
    const answer = shares.getAccountPolicy(VAULT, LOGIN);
    if (error === undefined) {
      assert.deepEqual(await answer, result, name);
      assert.deepEqual(Object.keys(await answer), Object.keys(result), name);
      counts.shown += 1;
    } else if (/duration|unknown allowed/.test(error)) {
      // What has no name is passed on.
      const { maxExpiry, allowedTypes, allowedRecipientTypes } = await answer;
      if (/duration/.test(error)) assert.equal(maxExpiry, policy.maxExpiry, name);
      else assert.ok([...allowedTypes, ...allowedRecipientTypes].includes("X"), name);
      counts.passed += 1;
    } else {
      await service.failure(answer, "protocol", name);
      counts.refused += 1;
    }
  }
  assert.deepEqual(counts, { shown: 7, passed: 8, refused: 9 });
});

test("recorded recipients", async () => {
  const { policy } = await share(LOGIN);
  let rejected;
  service.change = (answer) => {
    const isAsked = rejected !== undefined && answer.path.endsWith("/validate-recipients");
    if (isAsked) answer.json = { rejectedRecipients: rejected };
  };
  const counts = { accepted: 0, refused: 0, rejected: 0 };
  for (const recorded of load("recipients")) {
    const { input, sent: expected, result, error, allowedRecipientTypes } = recorded;
    ({ rejected } = recorded);
    service.calls = [];
    const own = { ...policy, allowedRecipientTypes };
    const answer = shares.validateRecipients(own, input);
    const what = JSON.stringify(input);
    if (error === undefined) {
      assert.deepEqual(await answer, result, what);
      counts.accepted += 1;
    } else if (rejected === undefined) {
      await service.failure(answer, "recipientInvalid", what);
      counts.refused += 1;
    } else {
      const { message } = await service.failure(answer, "recipientsRejected", what);
      assert.ok(message.includes(`“${rejected[0].email ?? rejected[0].domain}”`), message);
      counts.rejected += 1;
    }
    assert.equal(service.calls.length, expected === null ? 0 : 1, what);
    if (expected !== null) {
      const kept = service.emulator.requests.at(-1);
      assert.equal(kept.path, "/api/v4/itemshare/validate-recipients");
    }
  }
  assert.deepEqual(counts, { accepted: 12, refused: 26, rejected: 2 });
});

test("recipients are sent as they were recorded", async () => {
  const { policy } = await share(LOGIN);
  const sentBodies = [];
  const own = await Service.start({ account: ACCOUNT });
  const reader = await own.authenticate();
  own.change = ({ path, json }) => {
    // The emulator answers with what it rejects; what it was asked it has checked.
    if (path.endsWith("/validate-recipients")) sentBodies.push(json);
  };
  const recipients = await reader.items.shares.validateRecipients(policy, [
    ...[" Ada@Example.com ", "ada@example.COM", "@example.org", "example.org", "ünï@x.org"],
  ]);
  assert.deepEqual(recipients, [
    { type: "Email", parameters: { email: "ada@example.com" } },
    { type: "Domain", parameters: { domain: "example.org" } },
    { type: "Email", parameters: { email: "ünï@x.org" } },
  ]);
  assert.equal(sentBodies.length, 1);
  assert.deepEqual(await reader.items.shares.validateRecipients(policy, []), []);
});

test("recorded shares", async () => {
  const recorded = load("shares").filter(
    ({ name, body }) => !name.startsWith("edited") && !(body?.fileReferences.length > 0),
  );
  const id = (n) => `${"a".repeat(24)}${"abcdefghijklmnopqrstuvwxyz234567"[n]}a`;
  const items = recorded.map(({ item }, n) => ({ ...item, id: id(n) }));
  const own = await Service.start({ account: { vaults: [{ name: "app", id: VAULT, items }] } });
  const reader = await own.authenticate();
  let count = 0;
  for (const [n, one] of recorded.entries()) {
    const { name, params, overview, details, body, error } = one;
    const item = await reader.items.get(VAULT, id(n)).catch((thrown) => thrown);
    const policy = await reader.items.shares.getAccountPolicy(VAULT, id(n));
    if (name.startsWith("files not allowed")) policy.files.allowed = false;
    const sharing = reader.items.shares.create(item, policy, params);
    if (error !== undefined) {
      const code = name.startsWith("files") ? "sharingNotAllowed" : "itemInvalid";
      await own.failure(sharing, code, name);
      continue;
    }
    const link = await sharing;
    const upload = own.emulator.shares.at(-1);
    const opened = openLink(link, upload);
    assert.deepEqual(opened.details, details, name);
    const { ps: _, ...expected } = overview;
    assert.deepEqual(opened.overview, expected, name);
    for (const member of ["type", "expiry", "maxViews", "recipients"]) {
      assert.deepEqual(upload[member], body[member], `${name}: ${member}`);
    }
    assert.deepEqual(Object.keys(upload).sort(), Object.keys(body).sort(), name);
    count += 1;
  }
  assert.equal(count, 8);
});

test("for one view, for a time, for recipients", async () => {
  const once = await share(LOGIN, { oneTimeOnly: true });
  assert.equal(once.upload.maxViews, 1);
  await service.emulator.openShare(once.link);
  await assert.rejects(service.emulator.openShare(once.link), { reason: "viewed" });
  for (const [expireAfter, seconds] of [
    ["OneHour", 3_600],
    ["ThirtyDays", 2_592_000],
    [5_000, 5_000],
    [undefined, 604_800],
    [null, 604_800],
  ]) {
    assert.equal((await share(LOGIN, { expireAfter })).upload.expiry, seconds);
  }
  const { policy } = once;
  const recipients = await shares.validateRecipients(policy, ["ada@example.com", "example.org"]);
  const { link, upload } = await share(LOGIN, { recipients });
  assert.equal(upload.type, "A");
  assert.deepEqual(upload.recipients, [
    { type: "E", email: "ada@example.com" },
    { type: "D", domain: "example.org" },
  ]);
  await service.emulator.openShare(link, "bob@example.org");
  await assert.rejects(service.emulator.openShare(link, "eve@example.com"), {
    reason: "recipient",
  });
  for (const none of [[], null, undefined]) {
    assert.equal((await share(LOGIN, { recipients: none })).upload.type, "P");
  }
});

const strict = { maxExpiry: "OneHour", defaultExpiry: "OneHour" };
const email = [{ type: "Email", parameters: { email: "ada@example.com" } }];
const domain = [{ type: "Domain", parameters: { domain: "example.com" } }];

test("every rule of a policy is kept before anything is sent, and the error says which", async () => {
  const rule = (own, params, reason) => [own, params, reason];
  for (const [own, params, reason] of [
    rule(strict, { expireAfter: "OneDay" }, /for 3600 seconds at most, not for 86400/),
    rule(strict, { expireAfter: 3_601 }, /for 3600 seconds at most, not for 3601/),
    rule({ allowedTypes: ["Authenticated"] }, {}, /links for everybody: name recipients/),
    rule({ allowedTypes: ["X"] }, {}, /links for everybody/),
    rule({ allowedTypes: ["Public"] }, { recipients: email }, /does not allow recipients/),
    rule({ allowedRecipientTypes: ["Domain"] }, { recipients: email }, /“ada@example.com”/),
    rule({ allowedRecipientTypes: ["Email"] }, { recipients: domain }, /“@example.com”/),
    rule({ maxExpiry: 0, defaultExpiry: 0 }, {}, /let shares last/),
    rule({ maxViews: 0 }, { oneTimeOnly: true }, /no views/),
    rule({ maxViews: 0 }, {}, /no views/),
  ]) {
    service.calls = [];
    const change = (_, policy) => Object.assign(policy, own);
    const { message } = await service.failure(share(LOGIN, params, change), "sharingNotAllowed");
    assert.match(message, reason);
    assert.equal(uploads(), 0);
  }
  for (const [files, params, reason] of [
    rule({ allowed: false }, {}, /items with files/),
    rule({ maxExpiry: "OneHour" }, { expireAfter: "OneDay" }, /3600 seconds at most/),
    rule({ allowedTypes: ["Authenticated"] }, {}, /links for everybody/),
    rule({ allowedRecipientTypes: [] }, { recipients: email }, /“ada@example.com”/),
    rule({ maxViews: 0 }, { oneTimeOnly: true }, /no views/),
  ]) {
    service.calls = [];
    const change = (_, policy) => Object.assign(policy.files, files);
    const { message } = await service.failure(share(FILES, params, change), "sharingNotAllowed");
    assert.match(message, reason);
    assert.equal(uploads(), 0);
    // They are of items with files alone.
    await share(LOGIN, params, change);
  }
  const size = (maxSize) =>
    share(FILES, {}, (_, policy) => Object.assign(policy.files, { maxSize }));
  const { message } = await service.failure(size(18), "fileTooLarge");
  assert.match(message, /“a.txt” has 19 bytes as it is stored; at most 18 may be shared/);
  await size(19);
  // What nobody asked for is shortened.
  const shortened = (_, policy) => Object.assign(policy, { maxExpiry: "OneHour" });
  assert.equal((await share(LOGIN, {}, shortened)).upload.expiry, 3_600);
});

test("files that cannot be shared", async () => {
  const refused = async (change, reason) => {
    const sharing = share(FILES, {}, change);
    const { message } = await service.failure(sharing, "itemInvalid");
    assert.match(message, reason);
    assert.equal(uploads(), 0);
  };
  await refused((item) => {
    item.files[0].attributes.id = DOCUMENT;
  }, /is not, or no longer, a file of the item/);
  await refused((item) => {
    item.files[0].attributes.id = "a/b";
  }, /the id of a file/);
  await refused((item) => {
    item.files[0].sectionId = "nowhere";
  }, /the section id “nowhere” of a field/);
  const details = {
    sections: [
      {
        name: "s",
        fields: [
          {
            k: "file",
            n: "f",
            v: {
              fileName: "x",
              documentId: DOCUMENT,
              unencryptedSize: 1,
              encryptedSize: 17,
              nonce: "AAAAAAAAAAAAAAAA",
              encryptionKey: { kty: "oct", alg: "A256GCM", k: "A".repeat(43), kid: "k" },
            },
          },
        ],
      },
    ],
  };
  for (const signingKey of [undefined, null, {}, { alg: "HS256", k: "A".repeat(43) }, "x"]) {
    const unsigned = structuredClone(details);
    unsigned.sections[0].fields[0].v.signingKey = signingKey;
    const items = [
      { id: LOGIN, overview: { title: "x" }, details: JSON.parse(JSON.stringify(unsigned)) },
    ];
    const own = await Service.start({ account: { vaults: [{ name: "app", id: VAULT, items }] } });
    const reader = await own.authenticate();
    const item = await reader.items.get(VAULT, LOGIN);
    const policy = await reader.items.shares.getAccountPolicy(VAULT, LOGIN);
    const sharing = reader.items.shares.create(item, policy, { oneTimeOnly: false });
    const { message } = await own.failure(sharing, "itemInvalid", JSON.stringify(signingKey));
    assert.match(message, /without a signing key/);
  }
});

test("what is no item, no policy and no terms", async () => {
  const { item, policy } = await share(LOGIN);
  service.calls = [];
  const create = (...args) => shares.create(...args);
  const params = { oneTimeOnly: false };
  for (const wrong of [undefined, null, 7, "x", [], {}, new Date()]) {
    await service.failure(create(wrong, policy, params), "itemInvalid", String(wrong));
    await service.failure(create(item, wrong, params), "argumentInvalid", String(wrong));
    await service.failure(create(item, policy, wrong), "argumentInvalid", String(wrong));
    const checked = shares.validateRecipients(wrong, ["a@b.com"]);
    await service.failure(checked, "argumentInvalid", String(wrong));
  }
  for (const name of ["id", "vaultId", "title", "category", "notes", "version"]) {
    for (const value of [undefined, null, 7.5, {}, true]) {
      const sharing = create({ ...item, [name]: value }, policy, params);
      const { message } = await service.failure(sharing, "itemInvalid", name);
      assert.match(message, new RegExp(`^item.${name} is missing`));
    }
  }
  for (const name of ["fields", "sections", "tags", "websites", "files"]) {
    for (const value of [undefined, null, 7, "x", {}]) {
      await service.failure(
        create({ ...item, [name]: value }, policy, params),
        "itemInvalid",
        name,
      );
    }
  }
  for (const ids of [{ id: "../x" }, { vaultId: "x" }, { id: LOGIN.toUpperCase() }]) {
    await service.failure(create({ ...item, ...ids }, policy, params), "itemInvalid");
  }
  for (const change of [
    { category: "Unsupported" },
    { tags: [7] },
    { title: "\ud83d" },
    { notes: "x\ude00" },
    { fields: [{ ...item.fields[0], value: 7 }] },
    { fields: [null] },
    { fields: [{ ...item.fields[0], id: "x", title: undefined }] },
    { sections: [{ id: "x" }] },
    {
      sections: [
        { id: "x", title: "1" },
        { id: "x", title: "2" },
      ],
    },
    { websites: [{ label: "x" }] },
  ]) {
    await service.failure(
      create({ ...item, ...change }, policy, params),
      "itemInvalid",
      JSON.stringify(change),
    );
  }
  for (const name of [
    "maxExpiry",
    "defaultExpiry",
    "allowedTypes",
    "allowedRecipientTypes",
    "files",
  ]) {
    for (const value of [undefined, null, -1, "x", 1.5]) {
      const sharing = create(item, { ...policy, [name]: value }, params);
      await service.failure(sharing, "argumentInvalid", `${name} ${value}`);
    }
  }
  for (const wrong of [
    {},
    ...["yes", 1, null, undefined].map((oneTimeOnly) => ({ oneTimeOnly })),
    ...["Forever", 0, -1, 1.5, true, {}].map((expireAfter) => ({ ...params, expireAfter })),
    ...["ada@example.com", {}, ["ada@example.com"], [null], [{ type: "Email" }]].map(
      (recipients) => {
        return { ...params, recipients };
      },
    ),
    { ...params, recipients: [{ type: "Domain", parameters: { email: "ada@example.com" } }] },
    { ...params, recipients: [{ type: "Email", parameters: { email: "example.com" } }] },
    { ...params, recipients: new Array(1) },
    { ...params, onetimeonly: true },
  ]) {
    await service.failure(create(item, policy, wrong), "argumentInvalid", JSON.stringify(wrong));
  }
  const nobody = [{ type: "Email", parameters: { email: "x" } }];
  await service.failure(
    create(item, policy, { ...params, recipients: nobody }),
    "recipientInvalid",
  );
  for (const recipients of [undefined, null, "a@b.com", [7], {}, new Array(1)]) {
    await service.failure(shares.validateRecipients(policy, recipients), "argumentInvalid");
  }
  for (const options of [null, 7, { timeoutMs: -1 }, { more: 1 }]) {
    await service.failure(create(item, policy, params, options), "argumentInvalid");
    await service.failure(shares.getAccountPolicy(VAULT, LOGIN, options), "argumentInvalid");
  }
  assert.equal(uploads(), 0);
});

test("what anybody put on Object.prototype shares nothing", async () => {
  const { item, policy } = await share(LOGIN);
  const shared = Object.prototype;
  const bad = { recipients: email, expireAfter: "OneHour", maxViews: 0, files: 1, document: {} };
  try {
    Object.assign(shared, bad);
    await shares.create(item, policy, { oneTimeOnly: false });
  } finally {
    for (const name of Object.keys(bad)) delete shared[name];
  }
  const { type, expiry } = service.emulator.shares.at(-1);
  assert.deepEqual([type, expiry], ["P", 604_800]);
});

test("as often as the policy says, unless it is once", async () => {
  const limits = (own, files) => (_, policy) => {
    Object.assign(policy, own);
    Object.assign(policy.files, files);
  };
  for (const [id, own, files, params, expected] of [
    [LOGIN, {}, {}, {}, undefined],
    [LOGIN, { maxViews: 5 }, {}, {}, 5],
    [LOGIN, { maxViews: 5 }, {}, { oneTimeOnly: true }, 1],
    [LOGIN, {}, { maxViews: 5 }, {}, undefined],
    [FILES, {}, { maxViews: 5 }, {}, 5],
    [FILES, { maxViews: 5 }, { maxViews: 3 }, {}, 3],
    [FILES, { maxViews: 5 }, {}, {}, 5],
  ]) {
    const { upload } = await share(id, params, limits(own, files));
    assert.equal(upload.maxViews, expected, JSON.stringify([own, files, params]));
  }
});

test("a vault whose key was replaced meanwhile", async () => {
  for (const options of [undefined, { fresh: true }]) {
    for (const id of [LOGIN, FILES]) {
      const own = await Service.start({ account: ACCOUNT });
      const reader = await own.authenticate();
      const item = await reader.items.get(VAULT, id);
      const policy = await reader.items.shares.getAccountPolicy(VAULT, id);
      await own.emulator.account.rotateVaultKey("app");
      const link = await reader.items.shares.create(item, policy, { oneTimeOnly: true }, options);
      await own.emulator.openShare(link);
    }
  }
});

/** A service, a client of it that knows the vault's key, and what creates a share. */
async function warm(options) {
  const own = await Service.start({ account: ACCOUNT });
  const reader = await own.authenticate();
  const item = await reader.items.get(VAULT, LOGIN);
  const policy = await reader.items.shares.getAccountPolicy(VAULT, LOGIN);
  const create = () => reader.items.shares.create(item, policy, { oneTimeOnly: true }, options);
  return { own, reader, create };
}

test("no share is made twice: an answer that does not open, or says what it likes", async () => {
  for (const answer of [
    async (ask) => {
      const sealed = await (await ask()).json();
      return Response.json({ ...sealed, data: `${sealed.data.slice(0, -4)}AAAA` });
    },
    async (ask) => {
      await ask();
      return Response.json({ errorMessage: "upstream: HTTP 400" }, { status: 500 });
    },
  ]) {
    const { own, create } = await warm();
    own.replace = async (call, ask) => {
      if (call.path !== "/api/v4/itemshare") return ask();
      const answered = await answer(ask);
      await own.emulator.account.rotateVaultKey("app");
      return answered;
    };
    await assert.rejects(create());
    assert.equal(own.emulator.shares.length, 1);
  }
});

test("why a share was refused is told, whatever stands in the way of another try", async () => {
  const { own, create } = await warm();
  for (const status of [403, 404, 500]) {
    own.replace = (call, ask) => {
      if (call.path === "/api/v4/itemshare") {
        return Response.json({ errorMessage: "the item is too large" }, { status: 400 });
      }
      return call.path.startsWith("/api/v3/vault/") ? new Response(null, { status }) : ask();
    };
    const error = await own.failure(create(), "serverError", String(status));
    assert.deepEqual([error.status, error.retryable], [400, false]);
    assert.match(error.message, /too large/);
  }
});

test("an item of an Environment is shared like any other", async () => {
  const own = await Service.start({
    account: { vaults: [], environments: [{ name: "prod", variables: { A: "1" } }] },
  });
  for (const options of [undefined, { fresh: true }]) {
    const warmClient = await own.authenticate();
    const [item] = await warmClient.items.list("prod");
    const whole = await warmClient.items.get("prod", item.id);
    const cold = await own.authenticate();
    for (const reader of [warmClient, cold]) {
      const policy = await reader.items.shares.getAccountPolicy("prod", item.id);
      const link = await reader.items.shares.create(whole, policy, { oneTimeOnly: true }, options);
      await own.emulator.openShare(link);
    }
  }
});

test("an item, as it was when the call was made; and recipients, each once", async () => {
  const { item, policy } = await share(LOGIN);
  const address = { street: "a", city: "b", state: "c", country: "d", zip: "e" };
  const fieldOf = (content) => ({
    ...{ id: "x", title: "t", fieldType: "Address", value: "v" },
    details: { type: "Address", content },
  });
  const content = { ...address };
  const sharing = shares.create({ ...item, fields: [fieldOf(content)] }, policy, {
    oneTimeOnly: true,
    recipients: [...email, ...email],
  });
  content.street = "changed";
  const link = await sharing;
  const upload = service.emulator.shares.at(-1);
  assert.equal(openLink(link, upload).details.sections.at(-1).fields[0].v.street, "a");
  assert.equal(upload.recipients.length, 1);
});

test("a long text is no recipient, and is so at once", async () => {
  const { policy } = await share(LOGIN);
  const start = process.cpuUsage().user;
  const long = `a${" ".repeat(300_000)}b`;
  await service.failure(shares.validateRecipients(policy, [long]), "recipientInvalid");
  // Quadratic time would be more than a minute.
  assert.ok(process.cpuUsage().user - start < 10_000_000);
});

test("what was refused a moment ago is asked for again", async () => {
  const own = await Service.start({ account: ACCOUNT });
  const reader = await own.authenticate({ cache: { negativeTtlMs: 60_000 } });
  own.replace = () => new Response(null, { status: 403 });
  await own.failure(reader.items.shares.getAccountPolicy(VAULT, LOGIN), "permissionDenied");
  own.replace = undefined;
  await reader.items.shares.getAccountPolicy(VAULT, LOGIN);
});

test("what throws as it is read, is not whole, or is no text, is refused", async () => {
  const { item, policy } = await share(LOGIN);
  const throwing = (name) => Object.defineProperty({}, name, { enumerable: true, get: thrower });
  const thrower = () => {
    throw new Error("not for others");
  };
  const create = (...args) => shares.create(...args);
  const once = { oneTimeOnly: true };
  await service.failure(create(throwing("id"), policy, once), "argumentInvalid");
  await service.failure(create(item, throwing("files"), once), "argumentInvalid");
  await service.failure(create(item, policy, throwing("recipients")), "argumentInvalid");
  await service.failure(create(item, policy, once, throwing("signal")), "argumentInvalid");
  for (const options of [7, null, "x"]) {
    await service.failure(create(item, policy, once, options), "argumentInvalid");
  }
  const odd = new Array(1);
  Object.defineProperty(odd, 0, { get: thrower });
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  for (const list of [odd, proxy]) {
    for (const name of ["tags", "fields", "sections", "websites", "files"]) {
      await service.failure(create({ ...item, [name]: list }, policy, once), "argumentInvalid");
    }
    const policies = [
      { ...policy, allowedTypes: list },
      { ...policy, files: { ...policy.files, allowedRecipientTypes: list } },
    ];
    for (const one of policies) await service.failure(create(item, one, once), "argumentInvalid");
    const recipients = { ...once, recipients: list };
    await service.failure(create(item, policy, recipients), "argumentInvalid");
    await service.failure(shares.validateRecipients(policy, list), "argumentInvalid");
  }
  const field = { id: 5, title: Object.create(null), fieldType: "Text", value: "v" };
  await service.failure(create({ ...item, fields: [field] }, policy, once), "itemInvalid");
  await service.failure(create(item, policy, once, { fresh: "x" }), "argumentInvalid");
  for (const name of ["tags", "fields", "sections", "websites", "files"]) {
    const holed = { ...item, [name]: new Array(1) };
    await service.failure(create(holed, policy, once), "itemInvalid", name);
  }
  const websites = ["constructor", "__proto__", "Never"].map((autofillBehavior) => {
    return { url: "https://a.example", label: "l", autofillBehavior };
  });
  const link = await create({ ...item, websites }, policy, once);
  const { overview } = openLink(link, service.emulator.shares.at(-1));
  assert.deepEqual(
    overview.URLs.map(({ m }) => m),
    ["default", "default", "never"],
  );
});

test("those that are rejected are named if the service names them", async () => {
  const { policy } = await share(LOGIN);
  const asked = () => shares.validateRecipients(policy, ["ada@example.com", "example.org"]);
  for (const [rejected, reason] of [
    [[{ email: "ada@example.com" }], /with “ada@example.com”;/],
    [[{ domain: "example.org" }, { email: "x@y.org" }], /with “example.org”, “x@y.org”;/],
    [[{ email: { toString: 1 } }], /with some of the recipients;/],
    [[null, 7, {}, []], /with some of the recipients;/],
  ]) {
    service.change = ({ path, json }) => {
      if (path.endsWith("/validate-recipients")) json.rejectedRecipients = rejected;
    };
    const { message } = await service.failure(asked(), "recipientsRejected");
    assert.match(message, reason);
  }
});

test("what the service answers to a share", async () => {
  const { item, policy } = await share(LOGIN);
  const create = () => shares.create(item, policy, { oneTimeOnly: false });
  let url;
  service.change = ({ path, json }) => {
    if (path === "/api/v4/itemshare") json.url = url;
  };
  for (url of [
    "",
    "http://share.1password.com/s",
    "https://x#y",
    "https://x y",
    "javascript:1",
    "https://evil.example/s",
    "https://share.1password.com.evil.example/s",
    "https://evil1password.com/s",
    "https://u:p@share.1password.com/s",
    "https://evil.example\\.1password.com/s",
    "https://share.1password.com/\u202e",
    "https://share.1password.com/s\0",
    7,
    null,
  ]) {
    await service.failure(create(), "protocol", String(url));
  }
  Object.prototype.url = "https://share.1password.com/inherited";
  service.change = ({ path, json }) => {
    if (path === "/api/v4/itemshare") delete json.url;
  };
  await service.failure(create(), "protocol").finally(() => delete Object.prototype.url);
  for (url of ["https://share.1password.eu/s", "https://team.share.1password.ca/a/b-c.d"]) {
    service.change = ({ path, json }) => {
      if (path === "/api/v4/itemshare") json.url = url;
    };
    assert.ok((await create()).startsWith(`${url}#`));
  }
  // In plain JSON anybody could say where the link leads.
  service.change = undefined;
  service.replace = (call, ask) =>
    call.path === "/api/v4/itemshare" ? Response.json({ url: "https://evil.example/s" }) : ask();
  await service.failure(create(), "protocol");
  for (const [status, code] of [
    [400, "serverError"],
    [403, "permissionDenied"],
    [404, "notFound"],
    [409, "conflict"],
    [500, "serverError"],
    [429, "rateLimited"],
  ]) {
    service.replace = (call, ask) =>
      call.path === "/api/v4/itemshare" ? new Response(null, { status }) : ask();
    service.calls = [];
    await service.failure(create(), code, String(status));
    assert.equal(uploads(), 1, String(status));
    client.clearPause();
  }
});

test("an item that was changed, archived or removed meanwhile", async () => {
  const { item, policy } = await share(FILES);
  const create = () => shares.create(item, policy, { oneTimeOnly: false });
  const { account } = service.emulator;
  await account.setItem("app", "files", { notes: "other" }).catch(() => {});
  await account.setItem("app", "files", { state: "archived" });
  await service.failure(create(), "itemNotActive");
  await account.removeItem("app", "files");
  await service.failure(create(), "notFound");
  await service.failure(shares.getAccountPolicy(VAULT, FILES), "notFound");
});

test("by names, within the time of the call", async () => {
  const policy = await shares.getAccountPolicy("app", "login");
  assert.deepEqual(policy, await shares.getAccountPolicy(VAULT, LOGIN));
  await service.failure(shares.getAccountPolicy("app", "nothing"), "itemNotFound");
  await service.failure(shares.getAccountPolicy("nowhere", "login"), "vaultNotFound");
  for (const name of ["", undefined, 7]) {
    await service.failure(shares.getAccountPolicy(name, LOGIN), "argumentInvalid");
    await service.failure(shares.getAccountPolicy(VAULT, name), "argumentInvalid");
  }
  service.replace = async ({ init }, ask) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    init.signal.throwIfAborted();
    return ask();
  };
  const asked = shares.getAccountPolicy("app", "login", { timeoutMs: 250 });
  await service.failure(asked, "timeout");
});

test("a link is in no error, event or log", async () => {
  const told = [];
  const own = await service.authenticate({ onEvent: (event) => told.push(event) });
  const item = await own.items.get(VAULT, LOGIN);
  const policy = await own.items.shares.getAccountPolicy(VAULT, LOGIN);
  const link = await own.items.shares.create(item, policy, { oneTimeOnly: true });
  await new Promise((resolve) => setTimeout(resolve, 10));
  const [, secret] = link.split("#");
  const all = JSON.stringify([told, service.calls, own.stats()]);
  assert.ok(!all.includes(secret));
  const paths = told.map(({ path }) => path);
  assert.ok(paths.includes("/api/v4/itemshare/preflight/:id/:id"), String(paths));
});
