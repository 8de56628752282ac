// Items as the wire may have them, by chance: of all categories and kinds of fields, with values
// that suit their kind and values that do not.
import { generateKeyPairSync } from "node:crypto";

const TEMPLATES = [
  ...["001", "002", "003", "004", "005", "006", "100", "101", "102", "103", "104", "105", "106"],
  ...["107", "108", "109", "110", "111", "112", "113", "114", "115", "116", "000", "999", ""],
];
const KINDS = [
  ...["string", "concealed", "URL", "email", "phone", "menu", "reference", "gender", "cctype"],
  ...["ccnum", "creditCardNumber", "date", "monthYear", "address", "sshKey", "file", "TOTP"],
  ...["formattedText", "passkey", "ssoLogin", "weird", ""],
];
const ID_PREFIXES = { "": 40, ccnum: 4, CCNUM: 1, totp_: 1 };
const ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const TITLES = [
  "",
  "label",
  "Ünïcode – ✓",
  'quotes " and \\',
  "line\nbreak\t\u0001",
  "😀",
  "</script>",
];
const pem = (...args) =>
  generateKeyPairSync(...args).privateKey.export({ type: "pkcs8", format: "pem" });
const KEYS = [
  pem("ed25519"),
  pem("rsa", { modulusLength: 2048 }),
  pem("rsa", { modulusLength: 2047 }),
  pem("ec", { namedCurve: "P-256" }),
];
const COUNTRIES = ["us", "de", "gb", "jp", "xx", ""];

const idOf = (random) =>
  Array.from({ length: 25 }, () => random.pick(ID_LETTERS)).join("") + random.pick("aeimquy4");
const textOf = (random) =>
  random.chance(0.3) ? random.pick(TITLES) : random.text(random.below(20));
const some = (random, most, make) =>
  Array.from({ length: random.below(most + 1) }, () => make(random));
/** A member that may be missing. */
const maybe = (random, chance, name, make) =>
  random.chance(chance) ? { [name]: make(random) } : {};

/** An item, and the wire's names for its parts. */
export function randomItem(random, n) {
  const templateUuid = random.pick(TEMPLATES);
  const day = String(random.between(1, 28)).padStart(2, "0");
  const fraction = random.pick(["", ".1", ".123", ".123456789"]);
  return {
    id: idOf(random),
    templateUuid,
    trashed: random.weighted({ N: 8, A: 2, Y: 2 }),
    version: random.pick([1, 2, 17, 2 ** 31]),
    createdAt: `2024-01-${day}T03:04:05${fraction}Z`,
    updatedAt: `2025-02-${day}T13:14:15Z`,
    overview: overviewOf(random, n),
    details: detailsOf(random, templateUuid),
  };
}

function overviewOf(random, n) {
  return {
    title: random.chance(0.1) ? "" : `${textOf(random)} ${n}`,
    ...maybe(random, 0.8, "ainfo", textOf),
    ...maybe(random, 0.5, "tags", (random) => some(random, 4, textOf)),
    ...maybe(random, 0.5, "url", (random) => `https://${random.text(5)}.example`),
    ...maybe(random, 0.5, "URLs", (random) => some(random, 3, urlOf)),
    ...maybe(random, 0.2, "ps", (random) => random.below(100)),
  };
}

const urlOf = (random) => ({
  u: random.pick(["https://a.example/x?y=1", "a.example", "", "not a url"]),
  ...maybe(random, 0.7, "l", textOf),
  ...maybe(random, 0.6, "m", (random) => random.pick(["default", "host", "never", "other", ""])),
});

function detailsOf(random, template) {
  return {
    ...maybe(random, 0.8, "fields", (random) => some(random, 4, builtInOf)),
    ...maybe(random, 0.9, "sections", (random) => some(random, 4, sectionOf)),
    ...maybe(random, 0.6, "notesPlain", textOf),
    ...maybe(random, template === "005" ? 0.8 : 0.1, "password", textOf),
    ...maybe(random, template === "006" ? 0.9 : 0.1, "documentAttributes", fileOf),
    ...maybe(random, 0.3, "passwordHistory", (random) => some(random, 2, historyOf)),
  };
}

const historyOf = (random) => ({ value: textOf(random), time: 1_600_000_000 });

const builtInOf = (random) => ({
  name: random.text(4),
  id: "",
  type: random.pick(["T", "P", "E", "N", "C", "I", ""]),
  value: textOf(random),
  ...maybe(random, 0.7, "designation", (random) =>
    random.pick(["username", "password", "", "other"]),
  ),
});

const sectionOf = (random) => ({
  name: random.pick(["", "add more", idOf(random)]),
  title: textOf(random),
  ...maybe(random, 0.9, "fields", (random) => some(random, 6, fieldOf)),
});

function fieldOf(random) {
  const kind = random.pick(KINDS);
  const isCode = kind === "TOTP" || random.chance(0.03);
  return {
    k: kind === "TOTP" ? "concealed" : kind,
    n: `${isCode ? random.pick(["TOTP_", "TOTP"]) : random.weighted(ID_PREFIXES)}${idOf(random)}`,
    t: textOf(random),
    ...maybe(random, 0.9, "v", (random) => valueOfKind(random, kind)),
    ...maybe(random, 0.2, "a", () => ({ generate: "on" })),
  };
}

function valueOfKind(random, kind) {
  switch (random.chance(0.1) ? random.pick(KINDS) : kind) {
    case "date":
      return random.pick([0, 896_184_060, -86_400, 4_102_444_800, "1998-05-26", ""]);
    case "monthYear":
      return random.pick([199_803, 202_112, 202_113, 0, "202112", ""]);
    case "address":
      return addressOf(random);
    case "sshKey":
      return random.pick([...KEYS, "no key", ""]);
    case "file":
      return fileOf(random);
    case "TOTP":
      return random.pick([
        random.base32(32),
        `otpauth://totp/x:y?secret=${random.base32(16)}&issuer=x`,
        `otpauth://totp/x?secret=${random.base32(32)}&digits=8&period=60&algorithm=SHA256`,
        "otpauth://totp/x",
        "no secret!",
        "",
      ]);
    case "ssoLogin":
      return { provider: "x", item: { uuid: idOf(random) } };
    default:
      return textOf(random);
  }
}

function addressOf(random) {
  const part = (name) => maybe(random, 0.8, name, textOf);
  return {
    ...part("street"),
    ...part("city"),
    ...part("zip"),
    ...part("state"),
    ...maybe(random, 0.8, "country", (random) => random.pick(COUNTRIES)),
  };
}

const fileOf = (random) => ({
  fileName: textOf(random),
  documentId: idOf(random),
  unencryptedSize: random.below(1_000_000),
  integrityHash: random.base32(32),
  nonce: random.base32(16),
  signingKey: { alg: "HS256", k: random.base32(32) },
  encryptedSize: random.below(1_000_000),
  encryptionKey: { alg: "A256GCM", k: random.base32(43) },
});
