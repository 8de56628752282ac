// Programs as the vendor's README, examples and tests have them, as far as they only read: written
// anew, run through both packages, with the same output.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { mock, test } from "node:test";
import vendor from "@1password/sdk";
import ours from "onepassword-edge/compat";
import { createEmulator } from "../../dist/emulator/index.js";
import { vendorClient } from "./vendor.mjs";

// One-time passwords depend on the time.
mock.method(Date, "now", () => 1_700_000_000_000);

const pem = (...args) =>
  generateKeyPairSync(...args).privateKey.export({ type: "pkcs8", format: "pem" });
const SECTION = "my section";
const LOGIN = {
  username: "my username",
  password: "my secret value",
  tags: ["test tag 1", "test tag 2"],
  urls: [{ url: "example.com", label: "url", autofill: "default" }],
};
const FIELDS = [
  {
    title: "one-time password",
    id: "onetimepassword",
    kind: "otp",
    value: "otpauth://totp/my-example-otp?secret=jncrjgbdjnrncbjsr&issuer=1Password",
  },
  { title: "phone", kind: "phone", value: "+1 555 0100" },
  { title: "url", kind: "URL", value: "https://example.com" },
  { title: "email", kind: "email", value: "a@example.com" },
  { title: "card", kind: "cctype", value: "mc" },
  { title: "number", kind: "creditCardNumber", value: "4111111111111111" },
  { title: "month", kind: "monthYear", value: 199803 },
  { title: "date", kind: "date", value: 896184060 },
  { title: "menu", kind: "menu", value: "choice" },
  { title: "reference", kind: "reference", value: "f43hnkatjllm5fsfsmgaqdhv7a" },
  {
    title: "address",
    kind: "address",
    value: { street: "1 Main St", city: "Springfield", country: "us", zip: "12345", state: "IL" },
  },
];
const file = (name, content) => ({ name, content, section: SECTION, fieldId: `${name}_field` });
const emulator = await createEmulator({
  account: {
    vaults: [
      {
        name: "vault",
        description: "for examples",
        items: [
          {
            title: "item",
            ...LOGIN,
            notes: "a note",
            sections: [{ title: SECTION, fields: FIELDS }],
          },
          ...[1, 2, 3].map((n) => ({ title: `My Login Item ${n}`, ...LOGIN })),
          {
            title: "ed25519",
            category: "SshKey",
            fields: [{ title: "private key", kind: "sshKey", value: pem("ed25519") }],
          },
          {
            title: "rsa",
            category: "SshKey",
            fields: [
              { title: "private key", kind: "sshKey", value: pem("rsa", { modulusLength: 4096 }) },
            ],
          },
          { title: "document", document: { name: "file.txt", content: "a document" } },
          {
            title: "files",
            ...LOGIN,
            files: [file("a.txt", "one"), file("b.bin", Buffer.from([0, 255]))],
          },
          { title: "archived", state: "trashed", ...LOGIN },
        ],
      },
      ...["personal", "everyone", "transfer", "odd"].map((type) => ({ name: `of ${type}`, type })),
    ],
  },
});

const config = {
  auth: emulator.token,
  integrationName: "My 1Password Integration",
  integrationVersion: "v1.0.0",
};
const clients = {
  vendor: await vendorClient(emulator),
  ours: await ours.createClient({ ...config, fetch: emulator.fetch }),
};

/** Runs a program through both; what it writes has to be the same. */
function flow(name, program) {
  test(name, async () => {
    const written = await Promise.all([
      outputOf(program, vendor, clients.vendor),
      outputOf(program, ours, clients.ours),
    ]);
    assert.deepEqual(written[1], written[0]);
    assert.ok(written[0].length > 0, "the program writes something");
    // Dates, bytes and what is null, too: text shows the order of members.
    const shown = written.map((lines) => lines.map((line) => JSON.stringify(line)));
    assert.deepEqual(shown[1], shown[0]);
  });
}

async function outputOf(program, sdk, client) {
  const lines = [];
  await program({ sdk, client, log: (...line) => lines.push(...line) });
  return lines;
}

const vaultNamed = async (client, title) =>
  (await client.vaults.list()).find((vault) => vault.title === title);
const itemNamed = async (client, title) => {
  const { id } = await vaultNamed(client, "vault");
  const overview = (await client.items.list(id)).find((item) => item.title === title);
  return await client.items.get(id, overview.id);
};

flow("a secret by its reference", async ({ client, log }) => {
  log(await client.secrets.resolve("op://vault/item/username"));
});

test("both packages can be required", async () => {
  const require = createRequire(import.meta.url);
  const program = async (sdk, more) => {
    const client = await sdk.createClient({ ...config, ...more });
    return await client.secrets.resolve("op://vault/item/password");
  };
  const secrets = await Promise.all([
    program(require("@1password/sdk"), {}),
    program(require("onepassword-edge/compat"), { fetch: emulator.fetch }),
  ]);
  assert.deepEqual(secrets, ["my secret value", "my secret value"]);
});

flow("vaults, one by one", async ({ client, log }) => {
  for await (const vault of await client.vaults.list({ decryptDetails: true })) log(vault);
  for (const vault of await client.vaults.list({})) log(`${vault.id} ${vault.title}`);
  log(await client.vaults.list({ decryptDetails: false }));
});

flow("a vault's overview, and the vault", async ({ client, log }) => {
  const { id } = await vaultNamed(client, "vault");
  const overview = await client.vaults.getOverview(id);
  log(overview, overview.createdAt instanceof Date);
  log(await client.vaults.get(overview.id, { accessors: false }));
  log(await client.vaults.get(overview.id, { accessors: true }));
});

flow("all items of all vaults", async ({ client, log }) => {
  for await (const vault of await client.vaults.list()) {
    for await (const item of await client.items.list(vault.id)) log(item);
  }
});

flow("items by their state", async ({ client, log, sdk }) => {
  const { id } = await vaultNamed(client, "vault");
  for (const [active, archived] of [
    [true, true],
    [false, true],
    [true, false],
    [false, false],
  ]) {
    const items = await client.items.list(id, { type: "ByState", content: { active, archived } });
    log(items, items.filter((item) => item.state === sdk.ItemState.Archived).length);
  }
});

flow("references are validated", async ({ sdk, log }) => {
  for (const reference of ["op://vault/item/field", "op://v/i/s/f", "op://x", "no reference", ""]) {
    try {
      log(sdk.Secrets.validateSecretReference(reference) ?? "valid");
    } catch {
      log("not valid");
    }
  }
});

flow("a user name and a one-time password by ids", async ({ client, log }) => {
  const { vaultId, id } = await itemNamed(client, "item");
  log(await client.secrets.resolve(`op://${vaultId}/${id}/username`));
  log(await client.secrets.resolve(`op://${vaultId}/${id}/TOTP_onetimepassword?attribute=totp`));
});

flow("several secrets at once", async ({ client, log }) => {
  const parts = ["username", "password", "one-time password?attribute=otp", "nothing", "a/b/c/d"];
  const references = parts.map((part) => `op://vault/item/${part}`);
  const { individualResponses } = await client.secrets.resolveAll(references);
  for (const reference of references) {
    const { content, error } = individualResponses[reference];
    log(content, error === null ? null : error.type);
  }
});

flow("an item, and the one-time password in it", async ({ sdk, client, log }) => {
  const item = await itemNamed(client, "item");
  const field = item.fields.find(({ fieldType }) => fieldType === sdk.ItemFieldType.Totp);
  log(item, field.details.type === "Otp" && field.details.content.code);
  log(item.createdAt.getTime(), item.updatedAt.getTime());
});

flow("several items at once", async ({ client, log }) => {
  const { id } = await vaultNamed(client, "vault");
  const ids = (await client.items.list(id)).map((item) => item.id);
  const { individualResponses } = await client.items.getAll(id, ids);
  for (const response of individualResponses) {
    if (response.content) log(response.content);
    else log(response.error);
  }
  log(individualResponses.length);
});

flow("an SSH key and its public part", async ({ client, log }) => {
  for (const title of ["ed25519", "rsa"]) {
    const { value, details } = (await itemNamed(client, title)).fields[0];
    log(value, details.content.publicKey, details.content.fingerprint, details.content.keyType);
  }
});

flow("the content of a document", async ({ client, log }) => {
  const { vaultId, id, document } = await itemNamed(client, "document");
  const content = await client.items.files.read(vaultId, id, document);
  log(document, content instanceof Uint8Array, new TextDecoder().decode(content));
});

flow("the content of attached files", async ({ client, log }) => {
  const { vaultId, id, files } = await itemNamed(client, "files");
  for (const { attributes, sectionId, fieldId } of files) {
    const content = await client.items.files.read(vaultId, id, attributes);
    log(attributes, sectionId, fieldId, [...content]);
  }
});

flow("passwords of all recipes", async ({ sdk, log }) => {
  const { SeparatorType, WordListType } = sdk;
  const memorable = { separatorType: SeparatorType.Digits, wordListType: WordListType.FullWords };
  for (const [recipe, form] of [
    [{ type: "Pin", parameters: { length: 8 } }, /^\d{8}$/],
    [
      { type: "Memorable", parameters: { ...memorable, capitalize: true, wordCount: 8 } },
      /^(?:[a-zA-Z]+\d){7}[a-zA-Z]+$/,
    ],
    [
      { type: "Random", parameters: { includeDigits: true, includeSymbols: true, length: 8 } },
      /^(?=.*\d)(?=.*[^\w]|.*_).{8}$/,
    ],
  ]) {
    const answer = sdk.Secrets.generatePassword(recipe);
    log(Object.keys(answer), form.test(answer.password));
  }
});

test("five clients at once", async () => {
  const once = async () => {
    const client = await ours.createClient({ ...config, fetch: emulator.fetch });
    return await client.secrets.resolve("op://vault/item/password");
  };
  const secrets = await Promise.all(Array.from({ length: 5 }, once));
  assert.deepEqual(secrets, Array(5).fill("my secret value"));
});

// What changes something runs in an account of its own, which is the same for both.

const VAULT_ID = "o55tod6a4pdaoelxf2f7icbrv4";
const ITEM_ID = "pokahvr47axgmq6hp2sy6tzb6a";
const ENVIRONMENT_ID = "qokahvr47axgmq6hp2sy6tzb6a";
const GROUP_ID = "rokahvr47axgmq6hp2sy6tzb6a";
const CHANGED = {
  vaults: [{ name: "vault", id: VAULT_ID, items: [{ title: "item", id: ITEM_ID, ...LOGIN }] }],
  environments: [{ name: "production", id: ENVIRONMENT_ID, variables: { DB_HOST: "db.example" } }],
  groups: [{ name: "developers", id: GROUP_ID, description: "of the tests" }],
};

/** The same as a flow, with an account that the program changes. */
function changingFlow(name, program) {
  test(name, async () => {
    const written = [];
    for (const sdk of [vendor, ours]) {
      const own = await createEmulator({ account: CHANGED });
      const client =
        sdk === vendor
          ? await vendorClient(own)
          : await ours.createClient({ ...config, auth: own.token, fetch: own.fetch });
      const lines = [];
      await program({ sdk, client, own, log: (...line) => lines.push(...line) });
      written.push(lines);
    }
    assert.deepEqual(written[1], written[0]);
    assert.ok(written[0].length > 0, "the program writes something");
    const shown = written.map((lines) => lines.map((line) => JSON.stringify(line)));
    assert.deepEqual(shown[1], shown[0]);
  });
}

changingFlow("the variables of an Environment", async ({ client, log }) => {
  const { variables } = await client.environments.getVariables(ENVIRONMENT_ID);
  for (const { name, value, masked } of variables) log(`${name}=${masked ? "…" : value}`);
  log(variables);
});

changingFlow("an item is shared", async ({ sdk, client, own, log }) => {
  const item = await client.items.get(VAULT_ID, ITEM_ID);
  const policy = await client.items.shares.getAccountPolicy(item.vaultId, item.id);
  log(policy);
  const recipients = await client.items.shares.validateRecipients(policy, [
    "Helly.R@example.com",
    "agilebits.com",
  ]);
  log(recipients);
  const link = await client.items.shares.create(item, policy, {
    recipients,
    expireAfter: sdk.ItemShareDuration.OneHour,
    oneTimeOnly: false,
  });
  log(link.split("#")[0], link.length);
  const { overview, details } = await own.openShare(link, "helly.r@example.com");
  log(overview.title, details);
  const [{ type, expiry, itemVersion }] = own.shares;
  log(type, expiry, itemVersion, own.shares[0].recipients);
});

changingFlow("a group's access to a vault is granted, changed and revoked", async (flow) => {
  const { sdk, client, log } = flow;
  log(await client.groups.get(GROUP_ID, { vaultPermissions: true }));
  await client.vaults.grantGroupPermissions(VAULT_ID, [
    { groupId: GROUP_ID, permissions: sdk.READ_ITEMS },
  ]);
  log(await client.groups.get(GROUP_ID, { vaultPermissions: true }));
  const permissions = sdk.READ_ITEMS | sdk.CREATE_ITEMS | sdk.UPDATE_ITEMS;
  await client.vaults.updateGroupPermissions([
    { vaultId: VAULT_ID, groupId: GROUP_ID, permissions },
  ]);
  const { access } = await client.vaults.get(VAULT_ID, { accessors: true });
  log(access.filter(({ accessorType }) => accessorType === sdk.VaultAccessorType.Group));
  await client.vaults.revokeGroupPermissions(VAULT_ID, GROUP_ID);
  log(await client.groups.get(GROUP_ID, { vaultPermissions: false }));
  log(await client.groups.get(GROUP_ID, { vaultPermissions: true }));
});
