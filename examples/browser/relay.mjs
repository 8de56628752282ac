// node relay.mjs: a relay for the page, on port 8787 or $PORT.
import { createServer } from "node:http";
import { createRelay, toNodeListener } from "onepassword-edge/relay";

const relay = createRelay({
  allowedOrigins: [process.env.PAGE_ORIGIN ?? "https://tool.example"],
  // Without this line, only 1Password's own domains.
  allowedHosts: process.env.ALLOWED_HOSTS?.split(","),
});
const server = createServer(toNodeListener(relay));
server.listen(Number(process.env.PORT ?? 8787), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
