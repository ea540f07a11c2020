/**
 * What a request must be before anybody asks who sent it: within limits, of a known method, to our name, from our own
 * page or from no page at all. Pure; each rule returns why not, or nothing. The order is `checkHead`'s.
 */
import { failure } from "../errors.ts";
import { refusalWith, type Refusal } from "./answer.ts";
import type { Head } from "./head.ts";
import { isUpload, type Limits } from "./limits.ts";

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const ALLOW = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Our names: loopback's three and the configured ones, each with its port, lower case. */
export const ownHosts = (port: number, allowedHosts: readonly string[]): ReadonlySet<string> => {
  const names = ["127.0.0.1", "localhost", "[::1]"];
  const loopback = names.map((name) => `${name}:${port}`);
  return new Set([...loopback, ...(port === 80 ? names : []), ...allowedHosts.map((host) => host.toLowerCase())]);
};

const checkMessage = ({ version, lines, doubled, target }: Head): Refusal | undefined => {
  if (version !== "1.1" && version !== "1.0")
    return failure("invalid", `HTTP/${version} is not spoken here; HTTP/1.1 is`);
  if (doubled !== undefined && doubled !== "origin")
    return failure("invalid", `The header '${doubled}' may be sent once`);
  if (!target.startsWith("/") && target !== "*")
    return failure("invalid", "The request target must be a path: Outpost is no proxy");
  if (target.includes("#")) return failure("invalid", "The request target must not hold a fragment");
  const encoding = lines["transfer-encoding"];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "chunked")
    return failure("invalid", "Transfer-Encoding must be chunked or absent");
  if (/\bwebsocket\b/i.test(lines.upgrade ?? "")) return failure("invalid", "There are no web sockets here");
  return undefined;
};

const checkLimits = (head: Head, limits: Limits): Refusal | undefined => {
  if (head.target.length > limits.urlBytes)
    return refusalWith(414, `The URL is longer than ${limits.urlBytes} bytes; send long filters with POST`);
  if (head.headerCount > limits.headerCount || head.headerBytes > limits.headerBytes)
    return refusalWith(431, `More than ${limits.headerCount} headers or ${limits.headerBytes} bytes of them`);
  if (head.lines["content-encoding"] !== undefined)
    return failure("unsupported_media", "Content-Encoding is not accepted: send the body as it is");
  const length = Number(head.lines["content-length"] ?? 0);
  if (length > limits.jsonBytes && !isUpload(head.method, head.path))
    return failure("too_large", `The body has ${length} bytes; a JSON body may have ${limits.jsonBytes}`);
  return undefined;
};

/** A preflight is let on to the rules of Host and Origin, and then refused by name: no origin but ours has any business here. */
const isPreflight = ({ method, lines }: Head): boolean =>
  method === "OPTIONS" && (lines.origin !== undefined || lines["access-control-request-method"] !== undefined);

const checkMethod = (head: Head): Refusal | undefined =>
  methods.has(head.method) && (head.method !== "OPTIONS" || isPreflight(head))
    ? undefined
    : { ...failure("method", `Method ${head.method} is not allowed`), headers: { allow: ALLOW } };

const HOST = /^(?:\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]*)(?::\d*)?$/i;

const checkHost = ({ lines }: Head, hosts: ReadonlySet<string>): Refusal | undefined => {
  const { host } = lines;
  if (host === undefined) return failure("invalid", "The header 'Host' is missing");
  if (!HOST.test(host)) return failure("invalid", "The header 'Host' is not a host and a port");
  return hosts.has(host.toLowerCase())
    ? undefined
    : failure(
        "denied",
        "This host name is not Outpost's: use 127.0.0.1 or localhost with its port, or add the name to allowed_hosts",
      );
};

const checkOrigin = ({ lines, doubled }: Head): Refusal | undefined =>
  doubled !== "origin" && (lines.origin === undefined || lines.origin === `http://${lines.host?.toLowerCase()}`)
    ? undefined
    : failure("denied", "Requests from other web pages are not accepted");

/** A link to the page, followed from a notebook on another port, must open; nothing that holds data may be reached so. */
const isPageVisit = ({ method, path, lines }: Head): boolean =>
  method === "GET" && path === "/" && lines["sec-fetch-mode"] === "navigate" && lines["sec-fetch-dest"] === "document";

const checkFetchSite = (head: Head): Refusal | undefined => {
  const site = head.lines["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none" || isPageVisit(head)) return undefined;
  return failure("denied", "Requests from other web pages are not accepted");
};

const checkPreflight = (head: Head): Refusal | undefined =>
  isPreflight(head) ? failure("denied", "Requests from other web pages are not accepted") : undefined;

/** The first reason to refuse a request whoever sent it, in the gate's order. */
export const checkHead = (head: Head, limits: Limits, hosts: ReadonlySet<string>): Refusal | undefined =>
  checkMessage(head) ??
  checkLimits(head, limits) ??
  checkMethod(head) ??
  checkHost(head, hosts) ??
  checkOrigin(head) ??
  checkFetchSite(head) ??
  checkPreflight(head);
