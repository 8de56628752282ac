import {
  getGroup,
  getGroupAccess,
  getGroupAccessAndKey,
  grantAccess,
  listPublicKeys,
  revokeAccess,
  updateAccess,
} from "./group_access.js";
import { isObjectId } from "./ids.js";
import {
  getBareVault,
  getFile,
  getItem,
  getItems,
  getVault,
  getVaultAccess,
  listKeysets,
  listOverviews,
  listVaults,
} from "./reads.js";
import { badRequest, ERROR_CODES, notFound, Refusal } from "./refusal.js";
import type { Call, Reply } from "./service.js";
import { createShare, getSharePolicy, validateRecipients } from "./shares.js";
import {
  complete,
  confirmKey,
  exchange,
  reauthorizeDevice,
  registerDevice,
  start,
} from "./signin.js";
import { writeItems } from "./writes.js";

/** One endpoint of the service. */
export interface Route {
  readonly method: string;
  /** Segments with a colon are named parts: all of them object ids but `:version`. */
  readonly path: string;
  /**
   * The query it must have, without the question mark. A value with a colon is a named part: object
   * ids, separated by commas.
   */
  readonly query?: string;
  /**
   * What a request has to bring: nothing, a session, or also a MAC and a sealed body from a session
   * whose key is confirmed (`proof`), or whose sign-in is complete (`access`).
   */
  readonly needs: "nothing" | "session" | "proof" | "access";
  /** Set where another method than GET changes nothing: the quota counts it as a read. */
  readonly reads?: true;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

const ROUTES: readonly Route[] = [
  { method: "POST", path: "/api/v3/auth/start", needs: "nothing", handle: start },
  { method: "POST", path: "/api/v1/device", needs: "session", handle: registerDevice },
  {
    method: "PUT",
    path: "/api/v1/device/:device/reauthorize",
    needs: "session",
    handle: reauthorizeDevice,
  },
  { method: "POST", path: "/api/v2/auth", needs: "session", handle: exchange },
  { method: "POST", path: "/api/v2/auth/confirm-key", needs: "session", handle: confirmKey },
  { method: "POST", path: "/api/v2/auth/complete", needs: "proof", handle: complete },
  { method: "GET", path: "/api/v2/account/keysets", needs: "access", handle: listKeysets },
  {
    method: "GET",
    path: "/api/v1/vaults",
    query: "attrs=combined-access",
    needs: "access",
    handle: listVaults,
  },
  {
    method: "GET",
    path: "/api/v3/vault/:vault",
    query: "attrs=combined-access",
    needs: "access",
    handle: getVault,
  },
  {
    method: "GET",
    path: "/api/v3/vault/:vault",
    query: "attrs=accessors,combined-access",
    needs: "access",
    handle: getVaultAccess,
  },
  { method: "GET", path: "/api/v3/vault/:vault", needs: "access", handle: getBareVault },
  {
    method: "GET",
    path: "/api/v1/vault/:vault/items/overviews",
    needs: "access",
    handle: listOverviews,
  },
  { method: "GET", path: "/api/v1/vault/:vault/item/:item", needs: "access", handle: getItem },
  {
    method: "POST",
    path: "/api/v3/vault/:vault/items/batch",
    needs: "access",
    reads: true,
    handle: getItems,
  },
  {
    method: "PATCH",
    path: "/api/v3/vault/:vault/:version/items",
    needs: "access",
    handle: writeItems,
  },
  { method: "GET", path: "/api/v3/file/:document", needs: "access", handle: getFile },
  // Where the vendor's client reads files that have a signing key.
  {
    method: "GET",
    path: "/api/v2/file/:vault/:item/:document",
    needs: "access",
    handle: getFile,
  },
  { method: "GET", path: "/api/v2/group/:group", needs: "access", handle: getGroup },
  {
    method: "GET",
    path: "/api/v2/group/:group",
    query: "attrs=vault-access",
    needs: "access",
    handle: getGroupAccess,
  },
  {
    method: "GET",
    path: "/api/v2/group/:group",
    query: "attrs=vault-access,pubkey",
    needs: "access",
    handle: getGroupAccessAndKey,
  },
  {
    method: "GET",
    path: "/api/v1/group/pubkeys",
    query: "uuids=:uuids",
    needs: "access",
    handle: listPublicKeys,
  },
  {
    method: "PATCH",
    path: "/api/v2/vault/:vault/vaultaccess",
    needs: "access",
    handle: grantAccess,
  },
  { method: "PATCH", path: "/api/v2/acl/groups", needs: "access", handle: updateAccess },
  {
    method: "DELETE",
    path: "/api/v1/vault/:vault/group/:group",
    needs: "access",
    handle: revokeAccess,
  },
  {
    method: "GET",
    path: "/api/v4/itemshare/preflight/:vault/:item",
    needs: "access",
    handle: getSharePolicy,
  },
  {
    method: "POST",
    path: "/api/v4/itemshare/validate-recipients",
    needs: "access",
    reads: true,
    handle: validateRecipients,
  },
  { method: "POST", path: "/api/v4/itemshare", needs: "access", handle: createShare },
];

/** The endpoint that a request is for, with the named parts of its path. */
export function findRoute(
  method: string,
  path: string,
  query: string,
): { route: Route; params: Record<string, string> } {
  const matches = ROUTES.flatMap((route) => {
    const params = matchPath(route.path, path);
    return params === undefined ? [] : [{ route, params }];
  });
  if (matches.length === 0) throw notFound("no such path");
  const candidates = matches.filter(({ route }) => route.method === method);
  if (candidates.length === 0) throw new Refusal(405, ERROR_CODES.other, "no such method here");
  for (const { route, params } of candidates) {
    const values = matchQuery(route.query ?? "", query);
    if (values === undefined) continue;
    for (const [name, value] of Object.entries(params)) {
      const valid = name === "version" ? /^(0|[1-9]\d*)$/.test(value) : isObjectId(value);
      if (!valid) throw badRequest(`path: ${name} is malformed`);
    }
    return { route, params: { ...params, ...values } };
  }
  throw badRequest("wrong query");
}

function matchQuery(pattern: string, query: string): Record<string, string> | undefined {
  const [wanted = "", name] = pattern.split("=:");
  if (name === undefined) return pattern === query ? {} : undefined;
  if (!query.startsWith(`${wanted}=`)) return undefined;
  const value = query.slice(wanted.length + 1);
  // No ids at all are asked for as well.
  if (value !== "" && !value.split(",").every(isObjectId)) {
    throw badRequest(`query: ${name} is malformed`);
  }
  return { [name]: value };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith(":")) params[segment.slice(1)] = value;
    else if (segment !== value) return undefined;
  }
  return params;
}
