/**
 * Connections: straight, or through a proxy; TLS is always verified, with the certificates that come with Node, those of
 * the system and those given. A socket is handed over only once all that is done, so whatever fails here sent nothing.
 */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  Agent,
  type AgentOptions,
  type ClientRequest,
  type OutgoingHttpHeaders,
  request as httpRequest,
} from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import {
  connect as connectTls,
  createSecureContext,
  type DetailedPeerCertificate,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { RemoteError } from "../errors.ts";
import { codeOf, isTlsCode, notConnected, untrusted } from "./failures.ts";
import { hostOf, portOf, proxyAuthorization } from "./proxy.ts";

export interface LineOptions {
  readonly ca: readonly string[];
  readonly proxyOf: (url: URL) => URL | undefined;
  readonly connectMs: number;
  /** How long a connection that nobody uses is kept: shorter than servers do, so that a write never meets a closed one. */
  readonly spareMs: number;
}

export interface Lines {
  /** A request whose headers are set and whose body is still to be written. @throws RemoteError for a bad setting */
  request(url: URL, options: { readonly method: string; readonly headers: OutgoingHttpHeaders }): ClientRequest;
  /** Ends the connections that nobody uses, for when they may lead nowhere any more. */
  dropSpare(): void;
  close(): void;
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text. @throws RemoteError `invalid` when it holds none, or a damaged one */
const certificatesOf = (text: string): readonly string[] => {
  const blocks = text.match(PEM) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    if (blocks.length > 0) return blocks;
  } catch {
    // told below, with what would do
  }
  throw new RemoteError(
    "invalid",
    "What was added to this remote as a certificate is none: a PEM file is wanted, which begins with -----BEGIN CERTIFICATE-----",
  );
};

const contextOf = (ca: readonly string[]): SecureContext => {
  const known = (["default", "bundled", "system"] as const).flatMap((kind) => getCACertificates(kind));
  return createSecureContext({ ca: [...new Set([...known, ...ca.flatMap(certificatesOf)])] });
};

/** A connection on its way; `current` is what a timeout has to end. */
interface Dial {
  readonly context: () => SecureContext;
  current: Socket | undefined;
}

const openTcp = async (dial: Dial, url: URL): Promise<Socket> => {
  const socket = connectTcp({ host: hostOf(url), port: portOf(url), noDelay: true });
  dial.current = socket;
  await once(socket, "connect");
  return socket;
};

/** TLS over an open connection. @throws RemoteError naming the certificate where it is not trusted */
const secure = async (dial: Dial, url: URL, socket: Socket): Promise<TLSSocket> => {
  const host = hostOf(url);
  const tls = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: dial.context(),
    rejectUnauthorized: true, // said aloud: an environment variable could turn the default off
    ALPNProtocols: ["http/1.1"],
  });
  dial.current = tls;
  let shown: DetailedPeerCertificate | undefined;
  // Before Node judges it, and takes it away with the connection.
  tls.prependListener("secure", () => (shown = tls.getPeerCertificate(true)));
  try {
    await once(tls, "secureConnect");
    return tls;
  } catch (error) {
    const code = codeOf(error);
    if (!isTlsCode(code)) throw error;
    throw untrusted(code, url.host, shown);
  }
};

const tunnelRefused = (status: number, proxy: URL, url: URL): RemoteError =>
  status === 407
    ? new RemoteError("captive", `The proxy ${proxy.host} asks for a name and a password (407)`, { status })
    : new RemoteError("offline", `The proxy ${proxy.host} does not connect to ${url.host}: it answered ${status}`);

/** Asks the proxy for a way to the target. */
const tunnel = async (socket: Socket, proxy: URL, url: URL): Promise<void> => {
  const target = `${url.hostname}:${portOf(url)}`;
  const authorization = proxyAuthorization(proxy);
  const headers = { host: target, ...(authorization === undefined ? {} : { "proxy-authorization": authorization }) };
  const request = httpRequest({ method: "CONNECT", path: target, headers, createConnection: () => socket });
  const answered = new Promise<number>((resolve, reject) => {
    request.on("error", reject);
    request.on("connect", ({ statusCode = 0 }, _socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(statusCode);
    });
  });
  request.end();
  const status = await answered;
  if (status !== 200) throw tunnelRefused(status, proxy, url);
};

const dialTo = async (dial: Dial, url: URL, proxy: URL | undefined): Promise<Socket> => {
  if (!proxy) {
    const socket = await openTcp(dial, url);
    return url.protocol === "https:" ? secure(dial, url, socket) : socket;
  }
  const toProxy = await openTcp(dial, proxy);
  const line = proxy.protocol === "https:" ? await secure(dial, proxy, toProxy) : toProxy;
  if (url.protocol === "http:") return line;
  await tunnel(line, proxy, url);
  return secure(dial, url, line);
};

/** @throws RemoteError always when it fails: nothing has been sent to the target then */
const open = async (dial: Dial, url: URL, proxy: URL | undefined, connectMs: number): Promise<Socket> => {
  const late = new RemoteError("offline", `No connection to ${url.host} within ${Math.ceil(connectMs / 1000)} s`);
  const timer = setTimeout(() => dial.current?.destroy(late), connectMs);
  try {
    return await dialTo(dial, url, proxy);
  } catch (error) {
    dial.current?.on("error", () => {}); // it has been told already
    dial.current?.destroy();
    throw notConnected(error, url.host);
  } finally {
    clearTimeout(timer);
  }
};

/** An agent for one way to one place: whoever needs a connection waits until it is ready for use. */
class LineAgent extends Agent {
  readonly #dial: () => Promise<Duplex>;
  constructor(dial: () => Promise<Duplex>, options: AgentOptions) {
    super(options);
    this.#dial = dial;
  }
  override createConnection(_options: unknown, ready?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#dial().then(
      (socket) => ready?.(null, socket),
      (error: unknown) => ready?.(error instanceof Error ? error : new Error(String(error)), new Duplex()), // unused
    );
  }
}

/** The connections of one remote, kept for the next call for a little while. */
export const createLines = (options: LineOptions): Lines => {
  let context: SecureContext | undefined;
  const contextOnce = (): SecureContext => (context ??= contextOf(options.ca));
  const agents = new Map<string, Agent>();
  const dials = new Set<Dial>();
  const dialled = async (near: URL, proxy: URL | undefined): Promise<Duplex> => {
    const dial: Dial = { context: contextOnce, current: undefined };
    dials.add(dial);
    return open(dial, near, proxy, options.connectMs).finally(() => dials.delete(dial));
  };
  const agentFor = (near: URL, proxy: URL | undefined): Agent => {
    const key = `${near.origin} ${proxy?.origin ?? ""}`;
    const found = agents.get(key);
    if (found) return found;
    const made = new LineAgent(() => dialled(near, proxy), { keepAlive: true, timeout: options.spareMs });
    agents.set(key, made);
    return made;
  };
  return {
    request: (url, { method, headers }) => {
      const proxy = options.proxyOf(url);
      // A proxy is asked for plain HTTP by the whole address, and for TLS it makes a tunnel.
      const asked = url.protocol === "http:" ? proxy : undefined;
      const authorization = asked && proxyAuthorization(asked);
      const near = asked ?? url;
      return httpRequest({
        agent: asked ? agentFor(asked, undefined) : agentFor(url, proxy),
        method,
        host: hostOf(near),
        port: portOf(near),
        path: asked ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, ...(authorization ? { "proxy-authorization": authorization } : {}) },
      });
    },
    dropSpare: () => {
      for (const agent of agents.values())
        for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
      for (const dial of dials) dial.current?.destroy(new RemoteError("cancelled", "The connection is closed"));
    },
  };
};
