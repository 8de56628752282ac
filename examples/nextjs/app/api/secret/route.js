import { Client } from "onepassword-edge";

// Asked for at every request, not once at build time.
export const dynamic = "force-dynamic";

export async function GET() {
  const client = await Client.authenticate({
    auth: process.env.OP_SERVICE_ACCOUNT_TOKEN,
    integrationName: "example for Next.js",
    integrationVersion: "1.0.0",
  });
  try {
    const password = await client.secrets.resolve(process.env.SECRET_REFERENCE);
    // A real handler uses the secret, and shows it to nobody.
    return new Response(`The secret has ${[...password].length} characters.\n`);
  } finally {
    client.close();
  }
}
