// The account that the suite reads, served over HTTP by a process of its own:
//
//   node service.mjs PACKAGE_FOLDER [--no-cors] [--slow] [--long]
//
// Pages of any origin may ask it, unless it is to be as the real one. Prints one line,
// {"url":…,"token":…,"pid":…}, and runs until its standard input ends. SIGUSR2 ends all sessions.
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const ED25519_PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g
-----END PRIVATE KEY-----
`;
const ANSWER_MS = 30;
const field = (kind, title, value) => ({ kind, title, value });
const times = (count, make) => Array.from({ length: count }, (_, n) => make(n));

/** Fields that cannot be answered, as the wire has them. */
const wire = (k, t, v, more) => ({ k, n: t, t, v, ...more });
const file = (fileName, unencryptedSize) =>
  wire("file", fileName, { fileName, documentId: "s3rcqtop2nvvffimmsetsn3zyi", unencryptedSize });
const ODD_FIELDS = [
  wire("string", "one", "1", { t: "twice" }),
  wire("string", "two", "2", { t: "twice" }),
  wire("hologram", "hologram", "3"),
  wire("concealed", "TOTP_x", "not base32!"),
  wire("sshKey", "bare key", ED25519_PEM),
  wire("sshKey", "bad key", "not a key", {
    a: {
      sshKeyAttributes: {
        privateKey: "not a key",
        publicKey: "ssh-ed25519 AAAA",
        fingerprint: "SHA256:x",
        keyType: { t: "ed25519" },
      },
    },
  }),
  file("large.bin", 50_000_001),
  file("gone.bin", 10),
];

const ACCOUNT = {
  vaults: [
    {
      name: "app",
      items: [
        {
          title: "kinds",
          username: "someone",
          password: "pass word",
          notes: "a note",
          sections: [
            {
              title: "all",
              fields: [
                field("text", "text", "grüße"),
                field("concealed", "concealed", "hidden"),
                field("email", "email", "a@b.example"),
                field("phone", "phone", "+49 30 123"),
                field("URL", "website", "https://a.example/?q=1"),
                field("menu", "menu", "one"),
                field("gender", "gender", "female"),
                field("cctype", "card type", "visa"),
                field("reference", "reference", "o55tod6a4pdaoelxf2f7icbrv4"),
                field("date", "date", 1_700_000_000),
                field("monthYear", "month", 202_612),
                field("address", "address", {
                  street: "Way 1",
                  city: "B",
                  zip: "1",
                  country: "de",
                }),
                field("otp", "code", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
                {
                  title: "private key",
                  kind: "sshKey",
                  value: ED25519_PEM,
                  attributes: {
                    sshKeyAttributes: {
                      privateKey: ED25519_PEM,
                      publicKey: "ssh-ed25519 AAAA",
                      fingerprint: "SHA256:x",
                      keyType: { t: "ed25519" },
                    },
                  },
                },
              ],
            },
          ],
          files: [
            { name: "read.me", content: "of a file", section: "all" },
            { name: "bytes.bin", content: Uint8Array.of(0, 255, 128, 7), section: "all" },
          ],
        },
        { title: "odd", details: { sections: [{ name: "s", title: "", fields: ODD_FIELDS }] } },
        { title: "twice", password: "1" },
        { title: "twice", password: "2" },
        { title: "gone", password: "3", id: "e4mwsz6ohkwwbwdnyn6xddfa6i", state: "trashed" },
        ...times(50, (n) => ({ title: `item ${n}`, password: `pw ${n}` })),
      ],
    },
    { name: "same" },
    { name: "Same" },
  ],
};

/** What the suite has besides, where vaults are not counted. */
const MORE = {
  environments: [
    { name: "prod", variables: { A: "1", B: "grüße" } },
    { name: "double" },
    { name: "Double" },
    {
      name: "twins",
      variables: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
      ],
    },
  ],
  groups: [{ name: "devs", id: "cokahvr47axgmq6hp2sy6tzb6a" }],
  sharing: { rejectedRecipients: ["rejected.example"] },
};
const DAMAGED = { name: "damaged", type: "environment", items: [{ title: "a" }, { title: "b" }] };

/** A list of several pages, and what an item may have besides: for tests/bare. */
const LONG = {
  name: "long",
  description: "many items",
  items: [
    {
      title: "dated",
      username: "someone",
      tags: ["one", "two"],
      urls: ["https://a.example/"],
      sections: [{ title: "all", fields: [field("text", "text", "in a section")] }],
      createdAt: "2024-02-29T12:34:56.789Z",
      updatedAt: "2025-01-02T03:04:05.678Z",
    },
    { title: "paper", document: { name: "paper.bin", content: new Uint8Array(100_000).fill(7) } },
    ...times(230, (n) => ({ title: `entry ${n}`, password: `pw ${n}` })),
    // What clients show as archived.
    ...times(5, (n) => ({ title: `old ${n}`, password: `pw ${n}`, state: "trashed" })),
  ],
};

const [folder, ...how] = process.argv.slice(2);
if (how.includes("--long")) ACCOUNT.vaults.push(LONG);
else {
  Object.assign(ACCOUNT, MORE);
  ACCOUNT.vaults.push(DAMAGED);
}
const { createEmulator } = await import(pathToFileURL(`${folder}/dist/emulator/index.js`));
const onAnswer = async () => {
  if (how.includes("--slow")) await sleep(ANSWER_MS);
};
const emulator = await createEmulator({ account: ACCOUNT, onAnswer });
const server = await emulator.serve({ cors: !how.includes("--no-cors") });
process.on("SIGUSR2", () => emulator.expireSessions());
const { url, token } = server;
process.stdout.write(`${JSON.stringify({ url, token, pid: process.pid })}\n`);
process.stdin.resume().once("end", () => server.close());
