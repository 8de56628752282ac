import { check, checkNames } from "../client/check.js";
import { SignedIn } from "../client/client.js";
import type { ClientConfig } from "../client/config.js";
import { isOnePasswordError, OnePasswordError } from "../client/errors.js";
import { ownOf } from "../client/own.js";
import { loadCoreSync } from "../loading/load.js";
import wasm from "../wasm/op.wasm";
import { type Patterns, parsePatterns, refusalOf } from "./allow.js";
import { toData } from "./error_data.js";
import { codeOf, failure } from "./failure.js";
import { limited } from "./limited.js";
import {
  checkRequest,
  isOneTime,
  type ReadAnswer,
  type ReadKind,
  type ReadRequest,
  type ReadResult,
} from "./message.js";
import { withRoom } from "./room.js";
import { storageStore, UNCONFIRMED } from "./storage_store.js";
import type { ObjectOptions, ObjectStateLike } from "./types.js";

/** For how long the object remembers a secret. */
const SECRET_TTL_MS = 300_000;
/** For how long names: refreshes trust them, so they are longer in use than with a client. */
const METADATA_TTL_MS = 900_000;
/** How long the options, and the token in a Secrets Store, are waited for. */
const OPTIONS_MS = 10_000;
/** Errors after which the token is read anew: it may have been replaced. */
const REFUSALS: readonly unknown[] = ["authenticationFailed", "tokenInvalid"];
/** After which part of that time secrets in use are read again. */
const REFRESH_AFTER = 0.8;
/** No refresh comes sooner, however short a secret is remembered. */
const LEAST_REFRESH_MS = 1_000;
/** The most references that are refreshed. */
const MOST_IN_USE = 1_000;
const OPTIONS = [
  ...["auth", "integrationName", "integrationVersion", "fetch", "allowedHosts", "timeoutMs"],
  ...["retry", "cache", "share", "onEvent", "idsInEvents", "allow"],
];

/** In a Durable Object, unlike elsewhere in Workers, requests may wait for each other's work. */
class ObjectClient extends SignedIn {
  constructor(config: ClientConfig) {
    super(config, () => loadCoreSync(wasm), { waitsForOthers: true });
  }
}

interface Started {
  readonly client: ObjectClient;
  readonly allow: Patterns | undefined;
  /** How long after the first use something is read again; 0: never. */
  readonly refreshMs: number;
  /** How many calls are under way. */
  calls: number;
  /** Whether no other call is to be made. */
  isOver: boolean;
}

type Asked = Pick<ReadRequest, "timeoutMs" | "fresh">;

/** What a Durable Object does. Apart from its class, whose methods can all be called over RPC. */
export class Holder {
  readonly #state: ObjectStateLike;
  readonly #options: () => ObjectOptions | Promise<ObjectOptions>;
  readonly #env: unknown;
  #starting: Promise<Started> | undefined;
  /** What was answered since the last refresh. Kept in memory only: these are names in plain text. */
  readonly #inUse = new Set<string>();
  /** Whether the token was refused when it was last tried. */
  #isRefused = false;
  /** Whether the alarm is set. */
  #isDue = false;

  constructor(
    state: ObjectStateLike,
    env: unknown,
    options: () => ObjectOptions | Promise<ObjectOptions>,
  ) {
    this.#state = state;
    this.#env = env;
    this.#options = options;
  }

  /** Answers a request. Never rejects. */
  async read(given: unknown): Promise<ReadAnswer> {
    const startMs = Date.now();
    try {
      const request = checkRequest(given);
      return await this.#use(async (started) => {
        const results = await answer(started, request);
        this.#judge(started, results.map(codeOf));
        if (this.#note(started, request, results)) this.#schedule(started, startMs);
        return { results };
      });
    } catch (thrown) {
      return { error: toData(thrown) };
    }
  }

  /** Works with the client. One that is over is closed after its last call, and the next call makes another. */
  async #use<T>(work: (started: Started) => Promise<T>): Promise<T> {
    let started = await this.#start();
    // It may have been closed before this call's turn came.
    while (started.isOver) started = await this.#start();
    started.calls += 1;
    try {
      return await work(started);
    } catch (thrown) {
      this.#judge(started, [ownOf(Object(thrown)).code]);
      throw thrown;
    } finally {
      started.calls -= 1;
      if (started.isOver && started.calls === 0) close(started);
    }
  }

  /** Has the next call make another client if this one's token was refused, or its module has ended. */
  #judge(started: Started, codes: readonly unknown[]): void {
    const isRefused = codes.some((code) => REFUSALS.includes(code));
    // A client tells the pause after refusals as a rate limit, also when there is another token by now.
    const isPaused = this.#isRefused && codes.includes("rateLimited");
    if (codes.includes(undefined)) this.#isRefused = false;
    if (isRefused) this.#isRefused = true;
    if (!isRefused && !isPaused && !codes.includes("closed")) return;
    // Of calls that fail at the same time the last may end when there is another client already.
    if (!started.isOver) this.#starting = undefined;
    started.isOver = true;
  }

  /** Reads again what was asked for since the last time. Never rejects: Workers would retry it. */
  async refresh(): Promise<void> {
    this.#isDue = false;
    const inUse = [...this.#inUse];
    this.#inUse.clear();
    if (inUse.length === 0) return;
    const startMs = Date.now();
    try {
      await this.#use(async (started) => {
        const how = { fresh: "secrets" } as const;
        const { individualResponses } = await started.client.secrets.resolveAll(inUse, how);
        this.#judge(
          started,
          Object.values(individualResponses).map(({ error }) => error?.type),
        );
        this.#schedule(started, startMs);
      });
    } catch {} // the next call reports it
  }

  /** A failure is not remembered. */
  #start(): Promise<Started> {
    this.#starting ??= this.#make().catch((thrown: unknown) => {
      this.#starting = undefined;
      throw thrown;
    });
    return this.#starting;
  }

  async #make(): Promise<Started> {
    // Without a limit one that hangs would have every later call hang, too.
    const limit = { timeoutMs: OPTIONS_MS };
    const given = await limited(() => this.#ownOptions(), limit, NO_OPTIONS);
    const { allow, auth, ...options } = given;
    const { cache, integrationName, integrationVersion } = options;
    const isCache = cache === undefined || (typeof cache === "object" && cache !== null);
    const own = ownOf(isCache ? { ...cache } : {});
    const { secretTtlMs = SECRET_TTL_MS, metadataTtlMs = METADATA_TTL_MS } = own;
    const config = {
      ...options,
      auth: auth as string,
      integrationName: integrationName ?? "onepassword-edge Durable Object",
      integrationVersion: integrationVersion ?? "v1",
      cache: isCache ? { ...own, secretTtlMs, metadataTtlMs } : cache,
      lazy: true,
      store: storageStore(this.#state.storage),
      waitUntil: (promise: Promise<unknown>) => this.#state.waitUntil(promise),
    };
    return {
      // A list that is there and undefined, such as a variable that is not set, must not allow everything.
      allow: Object.hasOwn(given, "allow") ? parsePatterns(allow) : undefined,
      client: new ObjectClient(config),
      refreshMs: secretTtlMs > 0 ? Math.max(secretTtlMs * REFRESH_AFTER, LEAST_REFRESH_MS) : 0,
      calls: 0,
      isOver: false,
    };
  }

  /** What a function of the program's throws may hold a secret, so it is withheld. */
  async #ownOptions(): Promise<ObjectOptions> {
    try {
      const given = await this.#options();
      check(typeof given === "object" && given !== null, "the options must be an object");
      const own = ownOf(given);
      checkNames(own, OPTIONS, "onePasswordObject");
      return ownOf({ ...own, auth: await tokenOf(own.auth, this.#env) } as ObjectOptions);
    } catch (thrown) {
      if (isOnePasswordError(thrown)) throw thrown;
      throw new OnePasswordError({
        code: "argumentInvalid",
        message:
          "the options of the Durable Object could not be read: the function that returns them threw",
      });
    }
  }

  /** Notes what was answered, but not bytes, which are not cached. Returns whether anything is in use. */
  #note(
    { refreshMs }: Started,
    { kind, references }: ReadRequest,
    results: readonly ReadResult[],
  ): boolean {
    if (refreshMs === 0 || kind === "bytes") return false;
    for (const [at, reference] of references.entries()) {
      const { value } = results[at] ?? {};
      const isAnswered = value !== undefined && !Object.hasOwn(Object(value), "error");
      if (!isAnswered || this.#inUse.size >= MOST_IN_USE || isOneTime(reference)) continue;
      this.#inUse.add(reference);
    }
    return this.#inUse.size > 0;
  }

  /** Sets the alarm, counted from when a secret was asked for, as its lifetime is. */
  #schedule({ refreshMs }: Started, startMs: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const set = this.#state.storage.setAlarm(startMs + refreshMs, UNCONFIRMED);
    set.catch(() => {
      this.#isDue = false;
    });
  }
}

const NO_OPTIONS = `the options of the Durable Object, or the token of its Secrets Store, were not there within ${OPTIONS_MS} ms; try again`;

function close({ client }: Started): void {
  try {
    client.close();
  } catch {} // the module has ended, and the client with it
}

/** `env.OP_SERVICE_ACCOUNT_TOKEN` unless the options say otherwise. */
async function tokenOf(given: unknown, env: unknown): Promise<unknown> {
  const token = given ?? ownOf(Object(env)).OP_SERVICE_ACCOUNT_TOKEN;
  const { get } = Object(token);
  return typeof token === "object" && typeof get === "function" ? await token.get() : token;
}

/** In the order of the references. Those that are allowed are read in one go. */
async function answer(
  { client, allow }: Started,
  { kind, references, ...how }: ReadRequest,
): Promise<readonly ReadResult[]> {
  const refusals = references.map((each) => allow && refusalOf(allow, each));
  const readable = references.filter((_, at) => refusals[at] === undefined);
  const results = withRoom(kind, await readAll(client, kind, readable, how));
  return refusals.map((refusal) => (refusal ? failure(kind, refusal) : (results.shift() ?? {})));
}

async function readAll(
  client: ObjectClient,
  kind: ReadKind,
  references: readonly string[],
  how: Asked,
): Promise<ReadResult[]> {
  if (kind === "all") {
    const { individualResponses } = await client.secrets.resolveAll(references, how);
    return references.map((each) => ({ value: individualResponses[each] ?? {} }));
  }
  const settled = references.map((each) =>
    ask(client, kind, each, how).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: toData(error) }),
    ),
  );
  return await Promise.all(settled);
}

const ask = (client: ObjectClient, kind: ReadKind, reference: string, how: Asked) =>
  kind === "bytes" ? client.secrets.resolveBytes(reference, how) : client.resolve(reference, how);
