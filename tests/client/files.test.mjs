// Files: text, bytes, their attributes, and what can be wrong with them.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import init from "../../dist/wasm/op.js";
import { Service } from "./support.mjs";

const BYTES = Uint8Array.from({ length: 1000 }, (_, n) => (n * 7) % 256);
const FILE_ID = "s3rcqtop2nvvffimmsetsn3zyi";
const FILE_PATH = `/api/v3/file/${FILE_ID}`;

const service = await Service.start({
  account: {
    vaults: [
      {
        name: "app",
        items: [
          {
            title: "attached",
            fields: { username: "someone" },
            files: [
              { name: "read.me", fieldId: "fieldid", id: FILE_ID, content: "grüße\n" },
              { name: "key.bin", content: BYTES },
              { name: "empty", content: "" },
            ],
          },
          { title: "doc", document: { name: "a document.txt", content: "of its own" } },
        ],
      },
    ],
  },
});
const client = await service.authenticate();
const { secrets } = client;

afterEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

test("a text file is its text", async () => {
  assert.equal(await secrets.resolve("op://app/attached/read.me"), "grüße\n");
  assert.equal(await secrets.resolve("op://app/attached/READ.ME"), "grüße\n");
  assert.equal(await secrets.resolve("op://app/attached/fieldid"), "grüße\n");
  assert.equal(await secrets.resolve("op://app/attached/empty"), "");
  assert.equal(await secrets.resolve("op://app/doc/a document.txt"), "of its own");
});

test("any file is its bytes, text too", async () => {
  const bytes = await secrets.resolveBytes("op://app/attached/key.bin");
  assert.ok(bytes instanceof Uint8Array);
  assert.deepEqual(bytes, BYTES);
  const text = await secrets.resolveBytes("op://app/attached/username");
  assert.equal(new TextDecoder().decode(text), "someone");
  assert.equal((await secrets.resolveBytes("op://app/attached/empty")).length, 0);
});

test("bytes that are no text", async () => {
  const error = await service.failure(
    secrets.resolve("op://app/attached/key.bin"),
    "unsupportedFileFormat",
  );
  assert.match(error.message, /resolveBytes/);
});

test("what is asked of a file besides its content", async () => {
  const ask = (attribute) => secrets.resolve(`op://app/attached/read.me?attribute=${attribute}`);
  assert.equal(await ask("content"), "grüße\n");
  assert.equal(await ask("size"), "8");
  assert.equal(await ask("name"), "read.me");
  assert.equal(await ask("id"), FILE_ID);
  assert.equal(await ask("type"), "FILE");
  // As the vendor's client answers.
  assert.equal(await ask("otp"), "grüße\n");
  for (const attribute of ["title", "value", "purpose"]) {
    await service.failure(ask(attribute), "incompatibleAttribute");
  }
});

test("the size, the name and the id need no download", async () => {
  service.calls = [];
  await secrets.resolve("op://app/attached/read.me?attr=size");
  assert.deepEqual(
    service.paths.filter((path) => path.includes("/file/")),
    [],
  );
});

test("a file is in the module's memory once", async () => {
  const bytes = new Uint8Array(16 * 2 ** 20).fill(7);
  const files = [{ name: "large.bin", content: bytes }];
  const large = await Service.start({
    account: { vaults: [{ name: "v", items: [{ title: "i", files }] }] },
  });
  // The service in this process has it too; the module's memory is the client's alone.
  const { memory } = await init();
  const { secrets: reader } = await large.authenticate();
  const before = memory.buffer.byteLength;
  assert.deepEqual(await reader.resolveBytes("op://v/i/large.bin"), bytes);
  const grown = memory.buffer.byteLength - before;
  assert.ok(grown < 1.2 * bytes.length, `${grown} bytes for a file of ${bytes.length}`);
});

test("a file at the older address", async () => {
  service.replace = (call, ask) =>
    call.path === FILE_PATH ? Promise.resolve(new Response(null, { status: 404 })) : ask();
  assert.equal(await secrets.resolve("op://app/attached/read.me"), "grüße\n");
  assert.match(service.paths.at(-1), /^\/api\/v2\/file\/\w{26}\/\w{26}\/\w{26}$/);
});

for (const [what, damage] of [
  ["altered", (bytes) => Uint8Array.from(bytes, (byte, n) => (n === 3 ? byte ^ 1 : byte))],
  ["cut off", (bytes) => bytes.slice(0, -1)],
  ["empty", () => new Uint8Array()],
]) {
  test(`stored bytes that are ${what} fail at the hash`, async () => {
    service.change = (answer) => {
      if (answer.path === FILE_PATH) answer.bytes = damage(answer.bytes);
    };
    const error = await service.failure(secrets.resolve("op://app/attached/read.me"), "decryption");
    assert.match(error.message, /hash/);
  });
}

test("a file that is larger than it says", async () => {
  service.change = (answer) => {
    if (answer.path === FILE_PATH) answer.bytes = new Uint8Array(50_000_001 + 16);
  };
  const error = await service.failure(
    secrets.resolveBytes("op://app/attached/read.me"),
    "fileTooLarge",
  );
  assert.match(error.message, /50000001 bytes/);
});

test("a file that says it is larger than 50 MB is not asked for", async () => {
  const big = await Service.start({
    account: {
      vaults: [
        {
          name: "app",
          items: [
            {
              title: "big",
              details: {
                sections: [
                  {
                    name: "s",
                    title: "",
                    fields: [
                      {
                        k: "file",
                        n: "f",
                        v: { fileName: "big", documentId: FILE_ID, unencryptedSize: 50_000_001 },
                      },
                    ],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  });
  const { secrets: bigSecrets } = await big.authenticate();
  const error = await big.failure(bigSecrets.resolveBytes("op://app/big/big"), "fileTooLarge");
  assert.match(error.message, /50000001 bytes; at most 50000000/);
  assert.ok(big.paths.every((path) => !path.includes("/file/")));
});
