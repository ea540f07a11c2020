/** Who sends a request: the same OS user, a token, or somebody who has to show one. */
import type { Role } from "../../domain/access/tokens.ts";
import { failure } from "../errors.ts";
import type { Caller } from "../route.ts";
import type { Refusal } from "./answer.ts";
import type { Head } from "./head.ts";
import type { Throttle } from "./throttle.ts";

/** Who asked, with what he may do. */
export interface GateCaller extends Caller {
  readonly role: Role;
}

/** What is known of a connection's other end. `unprovable`: this OS cannot tell; `unknown`: it could, and did not. */
export type Peer = { readonly uid: number } | "unprovable" | "unknown";

/** Something that knows tokens by their secret. */
export interface TokenVerifier {
  readonly verify: (secret: string) => { readonly name: string; readonly role: Role } | undefined;
}

export interface IdentityDeps {
  readonly ownerUid: number | undefined;
  readonly requireToken: boolean;
  readonly tokens: TokenVerifier;
  readonly throttle: Throttle;
}

const challenge = { "www-authenticate": 'Basic realm="Outpost: any user name, a token as password", charset="UTF-8"' };
const WAY_OUT =
  "Set MLFLOW_TRACKING_TOKEN, or a token as MLFLOW_TRACKING_PASSWORD; `outpost token create` makes one. Tokens in the URL are not read.";

/** The token of an Authorization line: `Bearer <token>`, or `Basic` with any user name and the token as password. */
const secretOf = (authorization: string | undefined): string | undefined => {
  const [, scheme = "", value = ""] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme === "") return undefined;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
};

const surfaceOf = (path: string): string =>
  path.startsWith("/api/outpost/") ? "outpost" : path.startsWith("/api/v4/") ? "gitlab" : "mlflow";

const nameOf = (peer: Peer): string => (typeof peer === "object" ? `uid:${peer.uid}` : peer);

/** Names the caller of a request, or says why he must not go on. */
export const createIdentify = ({ ownerUid, requireToken, tokens, throttle }: IdentityDeps) => {
  const byConnection = (peer: Peer): Omit<GateCaller, "surface"> | undefined => {
    if (requireToken) return undefined;
    if (peer === "unprovable") return { actor: "local user, unproven", role: "editor" };
    return peer !== "unknown" && peer.uid === ownerUid ? { actor: `uid:${peer.uid}`, role: "admin" } : undefined;
  };

  const refuseWithout = (secret: string | undefined, peer: Peer): Refusal => {
    if (secret !== undefined && !throttle.allowsWrong(nameOf(peer)))
      return { ...failure("throttled", "Too many wrong tokens; wait a minute"), headers: { "retry-after": "60" } };
    const reason = secret === undefined ? "A token is needed here" : "This token is not valid";
    return { ...failure("unauthenticated", `${reason}. ${WAY_OUT}`), headers: challenge };
  };

  return (head: Head, peer: Peer): GateCaller | Refusal => {
    const surface = surfaceOf(head.path);
    const secret = secretOf(head.lines.authorization);
    const token = secret === undefined ? undefined : tokens.verify(secret);
    if (token) return { actor: `token:${token.name}`, role: token.role, surface };
    const local = byConnection(peer); // the owner's scripts may carry a token for another server
    return local ? { ...local, surface } : refuseWithout(secret, peer);
  };
};

const readingPosts = /^\/(?:ajax-)?api\/[23]\.0\/mlflow\/(?:[a-z-]+\/search|registered-models\/get-latest-versions)$/;
const ADMINISTRATION = "/api/outpost/v1/admin/";

/** The least role that may send a request. Governance asks for more inside its routes. */
const neededRole = ({ method, path }: Head): Role => {
  if (path.startsWith(ADMINISTRATION)) return "admin";
  return method === "GET" || method === "HEAD" || (method === "POST" && readingPosts.test(path)) ? "viewer" : "editor";
};

const ranks = { viewer: 0, editor: 1, approver: 2, admin: 3 } as const satisfies Record<Role, number>;

/** Why a role is not enough for a request, or nothing. */
export const checkRole = (head: Head, { role }: GateCaller): Refusal | undefined => {
  const needed = neededRole(head);
  return ranks[role] >= ranks[needed]
    ? undefined
    : failure("denied", `The role '${role}' may not do this: it needs '${needed}'`);
};
