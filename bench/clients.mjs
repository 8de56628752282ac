// The two clients, behind the few calls that are measured. These are the same, but for signing in.

const integration = { integrationName: "bench", integrationVersion: "1.0.0" };

const calls = (signIn) => ({
  signIn: (auth) => signIn({ auth, ...integration }),
  resolve: (client, reference) => client.secrets.resolve(reference),
  resolveAll: (client, references) => client.secrets.resolveAll(references),
  list: (client, vaultId) => client.items.list(vaultId),
  get: (client, vaultId, itemId) => client.items.get(vaultId, itemId),
});

/** This package: `Client` of its main module. */
export const ours = ({ Client }) =>
  calls((options) => Client.authenticate({ ...options, allowedHosts: ["127.0.0.1"] }));

/** `@1password/sdk`. */
export const theirs = ({ createClient }) => calls(createClient);

/** How each is had in Node. Literal, so that a bundler sees what it has to take in. */
export const CLIENTS = {
  ours: async () => ours(await import("../dist/index.js")),
  vendor: async () => theirs(await import("@1password/sdk")),
};
