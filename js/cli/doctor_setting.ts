// What `doctor` looks at on this machine.
import { statSync } from "node:fs";
import { hasCode } from "../client/errors.js";
import { inOwnWords } from "./account.js";
import { type Context, textOf } from "./command.js";
import { EXIT } from "./exit.js";
import { type Check, failed, skipped } from "./finding.js";
import { knowsProxies, proxyVariables, usesProxy } from "./proxy.js";
import { accountOf, connectWarning, findToken } from "./token.js";
import { ENGINES } from "./version.js";

/** Whether this Node is one that the package is made for. */
export function lookAtNode(version = process.versions.node, range = ENGINES): Check {
  const name = "Node";
  if (satisfies(version, range)) return { name, status: "ok", message: version };
  const advice = `use a version that fits ${range}`;
  return {
    name,
    status: "fail",
    message: `${version} is not supported`,
    advice,
    exit: EXIT.failed,
  };
}

const PARTS = /^(\^|>=)(\d+)\.(\d+)\.(\d+)$/;

/** Of the ranges in package.json: `^20.19.0 || >=22.12.0`. */
function satisfies(version: string, range: string): boolean {
  const own = version.split(/[.-]/).slice(0, 3).map(Number);
  return range.split("||").some((part) => {
    const [, operator, ...numbers] = PARTS.exec(part.trim()) ?? [];
    if (operator === undefined) return false;
    const least = numbers.map(Number);
    const differing = own.findIndex((number, at) => number !== least[at]);
    const isEnough = differing < 0 || (own[differing] ?? 0) > (least[differing] ?? 0);
    return isEnough && (operator === ">=" || own[0] === least[0]);
  });
}

/** Whether there is a token, and where it leads; the token, if both are as they should be. */
export async function lookAtToken(context: Context): Promise<{ checks: Check[]; token?: string }> {
  try {
    const { token, source } = findToken(context);
    const problem = await problemOf(token);
    const { host } = accountOf(token);
    if (problem === undefined) {
      const checks = [
        foundIn(context, source),
        { name: "host", status: "ok", message: host } as const,
      ];
      return { checks, token };
    }
    if (!hasCode(problem, "hostNotAllowed")) throw problem;
    const refused = failed("host", inOwnWords(problem, token));
    return { checks: [foundIn(context, source), refused] };
  } catch (error) {
    return { checks: [failed("token", error), ...skipped(["host"], "the token cannot be used")] };
  }
}

/** What the client says of the token before it would ask the service. */
async function problemOf(token: string): Promise<unknown> {
  const { authenticate } = await import("./service.js");
  let wouldAsk = false;
  const fetch = async (): Promise<Response> => {
    wouldAsk = true;
    throw new Error("nothing is to be asked yet");
  };
  try {
    const client = await authenticate({ auth: token, fetch, retry: { retries: 0 } });
    client.close();
    return undefined;
  } catch (error) {
    return wouldAsk ? undefined : error;
  }
}

/** Others' permission to read a file, and to read it as a member of its group. */
const OTHERS = 0o044;

function foundIn({ values, env }: Context, source: string): Check {
  const found = { name: "token", message: `from ${source}` };
  const path = textOf(values, "token-file");
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true && process.platform !== "win32" && (stats.mode & OTHERS) !== 0) {
    const message = `${found.message}, which others may read`;
    return { ...found, status: "warn", message, advice: "chmod 600, unless that is meant" };
  }
  const connect = connectWarning(env);
  if (connect === undefined) return { ...found, status: "ok" };
  return { ...found, status: "warn", message: `${found.message}; ${connect}` };
}

/** Whether Node goes through the proxy that the environment names. Its address may hold a password. */
export function lookAtProxy(env: NodeJS.ProcessEnv): Check {
  const name = "proxy";
  const set = proxyVariables(env);
  if (set.length === 0) return { name, status: "ok", message: "none is set" };
  const told = set.join(", ");
  if (usesProxy(env)) return { name, status: "ok", message: `${told}, which Node uses` };
  const message = `${told} ${set.length > 1 ? "are" : "is"} set, but Node goes directly to the host`;
  const setting = "set NODE_USE_ENV_PROXY=1 if this network needs the proxy";
  const advice = knowsProxies() ? setting : `${setting}, with Node 24 or 22.21: this one cannot`;
  return { name, status: "warn", message, advice };
}
