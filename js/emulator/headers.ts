import { badRequest } from "./refusal.js";
import type { Service } from "./service.js";
import { throttleFault } from "./throttle.js";

/** `1|SDK|999999999|<device>|||<…>|<…>|<os>|<os version>|<architecture>` */
const USER_AGENT_PARTS = 11;
const USER_AGENT_DEVICE = 3;

/**
 * Refuses a request that lacks one of the headers that every request carries. `User-Agent` is left
 * out: browsers do not let a client set it.
 */
export async function checkHeaders(headers: Headers, service: Service): Promise<void> {
  if (!/^[^/]+\/\d+$/.test(required(headers, "X-AgileBits-Client"))) {
    throw badRequest("X-AgileBits-Client: must be <name>/<build>");
  }
  const userAgent = required(headers, "OP-User-Agent").split("|");
  const { deviceUuid, throttleKey, throttleKid } = service.account.credentials;
  if (userAgent.length !== USER_AGENT_PARTS || userAgent[0] !== "1") {
    throw badRequest("OP-User-Agent: must have the 11 parts of version 1");
  }
  if (userAgent[USER_AGENT_DEVICE] !== deviceUuid) {
    throw badRequest("OP-User-Agent: another account's device");
  }
  if (required(headers, "OP-Data-Consistency") !== "eventual") {
    throw badRequest("OP-Data-Consistency: must be eventual");
  }
  const token = required(headers, "OP-Throttling-Token");
  const fault = await throttleFault(throttleKey, throttleKid, token, service.now());
  if (fault !== undefined) throw badRequest(fault);
}

function required(headers: Headers, name: string): string {
  const value = headers.get(name);
  if (value === null) throw badRequest(`${name}: missing`);
  return value;
}
