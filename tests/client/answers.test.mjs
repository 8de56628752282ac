// Every answer in turn is not what it should be: the call fails in a known way, and the client lives on.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { sealJson } from "../emulator/raw_client.mjs";
import { BY_ID, BY_NAME, PATHS, SECRET, Service } from "./support.mjs";

const service = await Service.start();
/** Genuine answers of another session, as they travelled and before they were sealed. */
const recorded = await recordSession();

async function recordSession() {
  const [sent, opened] = [{}, {}];
  service.change = ({ path, json }) => {
    opened[path] = json;
  };
  service.replace = async ({ path }, ask) => {
    const response = await ask();
    sent[path] = await response.clone().text();
    return response;
  };
  const client = await service.authenticate();
  for (const reference of [BY_ID, BY_NAME]) assert.equal(await client.resolve(reference), SECRET);
  assert.deepEqual(Object.keys(sent).sort(), Object.values(PATHS).sort());
  return { sent, opened };
}

beforeEach(() => {
  service.change = undefined;
  service.replace = undefined;
});

const NO_JSON = {
  nothing: () => "",
  "white space": () => " \r\n",
  HTML: () => "<!doctype html><title>Sign in to the network</title>",
  "a word": () => "OK",
  "half of it": (text) => text.slice(0, text.length / 2),
  "all but its end": (text) => text.slice(0, -1),
  "it twice": (text) => text + text,
  "random bytes": () => crypto.getRandomValues(new Uint8Array(1000)),
  "bytes that are no UTF-8": () => Uint8Array.of(0x22, 0xff, 0xfe, 0x22),
  "an array without end": () => "[".repeat(100_000),
  "an object without end": () => '{"data":'.repeat(100_000),
};
const OTHER_JSON = {
  null: () => "null",
  true: () => "true",
  "a number": () => "1e400",
  "a string": () => '"x"',
  "an empty array": () => "[]",
  "an empty object": () => "{}",
  "an array nested deeply": () => "[".repeat(100_000) + "]".repeat(100_000),
  "an object with members of wrong kinds": () =>
    '{"kid":5,"enc":[],"iv":{},"data":true,"sessionID":5,"status":null,"serverVerifyHash":[]}',
};
/** Which sealed envelopes cannot be opened. */
const ENVELOPES = {
  "a flipped bit": (text) => spoilData(text, (bytes) => bytes.with(3, bytes[3] ^ 1)),
  "a flipped bit of the tag": (text) =>
    spoilData(text, (bytes) => bytes.with(-1, bytes.at(-1) ^ 0x80)),
  "a cut ciphertext": (text) => spoilData(text, (bytes) => bytes.slice(0, -1)),
  "less than a tag": (text) => spoilData(text, (bytes) => bytes.slice(0, 15)),
  "data that is not base64": (text) => JSON.stringify({ ...JSON.parse(text), data: "*" }),
  "another IV": (text) => JSON.stringify({ ...JSON.parse(text), iv: "AAAAAAAAAAAAAAAA" }),
  "an IV of 11 bytes": (text) => JSON.stringify({ ...JSON.parse(text), iv: "AAAAAAAAAAAAAAA" }),
  "no IV": (text) => JSON.stringify({ ...JSON.parse(text), iv: undefined }),
  "another cipher": (text) => JSON.stringify({ ...JSON.parse(text), enc: "A128GCM" }),
  "another session's envelope": (_, path) => recorded.sent[path],
  "another session's envelope under this one's name": (text, path) =>
    JSON.stringify({ ...JSON.parse(recorded.sent[path]), kid: JSON.parse(text).kid }),
  "an envelope sealed with a key of zeros": (text, path) =>
    JSON.stringify(sealJson(Buffer.alloc(32), JSON.parse(text).kid, recorded.opened[path])),
};

function spoilData(text, change) {
  const envelope = JSON.parse(text);
  const bytes = change(Uint8Array.from(Buffer.from(envelope.data, "base64url")));
  return JSON.stringify({ ...envelope, data: Buffer.from(bytes).toString("base64url") });
}

/** Sends what `spoil` makes of the answer at `path`; returns a function that fails if it never did. */
function spoilAt(path, spoil) {
  let done = false;
  service.replace = async (call, ask) => {
    const response = await ask();
    if (call.path !== path) return response;
    done = true;
    return new Response(spoil(await response.text(), path));
  };
  return () => assert.ok(done, `${path} was not asked`);
}

/** What answers the later requests of a sign-in: each try costs much of one. */
const IN_SHORT = [
  "nothing",
  "HTML",
  "half of it",
  "null",
  "an empty array",
  "an empty object",
  "its JSON unsealed",
  "a flipped bit",
  "another session's envelope",
];

for (const step of ["start", "exchange", "confirm"]) {
  test(`${step}: what is not its JSON`, async () => {
    const path = PATHS[step];
    const anEnvelope = { "an envelope": () => recorded.sent[PATHS.vaults] };
    for (const [name, spoil] of Object.entries({ ...NO_JSON, ...OTHER_JSON, ...anEnvelope })) {
      if (step !== "start" && !IN_SHORT.includes(name)) continue;
      const wasSpoilt = spoilAt(path, spoil);
      // A server that answers without its proof proves nothing.
      const unproved = step === "confirm" && name === "an empty object";
      const code = unproved ? "serverNotTrusted" : "protocol";
      await service.failure(service.authenticate(), code, name);
      wasSpoilt();
      assert.equal(service.paths.at(-1), path, name);
    }
  });
}

/** What answers a sealed request badly, and the code of the error. */
const SEALED = [
  ...Object.entries({ ...NO_JSON, ...OTHER_JSON }).map((entry) => [...entry, "protocol"]),
  ["its JSON unsealed", (_, path) => JSON.stringify(recorded.opened[path]), "protocol"],
  ...Object.entries(ENVELOPES).map((entry) => [...entry, "decryption"]),
];

test("complete: what is not its envelope", async () => {
  for (const [name, spoil, code] of SEALED) {
    if (!IN_SHORT.includes(name)) continue;
    const wasSpoilt = spoilAt(PATHS.complete, spoil);
    await service.failure(service.authenticate(), code, name);
    wasSpoilt();
    assert.equal(service.paths.at(-1), PATHS.complete, name);
  }
});

const STEPS = [
  ["vaults", BY_NAME],
  ["overviews", BY_NAME],
  ["vault", BY_ID],
  ["keysets", BY_ID],
  ["item", BY_ID],
];
for (const [step, reference] of STEPS) {
  test(`${step}: what is not its envelope`, async () => {
    const client = await service.authenticate();
    for (const [name, spoil, code] of SEALED) {
      const wasSpoilt = spoilAt(PATHS[step], spoil);
      const error = await service.failure(client.resolve(reference), code, name);
      wasSpoilt();
      assert.equal(error.reference, reference, name);
    }
    service.replace = undefined;
    assert.equal(await client.resolve(reference), SECRET);
  });

  test(`${step}: what is sealed, but not its content`, async () => {
    const client = await service.authenticate();
    const next = STEPS[(STEPS.findIndex(([name]) => name === step) + 1) % STEPS.length][0];
    for (const json of [null, true, 5, "x", "", [], {}, recorded.opened[PATHS[next]]]) {
      let done = false;
      service.change = (answer) => {
        if (answer.path !== PATHS[step]) return;
        answer.json = json;
        done = true;
      };
      // An account without vaults is no error of the protocol.
      const noVaults = step === "vaults" && Array.isArray(json) && json.length === 0;
      await service.failure(client.resolve(reference), noVaults ? "vaultNotFound" : "protocol");
      assert.ok(done);
    }
    service.change = undefined;
    assert.equal(await client.resolve(reference), SECRET);
  });
}
