// deno run --allow-env=OP_SERVICE_ACCOUNT_TOKEN --allow-net main.ts op://vault/item/field
import { Client } from "onepassword-edge";

const client = await Client.authenticate({
  auth: Deno.env.get("OP_SERVICE_ACCOUNT_TOKEN") ?? "",
  integrationName: "example for Deno",
  integrationVersion: "1.0.0",
});
for (const reference of Deno.args) console.log(await client.secrets.resolve(reference));
client.close();
