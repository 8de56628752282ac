import { buildAccount } from "./account.js";
import { announce, announceServed, retractServed } from "./announce.js";
import { type Answer, type AnswerHook, type Outcome, toOutcome, toResponse } from "./answer.js";
import { type AccountEditor, Editor } from "./changes.js";
import type { AccountDescription, DeviceState } from "./description.js";
import { checkFault, type Fault, type FaultHook, FaultMistake } from "./faults.js";
import { checkHeaders } from "./headers.js";
import { inject } from "./inject.js";
import { type Json, parseJson } from "./json.js";
import { NumberLog } from "./numbers.js";
import { ownOf } from "./own.js";
import { Quota, type QuotaOptions, type QuotaRow } from "./quota.js";
import { badRequest, Refusal, unauthorized } from "./refusal.js";
import { findRoute, type Route } from "./routes.js";
import { sampleAccount } from "./sample.js";
import { type Listener, listen, type ServeOptions } from "./serve.js";
import type { Service } from "./service.js";
import type { Session } from "./session.js";
import { type OpenedShare, openShare, type StoredShare } from "./share_open.js";
import { formatToken } from "./token.js";
import { validateAccount, validateOptions, validateServeOptions } from "./validate.js";

/** The address that the token names when none is given. */
const DEFAULT_ADDRESS = "http://127.0.0.1";
/** How many requests are remembered. */
const REQUESTS_LIMIT = 1000;
const SESSION_HEADER = "X-AgileBits-Session-ID";

/** How an emulator differs from the default one. */
export interface EmulatorOptions {
  /** What the account holds; a small sample without it: see `SAMPLE_REFERENCE`. */
  account?: AccountDescription;
  /** `signInAddress` of the token, with or without a scheme; `http://127.0.0.1` if absent. */
  address?: string;
  /**
   * The service's clock, in milliseconds since 1970; `Date.now` if absent. One that differs from
   * the machine's is how clocks disagree.
   */
  now?: () => number;
  /** What the token's device is to the service at first; `registered` if absent. */
  device?: DeviceState;
  /** How `userB` is spelled: with 1,024 digits (`padded`, the default), or without leading zeros. */
  userB?: "padded" | "stripped";
  /** Sees every answer before it is sealed and sent, and may change it. */
  onAnswer?: AnswerHook;
  /** Sees every request before it is served, and may let something go wrong with it. */
  faults?: FaultHook;
  /** How many requests the service serves; any number if absent. */
  quota?: QuotaOptions;
}

/** A request that arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The answer's HTTP status; 0 as long as there is none. */
  status: number;
  /** What went wrong with it, if a fault hook said so. */
  fault?: Fault["kind"];
}

/** A running service. */
export interface Emulator {
  /** The service account's token for {@link EmulatorOptions.address}. A secret of this emulator only. */
  readonly token: string;
  /** Changes the account while it is being used. */
  readonly account: AccountEditor;
  /** What has arrived, newest last; the last 1,000. */
  readonly requests: readonly SeenRequest[];
  /**
   * How many requests had a number that an earlier one of their session had: none, if a client does
   * it right. The service refuses them, too.
   */
  readonly repeatedNumbers: number;
  /**
   * How much of {@link EmulatorOptions.quota} is used, as `op service-account ratelimit --format json`
   * prints it: one row for each limit that is set. Reading it counts nothing.
   */
  readonly quota: readonly QuotaRow[];
  /** What was shared, oldest first, as it was uploaded. */
  readonly shares: readonly StoredShare[];
  /**
   * Opens a share with nothing but its link, as somebody who is sent it would, and counts a view.
   * `recipient` is the address that they have shown to be theirs. A share that cannot be opened is
   * a {@link ShareRefusal}.
   */
  openShare(link: string, recipient?: string): Promise<OpenedShare>;
  /** Forgets what the quota has counted: the next request starts a new hour and a new day. */
  resetQuota(): void;
  /** Forgets what has arrived. */
  clearRequests(): void;
  /** Ends every session: what comes with one from now on is answered with 401. */
  expireSessions(): void;
  /** The whole service as one handler, to be used in place of the global `fetch`. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Serves on 127.0.0.1. Needs `node:http`. */
  serve(options?: ServeOptions): Promise<RunningEmulator>;
}

/** An emulator that listens. */
export interface RunningEmulator extends Listener {
  /** The token that signs in at {@link Listener.url}. */
  readonly token: string;
}

/**
 * Makes a 1Password service with one account, in memory.
 *
 * @example
 * const emulator = await createEmulator({
 *   account: { vaults: [{ name: "app", items: [{ title: "db", password: "s3cret" }] }] },
 * });
 * await using server = await emulator.serve();
 * // Give server.token to the client.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const own = ownOf(options);
  validateOptions(own);
  const account = own.account ?? ownOf(sampleAccount());
  validateAccount(account);
  // Looked up each time: tests fake the clock before this or after it.
  const now = own.now ?? (() => Date.now());
  const service: Service = {
    account: await buildAccount(account, now()),
    sessions: new Map(),
    shares: new Map(),
    device: own.device ?? "registered",
    now,
    userB: own.userB ?? "padded",
  };
  return new LoopbackEmulator(service, own);
}

/** As the core writes an origin: a token may name a host alone. */
function originOf(address: string): string {
  const origin = address.includes("://") ? address : `https://${address}`;
  return origin.toLowerCase().replace(/\/$/, "");
}

class LoopbackEmulator implements Emulator {
  readonly token: string;
  readonly account: AccountEditor;
  readonly #service: Service;
  readonly #onAnswer: AnswerHook | undefined;
  readonly #faults: FaultHook | undefined;
  /** The names that the account goes by in a MAC: no proxy on the way changes them. */
  readonly #hosts = new Set<string>();
  readonly #numbers = new NumberLog();
  readonly #quota: Quota;
  /** In Node a request's signal falls silent once the request is collected: these must not be. */
  readonly #open = new Set<object>();
  #requests: SeenRequest[] = [];
  #errors = 0;

  constructor(service: Service, { address, onAnswer, faults, quota }: EmulatorOptions) {
    this.#service = service;
    this.account = new Editor(service);
    this.#onAnswer = onAnswer;
    this.#faults = faults;
    this.#quota = new Quota(quota, service.now);
    this.token = this.#tokenFor(address ?? DEFAULT_ADDRESS);
    announce(originOf(address ?? DEFAULT_ADDRESS));
  }

  get requests(): readonly SeenRequest[] {
    return this.#requests;
  }

  get repeatedNumbers(): number {
    return this.#numbers.repeated;
  }

  get quota(): readonly QuotaRow[] {
    return this.#quota.rows();
  }

  get shares(): readonly StoredShare[] {
    return [...this.#service.shares.values()].map(({ body }) => structuredClone(body));
  }

  // Arrow functions, so that each can be handed over on its own.
  readonly openShare = (link: string, recipient?: string): Promise<OpenedShare> =>
    openShare(this.#service, link, recipient);

  readonly clearRequests = (): void => {
    this.#requests = [];
  };

  readonly resetQuota = (): void => {
    this.#quota.reset();
  };

  readonly expireSessions = (): void => {
    this.#service.sessions.clear();
  };

  readonly fetch = (input: Request | string | URL, init?: RequestInit): Promise<Response> => {
    const asked = input instanceof Request && init === undefined;
    const request = asked ? input : new Request(input, init);
    const held = { input, request };
    this.#open.add(held);
    return untilAborted(request.signal, this.#receive(request)).finally(() =>
      this.#open.delete(held),
    );
  };

  readonly serve = async (given: ServeOptions = {}): Promise<RunningEmulator> => {
    const options = ownOf(given);
    validateServeOptions(options);
    const listener = await listen((request) => this.fetch(request).catch(tellMistake), options);
    announceServed(listener.url);
    let isOpen = true;
    const close = () => {
      if (isOpen) retractServed(listener.url);
      isOpen = false;
      return listener.close();
    };
    const token = this.#tokenFor(listener.url);
    return { ...listener, token, close, [Symbol.asyncDispose]: close };
  };

  #tokenFor(address: string): string {
    const url = new URL(originOf(address));
    this.#hosts.add(url.hostname);
    return formatToken(this.#service.account.credentials, address);
  }

  async #receive(request: Request): Promise<Response> {
    const { method } = request;
    const { pathname: path } = new URL(request.url);
    const seen: SeenRequest = { method, path, status: 0 };
    this.#requests = [...this.#requests.slice(1 - REQUESTS_LIMIT), seen];
    this.#numbers.note(request.headers);
    const serve = (alter?: (json: Json | undefined) => void) => this.#serve(request, path, alter);
    const fault = checkFault((await this.#faults?.({ method, path })) ?? undefined);
    if (fault !== undefined) seen.fault = fault.kind;
    const endSession = () => {
      this.#service.sessions.delete(request.headers.get(SESSION_HEADER) ?? "");
    };
    const response = await (fault ? inject(fault, { request, serve, endSession }) : serve());
    seen.status = response.status;
    return response;
  }

  async #serve(
    request: Request,
    path: string,
    alter?: (json: Json | undefined) => void,
  ): Promise<Response> {
    const { session, headers, ...reply } = await this.#dispatch(request).catch((error) =>
      this.#refuse(error),
    );
    const answer: Answer = { method: request.method, path, ...reply };
    if (path.endsWith("/items/batch")) alter?.(answer.json);
    const replaced = await this.#onAnswer?.(answer);
    return replaced || (await toResponse(answer, { session, headers }));
  }

  /** Checks a request from the outside in, and lets its endpoint answer. */
  async #dispatch(request: Request): Promise<Outcome> {
    const { method, headers } = request;
    const { pathname: path, search } = new URL(request.url);
    const query = search.slice(1);
    const { route, params } = findRoute(method, path, query);
    await checkHeaders(headers, this.#service);
    const session = this.#findSession(route, headers);
    const sealed = route.needs === "proof" || route.needs === "access";
    if (sealed) {
      await session?.verifyMac(
        headers.get("X-AgileBits-MAC"),
        { method, path, query },
        this.#hosts,
      );
    }
    if (route.needs === "access") {
      if (session?.stage !== "complete") throw unauthorized("the sign-in is not complete");
      this.#quota.count(route);
    }
    const body = await readBody(request, sealed ? session : undefined);
    const reply = await route.handle({ service: this.#service, params, body, session });
    return toOutcome(reply, sealed ? session : undefined);
  }

  #findSession(route: Route, headers: Headers): Session | undefined {
    if (route.needs === "nothing") return undefined;
    const session = this.#service.sessions.get(headers.get(SESSION_HEADER) ?? "");
    if (session === undefined) throw unauthorized("no such session");
    return session;
  }

  #refuse(error: unknown): Outcome {
    if (!(error instanceof Refusal)) throw error;
    this.#errors += 1;
    const { status, errorCode, message, headers } = error;
    const json = { errorCode, errorMessage: message, requestId: this.#errors };
    return { status, json, bytes: undefined, session: undefined, headers };
  }
}

async function readBody(request: Request, session: Session | undefined): Promise<unknown> {
  const text = await request.text();
  if (request.method === "GET" || request.method === "DELETE") {
    if (text !== "") throw badRequest(`a ${request.method} request has no body`);
    return {};
  }
  return session === undefined ? parseJson(text) : session.open(text);
}

/** Over HTTP a hook's mistake has to be told too, and not to look like a lost connection. */
function tellMistake(error: unknown): Response {
  if (!(error instanceof FaultMistake)) throw error;
  return Response.json({ errorCode: 0, errorMessage: error.message }, ownOf({ status: 500 }));
}

/** The promise, or a rejection as soon as the caller aborts. */
async function untilAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
