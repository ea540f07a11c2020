/** Which proxy a call goes through: the remote's own setting, else the environment's, as curl reads it. */
import { BlockList, isIP } from "node:net";
import { RemoteError } from "../errors.ts";

export interface ProxySettings {
  readonly proxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The host of a URL as sockets take it: without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

export const portOf = ({ port, protocol }: URL): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

const familyOf = (host: string): "ipv4" | "ipv6" | undefined => {
  const version = isIP(host);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
};

const inSubnet = (host: string, entry: string): boolean => {
  const [net = "", bits = ""] = entry.split("/");
  const [family, netFamily] = [familyOf(host), familyOf(net)];
  const prefix = Number(bits);
  if (!family || family !== netFamily || !Number.isInteger(prefix) || prefix < 0) return false;
  if (prefix > (family === "ipv4" ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return list.check(host, family);
};

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** This machine itself, by name or number. */
export const isLoopback = (host: string): boolean => {
  const family = familyOf(host);
  return family ? loopback.check(host, family) : host === "localhost" || host.endsWith(".localhost");
};

/** Whether a NO_PROXY list names the address: `*`, a host with all below it, `host:port`, a network in CIDR form. */
export const isExempt = (url: URL, noProxy: string): boolean => {
  const host = hostOf(url).toLowerCase();
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  return entries.some((entry) => {
    if (entry === "*") return true;
    if (entry.includes("/")) return inSubnet(host, entry);
    const [, name = entry, port] = /^(.*?)(?::(\d+))?$/.exec(familyOf(entry) ? "" : entry) ?? [];
    if (port !== undefined && Number(port) !== portOf(url)) return false;
    const bare = (name || entry).replace(/^\*?\./, "").replace(/^\[|\]$/g, "");
    return host === bare || (!isIP(host) && host.endsWith(`.${bare}`));
  });
};

/** @throws RemoteError `invalid` for what is no address of a proxy; the text is not repeated, it may hold a password */
const parseProxy = (text: string, from: string): URL => {
  const url = URL.parse(/^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new RemoteError("invalid", `The proxy of ${from} is not an address such as http://proxy.example:3128`);
};

/** Says for each address which proxy it goes through; undefined is none. @throws RemoteError for a bad setting */
export const createProxyChoice = (settings: ProxySettings, env: Environment): ((url: URL) => URL | undefined) => {
  const own = settings.proxy ? parseProxy(settings.proxy, "this remote") : undefined;
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name];
  const noProxy = settings.noProxy ?? (own ? "" : (read("NO_PROXY") ?? ""));
  return (url) => {
    if (settings.proxy === "" || isExempt(url, noProxy)) return undefined;
    if (own) return own;
    if (isLoopback(hostOf(url))) return undefined; // an environment's proxy is for what lies outside of the machine
    const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
    const found = read(name) ?? read("ALL_PROXY");
    return found === undefined ? undefined : parseProxy(found, name);
  };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that was meant as it stands
  }
};

/** The header that tells the proxy who asks; undefined where its address names nobody. */
export const proxyAuthorization = ({ username, password }: URL): string | undefined =>
  username === "" && password === ""
    ? undefined
    : `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
