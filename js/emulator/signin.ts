import { toBase64url } from "./encoding.js";
import { badRequest, notFound, unauthorized } from "./refusal.js";
import {
  type Call,
  members,
  param,
  type Reply,
  type Service,
  sessionAt,
  textMember,
} from "./service.js";
import { Session } from "./session.js";
import { answerExchange, parseUserA } from "./srp.js";
import { SECRET_KEY_FORMAT } from "./token.js";

const DEVICE_TEXTS = ["clientName", "clientVersion", "name", "model", "osName", "osVersion"];
const USER_B_DIGITS = 1024;

/** `POST /api/v3/auth/start`: opens a session, if the device may have one. */
export function start(call: Call): Reply {
  const { service } = call;
  const { credentials } = service.account;
  if (textMember(call, "skFormat") !== SECRET_KEY_FORMAT) throw badRequest("body: skFormat");
  textMember(call, "skid");
  requireOwnDevice(service, textMember(call, "deviceUuid"));
  if (textMember(call, "email").toLowerCase() !== credentials.email.toLowerCase()) {
    throw unauthorized("no such account");
  }
  const session = new Session();
  service.sessions.set(session.id, session);
  if (service.device !== "registered") {
    return { json: { status: `device-${service.device}`, sessionID: session.id } };
  }
  return {
    json: {
      status: "ok",
      sessionID: session.id,
      accountKeyFormat: SECRET_KEY_FORMAT,
      // The service names the key it knows: it is the client that has to notice a wrong one.
      accountKeyUuid: credentials.keyId,
      userAuth: { ...credentials.userAuth },
    },
  };
}

/** `POST /api/v1/device`: makes the device known. */
export function registerDevice(call: Call): Reply {
  sessionAt(call, "started");
  requireOwnDevice(call.service, textMember(call, "uuid"));
  for (const name of [...DEVICE_TEXTS, "userAgent"]) textMember(call, name);
  call.service.device = "registered";
  return { json: { success: 1 } };
}

/** `PUT /api/v1/device/<device>/reauthorize`: brings a deleted device back. */
export function reauthorizeDevice(call: Call): Reply {
  sessionAt(call, "started");
  if (param(call, "device") !== call.service.account.credentials.deviceUuid) {
    throw notFound("no such device");
  }
  call.service.device = "registered";
  return { json: { success: 1 } };
}

/** `POST /api/v2/auth`: the public values of SRP. */
export async function exchange(call: Call): Promise<Reply> {
  const session = sessionAt(call, "started");
  if (call.service.device !== "registered") throw unauthorized("the device is not registered");
  const userA = parseUserA(textMember(call, "userA"));
  if (userA === undefined) throw badRequest("body: userA");
  session.exchange = await answerExchange(call.service.account.credentials.verifier, userA);
  session.stage = "exchanged";
  const digits = session.exchange.userB.toString(16);
  const padded = digits.padStart(USER_B_DIGITS, "0");
  return { json: { userB: call.service.userB === "padded" ? padded : digits } };
}

/** `POST /api/v2/auth/confirm-key`: the proofs of SRP. A wrong one ends the session. */
export async function confirmKey(call: Call): Promise<Reply> {
  const session = sessionAt(call, "exchanged");
  const { exchange } = session;
  if (exchange === undefined || !provesKey(call, exchange.clientProof)) {
    call.service.sessions.delete(session.id);
    throw unauthorized("wrong credentials");
  }
  await session.confirm(exchange.sessionKey);
  return { json: { serverVerifyHash: toBase64url(exchange.serverProof) } };
}

function provesKey(call: Call, proof: Uint8Array<ArrayBuffer>): boolean {
  return textMember(call, "clientVerifyHash") === toBase64url(proof);
}

/** `POST /api/v2/auth/complete`: the first sealed request. */
export function complete(call: Call): Reply {
  const session = sessionAt(call, "confirmed");
  textMember(call, "client");
  if (!Object.hasOwn(members(call), "device")) throw badRequest("body: device");
  session.stage = "complete";
  const { accountUuid, userUuid } = call.service.account;
  return { json: { accountUuid, userUuid, mfa: null } };
}

function requireOwnDevice({ account }: Service, uuid: string): void {
  if (uuid !== account.credentials.deviceUuid) throw badRequest("body: another account's device");
}
