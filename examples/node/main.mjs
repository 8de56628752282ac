// node main.mjs op://vault/item/field …
import { Client } from "onepassword-edge";

const client = await Client.authenticate({
  auth: process.env.OP_SERVICE_ACCOUNT_TOKEN,
  integrationName: "example for Node",
  integrationVersion: "1.0.0",
});

const { individualResponses } = await client.secrets.resolveAll(process.argv.slice(2));
for (const [reference, { content, error }] of Object.entries(individualResponses)) {
  if (error) {
    console.error(`${reference}: ${error.message}`);
    process.exitCode = 1;
  } else {
    console.log(content.secret);
  }
}
client.close();
