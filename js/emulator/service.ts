import type { Account, Vault } from "./account.js";
import type { DeviceState } from "./description.js";
import type { Bytes } from "./encoding.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { ownOf } from "./own.js";
import { badRequest, notFound, unauthorized } from "./refusal.js";
import type { Session, Stage } from "./session.js";

/** What the service remembers between requests. */
export interface Service {
  readonly account: Account;
  readonly sessions: Map<string, Session>;
  device: DeviceState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly userB: "padded" | "stripped";
}

/** A request that has passed all checks of its form, its session and its proof. */
export interface Call {
  readonly service: Service;
  /** The parts of the path that its pattern names. */
  readonly params: Readonly<Record<string, string>>;
  /** The body, opened; an empty object where there is none. */
  readonly body: unknown;
  readonly session: Session | undefined;
}

/** What an endpoint answers: JSON, or a file's bytes. */
export type Reply = { json: Json } | { bytes: Bytes };

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
  const vault = call.service.account.vaults.get(param(call, "vault"));
  if (vault === undefined) throw notFound("no such vault");
  return vault;
}

/** A vault as the service lists it. */
export function toWireVault({ wire, contentVersion, items }: Vault): JsonObject {
  const active = [...items.values()].filter((item) => item.trashed === "N");
  return { ...wire, contentVersion, activeItemCount: active.length };
}
