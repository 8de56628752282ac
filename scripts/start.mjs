// Sets up, builds, and resolves secrets: `npm start [-- REFERENCE]`.
// With OP_SERVICE_ACCOUNT_TOKEN it asks 1Password, else an emulator on this machine.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { packageJson, ROOT } from "./lib/paths.mjs";
import { main } from "./lib/run.mjs";

const USAGE = 'Say which secret: npm start -- "op://vault/item/field"';
const USAGE_STATUS = 2;

const load = (path) => import(pathToFileURL(join(ROOT, "dist", path)).href);

async function signIn(auth) {
  const { Client } = await load("index.js");
  const integrationVersion = packageJson().version;
  return Client.authenticate({ auth, integrationName: "npm start", integrationVersion });
}

/** Resolves one secret from 1Password: the value alone goes to stdout. */
async function resolveReal(auth, reference) {
  const client = await signIn(auth);
  process.stdout.write(`${await client.secrets.resolve(reference)}\n`);
  client.close();
}

/** Resolves sample secrets from the emulator, over real HTTP. */
async function resolveSamples(reference) {
  const { createEmulator, SAMPLE_REFERENCE } = await load("emulator/index.js");
  const samples = [
    SAMPLE_REFERENCE,
    "op://app/database/server/host",
    "op://shared/readme/notesPlain",
  ];
  const emulator = await createEmulator();
  const server = await emulator.serve();
  try {
    console.log(`OP_SERVICE_ACCOUNT_TOKEN is not set: this asks the emulator at ${server.url},`);
    console.log("which holds sample data. Neither 1Password nor a secret of yours is involved.\n");
    const client = await signIn(server.token);
    for (const asked of reference ? [reference] : samples) {
      console.log(`${asked}\n  = ${await client.secrets.resolve(asked)}`);
    }
    client.close();
    console.log('\nWith a real token: npm start -- "op://vault/item/field"');
  } finally {
    await server.close();
  }
}

// What the library says of a failure is meant for its user: a stack would bury it.
function tell(error) {
  const code = typeof error?.code === "string" ? ` (${error.code})` : "";
  console.error(`${error?.message ?? error}${code}`);
  return 1;
}

await main(async () => {
  const [reference] = process.argv.slice(2);
  const token = process.env.OP_SERVICE_ACCOUNT_TOKEN;
  if (token && !reference) {
    console.error(USAGE);
    return USAGE_STATUS;
  }
  await build();
  try {
    await (token ? resolveReal(token, reference) : resolveSamples(reference));
    return 0;
  } catch (error) {
    return tell(error);
  }
});
