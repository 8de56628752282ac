// Names that fit several things, or nothing: what the error offers instead works.
import assert from "node:assert/strict";
import { test } from "node:test";
import { validateSecretReference } from "../../dist/reference.js";
import { Service } from "./support.mjs";

const field = (id, title, value) => ({ k: "concealed", n: id, t: title, v: value });
const sshKey = (id) => ({
  ...field(id, id, "PEM"),
  k: "sshKey",
  a: {
    sshKeyAttributes: {
      privateKey: "PEM",
      publicKey: `ssh-ed25519 ${id}`,
      fingerprint: id,
      keyType: { t: "ed25519" },
    },
  },
});
const items = [
  { title: "db", password: "lower" },
  { title: "DB", password: "upper" },
  {
    title: "odd",
    details: {
      sections: [
        {
          name: "s",
          title: "",
          fields: [field("x", "x", "value"), sshKey("k1"), sshKey("k2")].map((entry) =>
            entry.n === "x" ? { ...entry, k: "hologram" } : entry,
          ),
        },
      ],
    },
  },
  {
    title: "database",
    details: {
      fields: [{ id: "password", designation: "password", name: "pw", type: "P", value: "main" }],
      sections: [
        {
          name: "s1",
          title: "replica",
          fields: [field("f1", "api key", "one"), field("f2", "API key", "two")],
        },
      ],
    },
  },
];
const section = (n, title, value) => ({
  name: `m${n}`,
  title,
  fields: [field(`k${n}`, n === 2 ? "Key" : "key", value)],
});
items.push(
  {
    title: "multi",
    details: {
      sections: ["staging", "prod", "Zürich/1", "prod "].map((title, n) =>
        section(n, title, `multi ${n}`),
      ),
    },
  },
  {
    title: "files",
    files: ["one", "two"].map((section) => ({ name: "a.txt", content: section, section })),
  },
);
const credential = "username credential type filename valid_from expires hostname".split(" ");
const apiFields = (titles) => titles.map((title, n) => field(`a${n}`, title, `hush ${n}`));
const SHELF = [
  {
    title: "api",
    details: { sections: [{ name: "x", title: "", fields: apiFields(credential) }] },
  },
  {
    title: "many",
    username: "hush",
    sections: [
      { title: "first", fields: Object.fromEntries([..."abcdefg"].map((x) => [`f ${x}`, "hush"])) },
      { title: "second", fields: { "f a": "hush", "f h": "hush", "f i": "hush" } },
      { title: "bare" },
    ],
  },
  { title: "rotated", id: "rotatedrotatedrotatedrota4", trashed: "Y", password: "hush" },
  { title: "deleted", trashed: "D", password: "hush" },
  { title: "", password: "hush" },
  {
    title: "untitled",
    details: {
      sections: [
        { name: "u", title: "", fields: [field("z", "", "hush")] },
        { name: "v", title: "v", fields: [field("y", "", "hush")] },
      ],
    },
  },
];
const UNICODE = ["cafe\u0301", "long-name-on-line", "replica"].map((title) => ({ title }));
UNICODE.push({ title: "prod db", sections: [{ title: "server", fields: { host: "hush" } }] });
const same = ["one", "two", "three"].map((password) => ({
  name: "three of one",
  items: [{ title: "same", password }],
}));
const service = await Service.start({
  account: {
    vaults: [
      { name: "prod", items },
      { name: "twin" },
      { name: "Twin" },
      ...same,
      { name: "shelf", items: SHELF },
      { name: "unicode", items: UNICODE },
    ],
  },
});
const client = await service.authenticate();

const failure = (reference, code) => service.failure(client.resolve(reference), code);

/** The id that the message offers for the name. */
function offered({ message, candidates }, name) {
  const [, id] = message.match(new RegExp(`; did you mean “${name}” \\(id (\\S+)\\)\\?`)) ?? [];
  assert.ok(id, message);
  assert.equal(candidates, undefined);
  return id;
}

test("an item's title that fits two", async () => {
  const error = await failure("op://prod/db/password", "tooManyItems");
  const values = [];
  for (const { id, title } of error.candidates) {
    assert.ok(error.message.includes(id));
    values.push([title, await client.resolve(`op://prod/${id}/password`)]);
  }
  assert.deepEqual(values.sort(), [
    ["DB", "upper"],
    ["db", "lower"],
  ]);
});

test("a vault's name that fits two", async () => {
  const error = await failure("op://twin/x/password", "tooManyVaults");
  assert.deepEqual(error.candidates.map(({ title }) => title).sort(), ["Twin", "twin"]);
  for (const { id } of error.candidates) {
    assert.ok(error.message.includes(id));
    await failure(`op://${id}/x/password`, "itemNotFound");
  }
});

test("a field's title that fits two", async () => {
  const error = await failure("op://prod/database/replica/api key", "tooManyMatchingFields");
  const [one, two] = ["s1/f1", "s1/f2"].map((way) => `op://prod/database/${way}`);
  assert.deepEqual(error.candidates, [
    { id: "s1/f1", title: "api key", section: "replica", reference: one },
    { id: "s1/f2", title: "API key", section: "replica", reference: two },
  ]);
  assert.ok(error.message.endsWith(`use one of: ${one}, ${two}`), error.message);
  assert.equal(await client.resolve("op://prod/database/s1/f2"), "two");
});

test("of very many that fit twenty are told", async () => {
  const items = Array.from({ length: 300 }, () => ({ title: "same", password: "p" }));
  const fields = Array.from({ length: 300 }, (_, n) => ({
    id: `f${n}`,
    title: "same",
    value: "v",
  }));
  const wide = { title: "wide", sections: [{ title: "all", fields }] };
  const vaults = [{ name: "many", items: [...items, wide] }];
  vaults.push(...Array.from({ length: 60 }, () => ({ name: "twin", items: [] })));
  const here = await Service.start({ account: { vaults } });
  const client = await here.authenticate();
  for (const [reference, code, count] of [
    ["op://many/same/password", "tooManyItems", 300],
    ["op://many/wide/same", "tooManyMatchingFields", 300],
    ["op://twin/x/y", "tooManyVaults", 60],
  ]) {
    const { candidates, message } = await here.failure(client.resolve(reference), code);
    assert.equal(candidates.length, 20, code);
    assert.ok(
      candidates.every((candidate) => candidate.reference.length > 0),
      code,
    );
    assert.ok(message.startsWith(`${count} `) && message.endsWith(" and others"), message);
  }
});

test("names with capitals and digits are no keys, however many there are", async () => {
  const names = ["Team1Alpha", "Team2Bravo", "Team3Charlie", "Team4Delta", "Team5Foxtrot"];
  const sections = ["dev", "qa", "prod", "test"].map((title) => ({
    title,
    fields: [{ title: "key", value: "v" }],
  }));
  const items = [{ title: "Api2Gateway", sections }];
  const here = await Service.start({ account: { vaults: names.map((name) => ({ name, items })) } });
  const client = await here.authenticate();
  const missing = await here.failure(client.resolve("op://Team9Echo/x/y"), "vaultNotFound");
  for (const name of names) assert.ok(missing.message.includes(`“${name}”`), missing.message);
  const asked = client.resolve("op://Team1Alpha/Api2Gateway/key");
  const { message } = await here.failure(asked, "tooManyMatchingFields");
  assert.match(message, /op:\/\/Team1Alpha\/Api2Gateway\/test\/key$/);
});

test("what a candidate says leads to it, and to nothing else", async () => {
  for (const [reference, code, count] of [
    ["op://prod/db/password", "tooManyItems", 2],
    ["op://prod/DB/Password?attribute=value", "tooManyItems", 2],
    ["op://Three%20of%20one/same/password", "tooManyVaults", 3],
    ["op://prod/multi/key", "tooManyMatchingFields", 4],
    ["op://prod/multi/key?attribute=value", "tooManyMatchingFields", 4],
    ["op://prod/database/replica/api key", "tooManyMatchingFields", 2],
    ["op://prod/files/a.txt", "tooManyMatchingFields", 2],
  ]) {
    const error = await failure(reference, code);
    const [, query = ""] = reference.split("?");
    const values = new Set();
    for (const candidate of error.candidates) {
      assert.ok(candidate.reference.endsWith(query), candidate.reference);
      values.add(await client.resolve(candidate.reference));
      if (code === "tooManyMatchingFields") assert.ok(candidate.section, reference);
      else assert.equal(new Date(candidate.updatedAt).toISOString().length, 24);
    }
    assert.equal(values.size, count, reference);
    const { individualResponses } = await client.secrets.resolveAll([reference]);
    assert.deepEqual(individualResponses[reference].error.candidates, error.candidates);
  }
});

test("sections tell fields apart", async () => {
  const { candidates } = await failure("op://prod/multi/key", "tooManyMatchingFields");
  assert.deepEqual(
    candidates.map(({ section, reference }) => [section, reference]),
    [
      ["staging", "op://prod/multi/staging/key"],
      ["prod", "op://prod/multi/prod/key"],
      ["Zürich/1", "op://prod/multi/Z%C3%BCrich%2F1/Key"],
      ["prod ", "op://prod/multi/prod /key"],
    ],
  );
});

test("items that were asked for without a reference have candidates without one", async () => {
  const error = await service.failure(client.items.get("prod", "db"), "tooManyItems");
  for (const candidate of error.candidates) {
    assert.deepEqual(Object.keys(candidate), ["id", "title", "updatedAt"]);
  }
});

test("a misspelt vault, item, section and field", async () => {
  const vault = offered(await failure("op://prd/database/password", "vaultNotFound"), "prod");
  assert.equal(await client.resolve(`op://${vault}/database/password`), "main");

  const noItem = await failure("op://prod/databse/password", "itemNotFound");
  assert.ok(noItem.message.includes("no item “databse” among the 6 items of the vault “prod”"));
  const item = offered(noItem, "database");
  assert.equal(await client.resolve(`op://prod/${item}/password`), "main");

  const noSection = await failure("op://prod/database/replcia/f1", "noMatchingSections");
  assert.equal(offered(noSection, "replica"), "s1");
  assert.equal(await client.resolve("op://prod/database/s1/f1"), "one");

  const noField = await failure("op://prod/database/pasword", "fieldNotFound");
  assert.equal(offered(noField, "password"), "password");
});

test("a field that is not there: what there is", async () => {
  const expected = [
    [
      "api/api_key",
      "no field “api_key”; there are “username”, “credential”, “type”, “filename”, “valid_from”, “expires”, “hostname”: check the field",
    ],
    [
      "many/x1",
      "no field “x1”; there are “username”, “f a”, “f b”, “f c”, “f d”, “f e”, “f f”, “f g”, and more: check the field",
    ],
    ["many/second/x1", "in the section “second”; there are “f a”, “f h”, “f i”: check the field"],
    ["many/bare/x1", "in the section “bare”; check the field"],
    [
      "many/second/f j",
      "; did you mean “f a” (id ID)? There are “f a”, “f h”, “f i”: check the field",
    ],
    ["untitled/x1", "no field “x1”; check the field"],
    ["untitled/z1", "no field “z1”; check the field"],
  ];
  for (const [path, text] of expected) {
    const { message } = await failure(`op://shelf/${path}`, "fieldNotFound");
    assert.ok(message.replace(/\(id \S+\)/, "(id ID)").includes(text), message);
    assert.ok(!/hush/.test(message), message);
  }
});

test("a section or a vault that is not there: what there is", async () => {
  const section = await failure("op://shelf/many/x/f a", "noMatchingSections");
  assert.match(
    section.message,
    /“x”; there are “first”, “second”, “bare”: check the section's title/,
  );
  const vault = await failure("op://nowhere/x/y", "vaultNotFound");
  const names =
    "there are “prod”, “twin”, “Twin”, “three of one”, “shelf”, “unicode”: check the name";
  assert.ok(vault.message.includes(names), vault.message);
});

test("vaults that no service account can be given", async () => {
  const told = "; no service account can be given a Private, Personal, Employee or default Shared";
  for (const name of ["Private", "personal", "EMPLOYEE", "Shared"]) {
    const { message } = await failure(`op://${name}/x/y`, "vaultNotFound");
    assert.ok(message.includes(told), message);
    assert.match(message, /move the item to another vault; there are “prod”.*: check the name/);
  }
  for (const name of ["Privately", "Our Private", "nowhere"]) {
    const { message } = await failure(`op://${name}/x/y`, "vaultNotFound");
    assert.ok(!message.includes(told), message);
  }
});

test("an item that is archived is mentioned, a deleted one is not", async () => {
  for (const title of ["rotated", "ROTATED"]) {
    const { message } = await failure(`op://shelf/${title}/password`, "itemNotFound");
    const told =
      "an item of this title (id rotatedrotatedrotatedrota4) is archived: restore it, or";
    assert.ok(message.includes(told), message);
    assert.match(message, /among the 4 items/);
  }
  for (const title of ["deleted", "rotate"]) {
    const { message } = await failure(`op://shelf/${title}/password`, "itemNotFound");
    assert.ok(!/archived|rotated|did you mean/.test(message), message);
    assert.match(message, /; there are “api”, “many”, “untitled”: check the title/);
  }
});

test("what has no title is not offered", async () => {
  for (const [reference, code] of [
    ["op://shelf/x/password", "itemNotFound"],
    ["op://shelf/untitled/x/z", "noMatchingSections"],
    ["op://shelf/untitled/x", "fieldNotFound"],
  ]) {
    const { message } = await failure(reference, code);
    assert.ok(!message.includes("“”"), message);
  }
});

test("names that look the same are offered with what differs", async () => {
  const encode = (name) => name.replace(/[^\w -]/gu, encodeURIComponent);
  for (const [name, told] of [
    ["caf\u00e9", "the Unicode form: it has U+0065 in place of U+00E9?"],
    ["CAFE\u0301S", undefined],
    ["\uff50rod db", "it has U+0070 in place of U+FF50?"],
    ["\u0440rod db", "what looks alike or is not seen: it has U+0070 in place of U+0440?"],
    ["prod\u200b db", "what looks alike or is not seen: it has U+0020 in place of U+200B?"],
    ["prod\u00a0db", "it has U+0020 in place of U+00A0?"],
    ["prod db ", "it has nothing in place of U+0020?"],
    ["prod\u2013db", undefined],
    ["re\u00adplica", "it has U+0070 in place of U+00AD?"],
    ["l0ng-name-0n-1ine", "it has U+006F in place of U+0030?"],
    ["long\u2013name-on-line", "it has U+002D in place of U+2013?"],
  ]) {
    const { message } = await failure(`op://unicode/${encode(name)}/x`, "itemNotFound");
    const hint = message.match(/ \(id \S+\), which differs in ([^?]+\?)/)?.[1];
    if (told === undefined) assert.equal(hint, undefined, message);
    else assert.ok(hint?.endsWith(told), message);
    assert.ok(message.includes("did you mean"), message);
  }
  for (const [path, code] of [
    ["op://unic\u043ede/x/y", "vaultNotFound"],
    ["op://unicode/prod db/serv\u0435r/h\u043est", "noMatchingSections"],
    ["op://unicode/prod db/server/h\u043est", "fieldNotFound"],
  ]) {
    const reference = path.replace(/\P{ASCII}/gu, encodeURIComponent);
    assert.match(
      (await failure(reference, code)).message,
      /differs in what looks alike.*U\+043[5E]/,
    );
  }
});

test("a kind that is not known is named", async () => {
  const error = await failure("op://prod/odd/x", "unreadableField");
  assert.match(error.message, /its kind “hologram” is unknown/);
});

test("the parts of two SSH keys cannot be told apart", async () => {
  const error = await failure("op://prod/odd/public key", "tooManyMatchingFields");
  assert.deepEqual(
    error.candidates.map(({ id }) => id),
    ["", ""],
  );
  assert.match(error.message, /no reference can tell them apart/);
});

test("names forge no lines in a log, and a token in a reference is not repeated", async () => {
  const forged = await failure("op://prod/a%0Ab%1B%5B31m/x", "itemNotFound");
  assert.ok(!/\p{Cc}/u.test(forged.message), forged.message);
  const token = await failure(`op://prod/${service.token}/x`, "itemNotFound");
  assert.ok(token.message.length < 300 && token.reference === undefined);
});

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test("nothing in an error moves a cursor or turns text around", async () => {
  const odd = ["\x1b[2J", "\u202egnp", "\u2066x", "\u200fx", "\u0085x", "\u2028x", "\ufeffx"];
  odd.push("\u{e0041}x", "\u00adx");
  const items = odd.flatMap((title) => [{ title }, { title }]);
  items.push({
    title: "fields",
    details: {
      sections: odd.map((title, n) => ({
        name: `s${n}${title}`,
        title,
        fields: [field(`${n}${title}`, title, `value ${n}`), field("same", "same", `same ${n}`)],
      })),
    },
  });
  const service = await Service.start({ account: { vaults: [{ name: "odd", items }] } });
  const client = await service.authenticate();
  const told = [];
  for (const title of odd) {
    const reference = `op://odd/${encodeURIComponent(title)}/x`;
    told.push(await service.failure(client.resolve(reference), "tooManyItems"));
    assert.ok(told.at(-1).candidates[0].title.includes("\\u{"), told.at(-1).candidates[0].title);
    const { individualResponses } = await client.secrets.resolveAll([reference]);
    told.push(individualResponses[reference].error);
    const missing = `op://odd/fields/nothing like it ${encodeURIComponent(title)}`;
    told.push(await service.failure(client.resolve(missing), "fieldNotFound"));
    const raw = `op://odd/${title}/x`;
    told.push(await service.failure(client.resolve(raw), "parsing"));
    try {
      validateSecretReference(raw);
    } catch (error) {
      told.push(error);
    }
  }
  const same = await service.failure(
    client.resolve("op://odd/fields/same"),
    "tooManyMatchingFields",
  );
  for (const [n, { reference }] of same.candidates.entries()) {
    assert.equal(await client.resolve(reference), `same ${n}`);
  }
  told.push(same);
  assert.equal(told.length, 5 * odd.length + 1);
  const broken = await service.authenticate({
    lazy: true,
    fetch: () => Promise.reject(new Error(odd.join(" "))),
  });
  const network = await service.failure(broken.resolve("op://a/b/c"), "network");
  assert.match(network.cause.message, /\\u\{1b\}\[2J \\u\{202e\}gnp/);
  told.push(network, { message: network.cause.message });
  for (const error of told) {
    for (const text of [
      error.message,
      error.reference ?? "",
      JSON.stringify(error.candidates) ?? "",
    ]) {
      assert.ok(!UNSEEN.test(text), JSON.stringify(text));
    }
  }
});

test("what is near nothing is offered nothing, and no value is ever told", async () => {
  for (const [reference, code] of [
    ["op://production-eu/database/password", "vaultNotFound"],
    ["op://prod/something else/password", "itemNotFound"],
    ["op://prod/database/elsewhere/f1", "noMatchingSections"],
    ["op://prod/database/main", "fieldNotFound"],
  ]) {
    const { message } = await failure(reference, code);
    assert.ok(!message.includes("did you mean"), message);
    assert.ok(!/lower|upper|“one”|“two”/.test(message), message);
  }
});
