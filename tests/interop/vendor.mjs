// The vendor's client against an emulator, as a black box.
import { createClient } from "@1password/sdk";

const realFetch = globalThis.fetch;

/** Emulators by their account's device, which every request of the vendor's client names. */
const emulators = new Map();

/**
 * Signs the vendor's client in to an emulator.
 *
 * The vendor's client knows the global `fetch` alone. The one that is put in its place passes on
 * whatever does not come from a client made here, so other clients may run beside it.
 */
export function vendorClient(emulator) {
  emulators.set(readToken(emulator.token).deviceUuid, emulator);
  globalThis.fetch = routedFetch;
  return createClient({
    auth: emulator.token,
    integrationName: "interop",
    integrationVersion: "1.0.0",
  });
}

/** The JSON inside a token. */
export function readToken(token) {
  return JSON.parse(Buffer.from(token.slice("ops_".length), "base64url").toString());
}

async function routedFetch(input, init) {
  const request = new Request(input, init);
  const device = request.headers.get("OP-User-Agent")?.split("|")[3];
  const emulator = emulators.get(device);
  if (emulator === undefined) return realFetch(request);
  const response = await emulator.fetch(request);
  // A response that was not fetched has no address, and without one the vendor's client aborts.
  return Object.defineProperty(response, "url", { value: request.url });
}

/** What the messages of the vendor's client end with or contain, by our error code. */
const MESSAGES = {
  fieldNotFound: "the specified field cannot be found within the item",
  incompatibleSshKeyQueryParameterField: "SSH key formatting can only be applied to a private key",
  incompatibleTOTPQueryParameterField: "TOTP attribute can only be applied to TOTP-type fields",
  itemNotActive: "item is not in an active state",
  itemNotFound: "no item matched the secret reference query",
  noMatchingSections: "no section matched the secret reference",
  parsing: "the secret reference could not be parsed",
  tooManyItems: "more than one item matched the secret reference query",
  tooManyMatchingFields: "more than one field matched the secret reference",
  tooManyVaults: "more than one vault matched the secret reference query",
  unreadableField: "unable to read value from field",
  unsupportedFileFormat: "currently only text files are supported",
  vaultNotFound: "no vault matched the secret reference query",
};

/** What the vendor's client answers to a reference: `{ secret }`, or `{ error }` with our code. */
export async function vendorAnswer(client, reference) {
  try {
    return { secret: await client.secrets.resolve(reference) };
  } catch (error) {
    const known = Object.entries(MESSAGES).find(([, text]) => error.message.includes(text));
    // An unknown message is its own code, so that a comparison shows it.
    return { error: known === undefined ? error.message : known[0] };
  }
}
