// What must hold wherever JavaScript runs. Knows no runtime: it is given a service and the library, which
// is the exports of an entry with a client, and those of onepassword-edge/env.

import { answering, checks, equal, status, throwing } from "./checks.mjs";

const OVERVIEWS = "/items/overviews";
const KINDS = {
  username: "someone",
  password: "pass word",
  notes: "a note",
  "all/text": "grüße",
  "all/concealed": "hidden",
  "all/email": "a@b.example",
  "all/phone": "+49 30 123",
  "all/website": "https://a.example/?q=1",
  "all/menu": "one",
  "all/gender": "female",
  "all/card type": "visa",
  "all/reference": "o55tod6a4pdaoelxf2f7icbrv4",
  "all/date": "2023-11-14",
  "all/month": "12/2026",
  "all/address": "Way 1, 1 B, de",
  "key type": "ed25519",
  "public key": "ssh-ed25519 AAAA",
  "all/read.me": "of a file",
  "all/text?attribute=type": "STRING",
};

/** References that fail, by the code they fail with. */
const FAILING_REFERENCES = {
  parsing: "op://app",
  vaultNotFound: "op://nowhere/kinds/text",
  tooManyVaults: "op://same/kinds/text",
  itemNotFound: "op://app/nothing/text",
  itemNotActive: "op://app/e4mwsz6ohkwwbwdnyn6xddfa6i/password",
  tooManyItems: "op://app/twice/password",
  noMatchingSections: "op://app/kinds/nothing/text",
  fieldNotFound: "op://app/kinds/nothing",
  unsupportedFileFormat: "op://app/kinds/bytes.bin",
  incompatibleTOTPQueryParameterField: "op://app/kinds/all/text?attribute=otp",
  incompatibleSshKeyQueryParameterField: "op://app/kinds/all/text?ssh-format=openssh",
  tooManyMatchingFields: "op://app/odd/twice",
  unreadableField: "op://app/odd/hologram",
  unableToGenerateTotpCode: "op://app/odd/TOTP_x?attribute=otp",
  sSHKeyMetadataNotFound: "op://app/odd/bare key",
  unableToParsePrivateKey: "op://app/odd/bad key?ssh-format=openssh",
  fileTooLarge: "op://app/odd/large.bin",
  notFound: "op://app/odd/gone.bin",
  incompatibleAttribute: "op://app/kinds/all/text?attribute=size",
};

/** What a client is made from that cannot sign in, by the code it fails with. */
const FAILING_CONFIGS = {
  tokenInvalid: { auth: "ops_nonsense" },
  argumentInvalid: { integrationName: 7 },
  hostNotAllowed: { allowedHosts: ["my.1password.com"] },
  authenticationFailed: { fetch: answering("/auth/confirm-key", status(401)) },
  serverNotTrusted: {
    fetch: answering("/auth/confirm-key", () => Response.json({ serverVerifyHash: "AAAA" })),
  },
  protocol: { fetch: answering("/auth/start", () => new Response("<html>")) },
  network: { fetch: throwing("TypeError") },
};

/** What the service or the network does to a reading client, by the code that comes of it. */
const FAILING_ANSWERS = {
  permissionDenied: status(403),
  conflict: status(409),
  rateLimited: status(429),
  serverError: status(500),
  timeout: throwing("TimeoutError"),
  aborted: throwing("AbortError"),
  decryption: () =>
    Response.json({
      kid: "x",
      enc: "A256GCM",
      cty: "b5+jwk+json",
      iv: "AAAAAAAAAAAAAAAA",
      data: "A".repeat(64),
    }),
};

const GROUP = "cokahvr47axgmq6hp2sy6tzb6a";
const NOBODY = "zokahvr47axgmq6hp2sy6tzb6a";
const ONCE = { oneTimeOnly: true };
const forGroup = (groupId) => [{ groupId, permissions: ["READ_ITEMS"] }];

/** Calls that fail, by the code they fail with. */
const FAILING_CALLS = {
  environmentNotFound: ({ environments }) => environments.get("nowhere"),
  tooManyEnvironments: ({ environments }) => environments.get("double"),
  notAnEnvironment: ({ environments }) => environments.get("app"),
  notAVault: ({ vaults }) => vaults.get("prod"),
  environmentDamaged: ({ environments }) => environments.get("damaged"),
  duplicateVariables: ({ environments }) => environments.get("twins"),
  groupNotFound: ({ groups }) => groups.get(NOBODY),
  recipientInvalid: ({ items }, { policy }) => items.shares.validateRecipients(policy, ["x"]),
  recipientsRejected: ({ items }, { policy }) =>
    items.shares.validateRecipients(policy, ["a@rejected.example"]),
  sharingNotAllowed: ({ items }, { policy, item }) =>
    items.shares.create(item, { ...policy, allowedTypes: [] }, ONCE),
  envUnresolved: (client, { resolveEnv }) =>
    resolveEnv({ A: "op://app/kinds/all/text", B: "op://app/nothing/text" }, { client }),
  itemInvalid: ({ items }, { policy, item }) =>
    items.shares.create({ ...item, title: 7 }, policy, ONCE),
};

/** Codes that none of the above comes to, each with the reason. */
const ELSEWHERE = {
  closed: "the last check",
  groupKeyInvalid: "takes an answer that is changed before it is sealed",
  unsupported: "runRefusal",
  commandNotStarted: "of the command alone: tests/cli",
  fileUnreadable: "of the command alone: tests/cli",
  fileUnwritable: "of the command alone: tests/cli",
  unableToFormatPrivateKeyToOpenSsh: "takes a key that is longer than the module's memory",
};

/**
 * Runs all of it, one after the other, and resolves to `{ passed, failed: ["name: why"] }`.
 * `more` is what this runtime's client needs beside token and names.
 */
export async function runSuite(library, { token }, more = {}) {
  const { Client, OnePasswordError, isOnePasswordError } = library;
  const config = {
    auth: token,
    integrationName: "runtime suite",
    allowedHosts: ["127.0.0.1"],
    integrationVersion: "1",
    ...more,
  };
  const { results, check } = checks();
  const fails = async (code, promise) => {
    const error = await promise.then(
      () => undefined,
      (thrown) => thrown,
    );
    if (!(error instanceof OnePasswordError) || !isOnePasswordError(error))
      throw new Error(String(error));
    equal(error.code, code, "code");
    if (error.message.includes(token.slice(4, 40))) throw new Error("the message holds the token");
  };

  const client = await Client.authenticate(config);
  for (const [name, value] of Object.entries(KINDS)) {
    await check(name, async () =>
      equal(await client.resolve(`op://app/kinds/${name}`), value, name),
    );
  }
  await check("one-time password", async () => {
    const code = await client.resolve("op://app/kinds/all/code?attribute=otp");
    if (!/^\d{6}$/.test(code)) throw new Error(code);
  });
  await check("private key in OpenSSH's form", async () => {
    const key = await client.resolve("op://app/kinds/all/private key?ssh-format=openssh");
    if (!key.startsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n")) throw new Error(key);
  });
  await check("bytes", async () => {
    const bytes = await client.secrets.resolveBytes("op://app/kinds/bytes.bin");
    equal(bytes.constructor.name, "Uint8Array", "class");
    equal(bytes.join(), "0,255,128,7", "bytes");
  });
  await check("50 at once", async () => {
    const titles = Array.from({ length: 50 }, (_, n) => `op://app/item ${n}/password`);
    const values = await Promise.all(titles.map((reference) => client.resolve(reference)));
    equal(values.join(), titles.map((_, n) => `pw ${n}`).join(), "values");
  });
  await check("many in one call", async () => {
    const references = ["op://app/item 3/password", "op://app/nothing/password"];
    const { individualResponses } = await client.secrets.resolveAll(references);
    equal(individualResponses[references[0]].content.secret, "pw 3", "secret");
    equal(individualResponses[references[1]].error.type, "itemNotFound", "error");
  });
  await check("an item and its file", async () => {
    const { fields, files, createdAt } = await client.items.get("app", "kinds");
    equal(fields.find(({ title }) => title === "text").value, KINDS["all/text"], "text");
    equal(createdAt instanceof Date, true, "a date");
    const { attributes } = files.find(({ attributes }) => attributes.name === "bytes.bin");
    const bytes = await client.items.files.read("app", "kinds", attributes);
    equal(bytes.join(), "0,255,128,7", "bytes");
  });
  await check("several items", async () => {
    const { individualResponses } = await client.items.getAll("app", ["nothing", "item 7"]);
    equal(individualResponses[0].error.type, "itemNotFound", "error");
    equal(individualResponses[1].content.title, "item 7", "title");
  });
  await check("items as a list, and one by one", async () => {
    const all = (await client.items.list("app")).map(({ title }) => title);
    equal(all.filter((title) => title.startsWith("item ")).length, 50, "items");
    let count = 0;
    for await (const { title } of client.items.list("app")) {
      equal(title, all[count], "title");
      count += 1;
      if (count === 10) break;
    }
  });
  await check("vaults", async () => {
    const titles = (await client.vaults.list()).map(({ title }) => title).sort();
    equal(titles.filter((title) => /^(app|same)$/i.test(title)).join(), "Same,app,same", "titles");
    const { access } = await client.vaults.get("app", { accessors: true });
    equal(access.length, 1, "who has access");
  });
  await check("the variables of an Environment", async () => {
    equal(JSON.stringify(await client.environments.get("prod")), '{"A":"1","B":"grüße"}', "values");
  });
  await check("an environment", async () => {
    const source = {
      WHOLE: "op://app/kinds/all/text",
      PART: "{{ op://app/kinds/username }}:{{ op://app/kinds/password }}@h",
      NONE: "see op://app/kinds/username",
      BINDING: config,
      GONE: "op://app/kinds/nothing",
    };
    const env = await library.resolveEnv(source, { client, optional: { GONE: "default" } });
    equal(env.BINDING, config, "what is no text");
    const { WHOLE, PART, NONE, GONE } = env;
    const expected = [KINDS["all/text"], "someone:pass word@h", source.NONE, "default"];
    equal([WHOLE, PART, NONE, GONE].join("|"), expected.join("|"), "values");
  });
  await check("a template", async () => {
    const text = '{{ op://app/kinds/all/text }}\n$V ${W:-d} {{ "{{ op://a/b/c }}" }}';
    const made = await library.resolveTemplate(text, { client, variables: { V: "v" } });
    equal(made, `${KINDS["all/text"]}\nv d {{ op://a/b/c }}`, "text");
  });
  await check("a masked text", async () => {
    const secrets = [KINDS["all/text"]];
    const bytes = new TextEncoder().encode(`a ${secrets[0]} b`);
    // A secret that is cut within a character, into a masker and through a stream.
    const masker = library.createMasker(secrets);
    const pieces = [bytes.slice(0, 5), bytes.slice(5)].map((piece) => masker.write(piece));
    const shown = [...pieces, masker.end()].map((piece) => new TextDecoder().decode(piece));
    equal(shown.join(""), `a ${library.MASK} b`, "by a masker");
    const stream = new Blob([bytes]).stream().pipeThrough(library.maskStream(secrets));
    equal(await new Response(stream).text(), `a ${library.MASK} b`, "through a stream");
  });
  const shared = { resolveEnv: library.resolveEnv };
  await check("a share", async () => {
    shared.item = await client.items.get("app", "kinds");
    shared.policy = await client.items.shares.getAccountPolicy("app", "kinds");
    const recipients = await client.items.shares.validateRecipients(shared.policy, ["A@b.example"]);
    const params = { ...ONCE, recipients };
    const link = await client.items.shares.create(shared.item, shared.policy, params);
    equal(/^https:\/\/share\.1password\.com\/s#[\w-]{43}$/.test(link), true, "link");
  });
  await check("a group's access", async () => {
    const { id } = (await client.vaults.list()).find(({ title }) => title === "same");
    const reach = async () => {
      const { vaultAccess } = await client.groups.get(GROUP, { vaultPermissions: true });
      return vaultAccess.find(({ vaultUuid }) => vaultUuid === id)?.permissions;
    };
    await client.vaults.grantGroupPermissions(id, forGroup(GROUP));
    equal(await reach(), 32, "granted");
    const changed = [{ vaultId: id, groupId: GROUP, permissions: 48 }];
    await client.vaults.updateGroupPermissions(changed);
    equal(await reach(), 48, "changed");
    await client.vaults.revokeGroupPermissions(id, GROUP);
    equal(await reach(), undefined, "revoked");
  });
  for (const [code, call] of Object.entries(FAILING_CALLS)) {
    await check(code, () => fails(code, call(client, shared)));
  }
  for (const [code, reference] of Object.entries(FAILING_REFERENCES)) {
    await check(code, () => fails(code, client.resolve(reference)));
  }
  for (const [code, broken] of Object.entries(FAILING_CONFIGS)) {
    await check(code, () => fails(code, Client.authenticate({ ...config, ...broken })));
  }
  for (const [code, answer] of Object.entries(FAILING_ANSWERS)) {
    await check(code, async () => {
      const unlucky = await Client.authenticate({ ...config, fetch: answering(OVERVIEWS, answer) });
      await fails(code, unlucky.resolve("op://app/kinds/text"));
      // The pause after a 429 is the token's.
      unlucky.clearPause();
      unlucky.close();
    });
  }
  await check("closed", async () => {
    client.close();
    await fails("closed", client.resolve("op://app/kinds/text"));
  });
  await check("every code is provoked", () => {
    const provoked = [
      FAILING_REFERENCES,
      FAILING_CALLS,
      FAILING_CONFIGS,
      FAILING_ANSWERS,
      ELSEWHERE,
    ];
    const codes = provoked.flatMap(Object.keys).sort();
    equal(codes.join(), [...library.ERROR_CODES].sort().join(), "codes");
  });
  await check("references without a client", () => {
    equal(library.parseSecretReference("op://v/caf%C3%A9/f").item, "café", "item");
  });
  return results;
}

/**
 * For a host that lacks something, or forbids it: signing in fails with `code`, each time, and with
 * a message that holds what `says` says. Resolves to the same as the suite.
 */
export async function runRefusal(library, { token }, { code, says }) {
  const { results, check } = checks();
  for (const name of ["refused", "refused again"]) {
    await check(name, async () => {
      const named = { integrationName: "runtime suite", integrationVersion: "1" };
      const config = { auth: token, ...named, allowedHosts: ["127.0.0.1"] };
      const error = await library.Client.authenticate(config).then(
        () => ({ code: "nothing" }),
        (thrown) => thrown,
      );
      equal(error.code, code, `code of ${error}`);
      equal(error instanceof library.OnePasswordError, true, "class");
      equal(error.message.includes(says), true, `"${says}" in "${error.message}"`);
    });
  }
  return results;
}
