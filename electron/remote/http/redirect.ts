/** Where an answer sends us, and whether we go: a token never leaves its origin, and nothing goes from TLS to plain. */
import { BlockList, isIP } from "node:net";
import { RemoteError } from "../errors.ts";
import { hostOf, isLoopback } from "./proxy.ts";

export const MAX_HOPS = 5;

/** What is being called: files may lie on another host, an API may not. */
export type CallKind = "api" | "file";

export interface Redirect {
  readonly kind: CallKind;
  /** For messages. */
  readonly what: string;
  readonly from: URL;
  readonly status: number;
  readonly location: string | undefined;
  readonly write: boolean;
  readonly hops: number;
}

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("0.0.0.0", 8, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** This machine, or what only machines like this one can reach: no place where a remote keeps files. */
const isWithin = (url: URL): boolean => {
  const host = hostOf(url);
  const version = isIP(host);
  return isLoopback(host) || (version !== 0 && linkLocal.check(host, version === 4 ? "ipv4" : "ipv6"));
};

/** The next address. @throws RemoteError that names the place which is not gone to */
export const nextHop = ({ kind, what, from, status, location, write, hops }: Redirect): URL => {
  // Who redirects has hardly executed anything, but a write that was accepted may be answered like that too.
  const facts = { status, maybeDone: write && status < 307 };
  const to = location === undefined ? null : URL.parse(location, from);
  if (!to || (to.protocol !== "http:" && to.protocol !== "https:"))
    throw new RemoteError("garbled", `${what}: redirects to no web address`, facts);
  if (hops >= MAX_HOPS) throw new RemoteError("garbled", `${what}: redirects more than ${MAX_HOPS} times`, facts);
  to.username = "";
  to.password = "";
  if (from.protocol === "https:" && to.protocol === "http:")
    throw new RemoteError("insecure", `${what}: redirects from https to ${to.origin}, which is not followed`, facts);
  if (to.origin === from.origin) {
    if (!write || status >= 307) return to;
    throw new RemoteError("garbled", `${what}: a write was redirected (${status}) to ${to.pathname}`, facts);
  }
  if (kind === "api")
    throw new RemoteError(
      "insecure",
      `${what}: redirects to ${to.origin}, which is not followed, since the token is for ${from.origin} only. A page to sign in to this network? Or has the remote moved: then change its address.`,
      facts,
    );
  if (isWithin(to) && !isWithin(from))
    throw new RemoteError("insecure", `${what}: redirects into this machine's own network (${to.host})`, facts);
  return to;
};
