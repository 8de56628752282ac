// The Worker that has the Durable Objects, and what tests see of them.
import { WorkerEntrypoint } from "cloudflare:workers";
import {
  OnePasswordEntrypoint,
  OnePasswordObject,
  onePasswordEntrypoint,
  onePasswordObject,
} from "../../dist/durable_object.js";
import { Client } from "../../dist/workerd.js";

export { OnePasswordEntrypoint };

/** The class as it is; where the emulator is, it is told as a page is. */
export class Default extends OnePasswordObject {
  constructor(ctx, env) {
    globalThis.ONEPASSWORD_EDGE_EMULATOR = env.EMULATOR;
    super(ctx, env);
  }
}

const configured = onePasswordObject(({ OPTIONS, EMULATOR }) => ({
  allowedHosts: [new URL(EMULATOR).origin],
  ...OPTIONS,
}));

/** One with options, which shows what is stored and can be made to fail. */
export class Configured extends configured {
  async dump() {
    return JSON.stringify([...(await this.ctx.storage.list())]);
  }

  async alarmAt() {
    return await this.ctx.storage.getAlarm();
  }

  evict() {
    this.ctx.abort("evicted by the test, ops_secret");
  }
}

/** One that can never be reached. */
export class Failing extends onePasswordObject() {
  read() {
    this.ctx.abort("fails always, ops_secret");
  }
}

/** One whose answers are none. */
export class Odd extends onePasswordObject() {
  read() {
    return { results: "none" };
  }
}

/** One that never answers. */
export class Hanging extends onePasswordObject() {
  read() {
    return new Promise((resolve) => setTimeout(resolve, 60_000));
  }
}

/** One whose options throw. */
export const Throwing = onePasswordObject(() => {
  throw new Error("ops_secret");
});

/** One whose list is malformed. */
export const Malformed = onePasswordObject(() => ({ allow: ["app/**"] }));

/** One whose list comes from a variable that is not set. */
export const Unset = onePasswordObject(({ NOT_SET }) => ({ allow: NOT_SET }));

/** One whose token is in a Secrets Store. */
export const Stored = onePasswordObject(({ OP_SERVICE_ACCOUNT_TOKEN, EMULATOR }) => ({
  allowedHosts: [new URL(EMULATOR).origin],
  auth: { get: async () => OP_SERVICE_ACCOUNT_TOKEN },
}));

let asked = 0;

/** One whose Secrets Store does not answer the first time. */
export const Slow = onePasswordObject(({ OP_SERVICE_ACCOUNT_TOKEN, EMULATOR }) => ({
  allowedHosts: [new URL(EMULATOR).origin],
  auth: {
    get: async () => {
      asked += 1;
      return asked === 1 ? await new Promise(() => {}) : OP_SERVICE_ACCOUNT_TOKEN;
    },
  },
}));

const stored = { token: undefined, url: undefined, reads: 0 };

/** One whose token in the Secrets Store is replaced. */
export class Rotated extends onePasswordObject(({ EMULATOR }) => ({
  allowedHosts: [new URL(stored.url ?? EMULATOR).origin],
  retry: { retries: 0 },
  auth: {
    get: async () => {
      stored.reads += 1;
      return stored.token;
    },
  },
})) {
  rotate(token, url) {
    Object.assign(stored, { token, url, reads: 0 });
  }

  reads() {
    return stored.reads;
  }
}

export const Named = onePasswordEntrypoint(({ OP }) => ({ namespace: OP, name: "named" }));

/** A client of the Worker's own, in the isolate that the objects are in. */
export class Own extends WorkerEntrypoint {
  async ask(reference) {
    const client = await Client.authenticate({
      auth: this.env.OP_SERVICE_ACCOUNT_TOKEN,
      integrationName: "own",
      integrationVersion: "1",
      allowedHosts: [new URL(this.env.EMULATOR).origin],
    });
    try {
      return await client.resolve(reference);
    } finally {
      client.close();
    }
  }
}

/** Whoever merges JSON carelessly. */
export class Pollute extends WorkerEntrypoint {
  pollute() {
    Object.prototype.allow = ["op://**"];
    return {}.allow;
  }
}

export default {};
