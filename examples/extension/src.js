// esbuild src.js --bundle --format=esm --outfile=popup.js, then load the folder as an extension.
// With host permissions for 1Password's domains an extension needs no relay.
import { Client } from "onepassword-edge";

const form = document.querySelector("form");
const output = document.querySelector("output");
// Kept until the browser ends, and not written to disk.
const { token = "" } = await chrome.storage.session.get("token");
form.elements.token.value = token;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { token: auth, reference } = Object.fromEntries(new FormData(form));
  try {
    const client = await Client.authenticate({
      auth,
      integrationName: "example for extensions",
      integrationVersion: "1.0.0",
    });
    await chrome.storage.session.set({ token: auth });
    output.textContent = await client.secrets.resolve(reference);
    client.close();
  } catch (error) {
    output.textContent = error.message;
  }
});
