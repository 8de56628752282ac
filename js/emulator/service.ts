import type { Account, Vault } from "./account.js";
import type { Check } from "./checks.js";
import type { DeviceState } from "./description.js";
import type { Bytes } from "./encoding.js";
import type { Group } from "./groups.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { ownOf } from "./own.js";
import { badRequest, notFound, unauthorized } from "./refusal.js";
import type { Session, Stage } from "./session.js";
import type { KeptShare } from "./share_open.js";

/** What the service remembers between requests. */
export interface Service {
  readonly account: Account;
  readonly sessions: Map<string, Session>;
  /** What was shared, by the id of the share. */
  readonly shares: Map<string, KeptShare>;
  device: DeviceState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly userB: "padded" | "stripped";
}

/** A request that has passed all checks of its form, its session and its proof. */
export interface Call {
  readonly service: Service;
  /** The parts of the path and of the query that its patterns name. */
  readonly params: Readonly<Record<string, string>>;
  /** The body, opened; an empty object where there is none. */
  readonly body: unknown;
  readonly session: Session | undefined;
}

/** What an endpoint answers: JSON, in an envelope but where it is `plain`, or a file's bytes. */
export type Reply = { json: Json; plain?: true } | { bytes: Bytes };

/** The answer of what has nothing to say but that it is done: in no envelope. */
export const DONE: Reply = { json: { success: 1 }, plain: true };

/** The body, which must be as `check` wants it to the last member. */
export function checkedBody<Body>({ body }: Call, check: Check): Body {
  const own = ownOf(body);
  try {
    check(own, "body");
  } catch (error) {
    throw badRequest((error as Error).message);
  }
  return own as Body;
}

/** The body's members; refuses anything else than an object. */
export function members(call: Call): Record<string, unknown> {
  if (!isObject(call.body)) throw badRequest("body: must be an object");
  return ownOf(call.body);
}

/** A text member of the body. */
export function textMember(call: Call, name: string): string {
  const value = members(call)[name];
  if (typeof value !== "string") throw badRequest(`body: ${name} must be text`);
  return value;
}

/** The call's session, which must have come exactly as far as `stage`. */
export function sessionAt({ session }: Call, stage: Stage): Session {
  if (session?.stage !== stage) throw unauthorized("the session is at another step");
  return session;
}

/** A named part of the path. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? "";
}

/** The vault that the path names. */
export function vaultOf(call: Call): Vault {
  return vaultById(call, param(call, "vault"));
}

/** A vault of the account. */
export function vaultById({ service }: Call, id: string): Vault {
  const vault = service.account.vaults.get(id);
  if (vault === undefined) throw notFound("no such vault");
  return vault;
}

/** A group of the account. */
export function groupById({ service }: Call, id: string): Group {
  const group = service.account.groups.get(id);
  if (group === undefined) throw notFound("no such group");
  return group;
}

/** A vault as the service lists it. */
export function toWireVault({ wire, contentVersion, items }: Vault): JsonObject {
  const active = [...items.values()].filter((item) => item.trashed === "N");
  return { ...wire, contentVersion, activeItemCount: active.length };
}
