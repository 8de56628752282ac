// bun main.ts op://vault/item/field, or compiled: bun build --compile main.ts
import { Client } from "onepassword-edge";

const client = await Client.authenticate({
  auth: process.env.OP_SERVICE_ACCOUNT_TOKEN ?? "",
  integrationName: "example for Bun",
  integrationVersion: "1.0.0",
});
for (const reference of process.argv.slice(2)) console.log(await client.secrets.resolve(reference));
client.close();
