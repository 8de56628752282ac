// The two clients, each behind the few calls that are measured.

const integration = { integrationName: "bench", integrationVersion: "1.0.0" };

/** This package: `library` is its main module. */
export const ours = ({ Client }) => ({
  signIn: (token) => Client.authenticate({ auth: token, ...integration }),
  resolve: (client, reference) => client.secrets.resolve(reference),
  resolveAll: (client, references) => client.secrets.resolveAll(references),
});

/** `@1password/sdk`. */
export const theirs = ({ createClient }) => ({
  signIn: (token) => createClient({ auth: token, ...integration }),
  resolve: (client, reference) => client.secrets.resolve(reference),
  resolveAll: (client, references) => client.secrets.resolveAll(references),
});

/** How each is had in Node. Literal, so that a bundler sees what it has to take in. */
export const CLIENTS = {
  ours: async () => ours(await import("../dist/index.js")),
  vendor: async () => theirs(await import("@1password/sdk")),
};
