// Each kind of reference, one by one and together.
import { equal } from "./checks.mjs";
import { BYTES, isTrue, same, TEXT } from "./kit.mjs";

/** Values by reference, below `op://app/kinds/`. */
const KINDS = {
  "a built-in field": { username: "someone", password: "pass word", notes: "a note" },
  "a field in a section": {
    "all/text": "grüße",
    "ALL/TEXT": "grüße",
    "all/concealed": "hidden",
    "all/date": "2023-11-14",
    "all/month": "12/2026",
    "all/address": "Way 1, 1 B, de",
  },
  "a field whose section is left out": { text: "grüße", "card%20type": "visa" },
  "an attribute": { "all/text?attribute=type": "STRING", "key type": "ed25519" },
  "a file as text": { "all/read.me": "of a file" },
};

export async function checkReferences(check, { signIn, fails }) {
  const client = await signIn();
  for (const [name, values] of Object.entries(KINDS)) {
    await check(name, async () => {
      for (const [path, value] of Object.entries(values)) {
        equal(await client.resolve(`op://app/kinds/${path}`), value, path);
      }
    });
  }
  await check("ids in place of names", async () => {
    const { id, vaultId, fields } = await client.items.get("app", "kinds");
    const field = fields.find(({ title }) => title === "text");
    const ids = [vaultId, id, field.sectionId, field.id];
    isTrue(!ids.some((it) => ["app", "kinds", "all", "text"].includes(it)), ids.join());
    equal(await client.resolve(`op://${ids.join("/")}`), "grüße", "value");
  });
  await check("a one-time password", async () => {
    const code = await client.resolve("op://app/kinds/all/code?attribute=otp");
    isTrue(/^\d{6}$/.test(code), code);
  });
  await check("an SSH key, as it is kept and in OpenSSH's form", async () => {
    const reference = "op://app/kinds/all/private key";
    isTrue((await client.resolve(reference)).startsWith("-----BEGIN PRIVATE KEY-----\n"), "PEM");
    const key = await client.resolve(`${reference}?ssh-format=openssh`);
    isTrue(key.startsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "OpenSSH");
  });
  await check("a file as bytes, and text as bytes", async () => {
    const bytes = await client.resolveBytes(BYTES);
    equal(Object.getPrototypeOf(bytes), Uint8Array.prototype, "class");
    equal(bytes.buffer.byteLength, 4, "length of the buffer");
    equal(bytes.join(), "0,255,128,7", "bytes");
    const text = new TextDecoder().decode(await client.resolveBytes(TEXT));
    equal(text, "grüße", "text");
    await fails("unsupportedFileFormat", client.resolve(BYTES));
  });
  await check("resolveAll tells values and errors, each once", async () => {
    const good = "op://app/item 3/password";
    const all = ["op://app/twice/password", good, "no reference", "__proto__", good];
    const response = await client.resolveAll(all);
    same(Object.keys(response), ["individualResponses"], "members");
    const { individualResponses: of } = response;
    same(Object.keys(of), [all[0], good, "no reference", "__proto__"], "references");
    const { content, error } = of[good];
    same([content.secret, error], ["pw 3", undefined], "a value");
    const { id, vaultId } = await client.items.get("app", "item 3");
    same([content.itemId, content.vaultId], [id, vaultId], "ids");
    const [twice, ...parsing] = [all[0], "no reference", "__proto__"].map((key) => of[key]);
    same([twice.content, twice.error.type], [undefined, "tooManyItems"], "an error");
    equal(twice.error.candidates.length, 2, "candidates");
    same(
      parsing.map((it) => it.error.type),
      ["parsing", "parsing"],
      "no references",
    );
    same(await client.resolveAll([]), { individualResponses: {} }, "of nothing");
  });
}
