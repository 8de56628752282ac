import { Client } from "onepassword-edge";

const form = document.querySelector("form");
const output = document.querySelector("output");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { token, reference } = Object.fromEntries(new FormData(form));
  try {
    const client = await Client.authenticate({
      auth: token,
      integrationName: "example for pages",
      integrationVersion: "1.0.0",
      relay: document.documentElement.dataset.relay,
    });
    output.textContent = await client.secrets.resolve(reference);
    client.close();
  } catch (error) {
    output.textContent = error.message;
  }
});
