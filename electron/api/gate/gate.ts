/**
 * The one door: every request of every surface passes here before any route exists for it, also those that a router
 * would answer by itself (unknown paths, bad URLs, odd methods). It stands in front of Fastify, on Node's own server,
 * and owns that server's limits. What it refuses never reaches a route.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { failure } from "../errors.ts";
import { refusalWith, refuse, refuseSocket, type Refusal } from "./answer.ts";
import { createConnections, type Connection, type Log } from "./connections.ts";
import { readHead, type Head } from "./head.ts";
import { baseHeaders } from "./headers.ts";
import { checkRole, createIdentify, type GateCaller, type Peer, type TokenVerifier } from "./identity.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { PeerUid } from "./peer-uid.ts";
import { checkHead, ownHosts } from "./rules.ts";
import { createThrottle } from "./throttle.ts";

export interface GateDeps {
  /** The port that is listened on; asked at the first request. */
  readonly port: () => number;
  /** Further names, exact `host:port`, e.g. of an SSH tunnel. */
  readonly allowedHosts: readonly string[];
  /** Whether the owner needs a token too. */
  readonly requireToken: boolean;
  readonly tokens: TokenVerifier;
  /** Of `createPeerUid()`; undefined where the OS cannot prove a peer. */
  readonly peerUid: PeerUid | undefined;
  /** Whose connections need no token; the process's own uid unless a test says otherwise. */
  readonly ownerUid?: number | undefined;
  readonly now: () => number;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
}

type Res = ServerResponse & { req: IncomingMessage };

const isRefusal = (outcome: GateCaller | Refusal): outcome is Refusal => "status" in outcome;

/** Why Node's parser, or its clock, gave a connection up. */
const refusalOf = (error: NodeJS.ErrnoException): Refusal => {
  if (error.code === "HPE_HEADER_OVERFLOW") return refusalWith(431, "The request line and headers are too long");
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return refusalWith(408, "The request did not arrive in time");
  return failure("invalid", "This is not a valid HTTP/1.1 request");
};

export const createGate = (deps: GateDeps) => {
  const limits: Limits = { ...defaultLimits, ...deps.limits };
  const ownerUid = deps.ownerUid ?? process.getuid?.();
  const connections = createConnections({ ...deps, ownerUid, limits });
  const identify = createIdentify({ ...deps, ownerUid, throttle: createThrottle(deps.now) });
  const callers = new WeakMap<IncomingMessage, GateCaller>();
  let hosts: { port: number; names: ReadonlySet<string> } | undefined;

  const ownNames = (): ReadonlySet<string> => {
    const port = deps.port();
    if (hosts?.port !== port) hosts = { port, names: ownHosts(port, deps.allowedHosts) };
    return hosts.names;
  };

  const judge = (req: IncomingMessage, head: Head, peer: Peer): Refusal | undefined => {
    const caller = identify(head, peer);
    if (isRefusal(caller)) return caller;
    callers.set(req, caller);
    return checkRole(head, caller);
  };

  const stop = (req: IncomingMessage, res: Res, refusal: Refusal): void => {
    connections.cutLater(req.socket);
    refuse(res, refusal);
  };

  /** Runs the rules; calls `pass` for what may go on, at once where the peer is known already. */
  const enter = (req: IncomingMessage, res: Res, pass: () => void): void => {
    const connection = connections.begin(req, res);
    if (!connection) return void req.socket.destroy();
    const end = (refusal: Refusal | undefined): void => (refusal ? stop(req, res, refusal) : pass());
    const head = readHead(req);
    const refusal = checkHead(head, limits, ownNames());
    if (refusal || connection.peer !== undefined) return end(refusal ?? judge(req, head, connection.peer ?? "unknown"));
    void connection.lookup.then((peer) => {
      if (!req.socket.destroyed) end(judge(req, head, peer));
    });
  };

  const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
    const connection = connections.of(socket);
    if (error.code === "ECONNRESET" || !mayAnswer(connection)) socket.destroy();
    else refuseSocket(socket, refusalOf(error));
  };

  /** Puts the gate in front of `handler`. For Fastify's `serverFactory`; may be called for several addresses. */
  const serve = (handler: RequestListener): Server => {
    const server = createServer({
      requireHostHeader: false, // the gate answers that itself, in MLflow's shape
      insecureHTTPParser: false,
      maxHeaderSize: limits.urlBytes + limits.headerBytes + 1024,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: 0, // would cut an upload after five minutes; the sweep looks for idleness instead
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.sweepMs,
      shouldUpgradeCallback: () => false, // nothing here speaks another protocol; what asks for one gets HTTP/1.1
    });
    server.maxHeadersCount = 0; // no silent dropping: the gate counts them
    const onAllowed = (req: IncomingMessage, res: Res): void => {
      for (const name in baseHeaders) res.setHeader(name, baseHeaders[name] ?? "");
      handler(req, res);
    };
    server.on("request", (req: IncomingMessage, res: Res) => enter(req, res, () => onAllowed(req, res)));
    server.on("checkContinue", (req: IncomingMessage, res: Res) =>
      enter(req, res, () => {
        res.writeContinue();
        onAllowed(req, res);
      }),
    );
    server.on("checkExpectation", (req: IncomingMessage, res: Res) =>
      enter(req, res, () => stop(req, res, failure("invalid", "Only 'Expect: 100-continue' is understood"))),
    );
    server.on("connect", (_req: IncomingMessage, socket: Socket) =>
      refuseSocket(socket, failure("method", "Method CONNECT is not allowed: Outpost is no proxy")),
    );
    server.setTimeout(limits.transferIdleMs, connections.onIdle);
    server.on("clientError", onClientError);
    server.on("connection", connections.add);
    const sweeper = setInterval(connections.sweep, limits.sweepMs).unref();
    server.on("close", () => clearInterval(sweeper));
    return server;
  };

  /** Who sent a request that passed. @throws Error for one that did not: a route must not run without a caller. */
  const callerOf = (req: IncomingMessage): GateCaller => {
    const caller = callers.get(req);
    if (!caller) throw new Error("This request did not pass the gate");
    return caller;
  };

  return {
    serve,
    callerOf,
    /** What Fastify needs to run behind the gate: it must neither make a server nor answer a broken request. */
    fastifyOptions: { serverFactory: serve, clientErrorHandler: (): void => {} },
  };
};

/** Whether an answer on the bare socket would be read as the answer to the broken request and to no other. */
const mayAnswer = (connection: Connection | undefined): boolean => {
  if (!connection?.req || !connection.res || connection.res.writableFinished) return true;
  return !connection.req.complete && !connection.res.headersSent;
};
