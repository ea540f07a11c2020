/** What the gate remembers of each open connection: who is at its other end, and whether its bytes still move. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { refusalWith, refuseSocket } from "./answer.ts";
import type { Peer } from "./identity.ts";
import { isUpload, type Limits } from "./limits.ts";
import type { PeerUid } from "./peer-uid.ts";

export interface Connection {
  readonly socket: Socket;
  /** Known once the lookup is done. */
  peer: Peer | undefined;
  readonly lookup: Promise<Peer>;
  req: IncomingMessage | undefined;
  res: ServerResponse | undefined;
  /** When the bytes of the request were last seen to move, and how many there were. */
  movedAt: number;
  moved: number;
  /** From when on a refused body is no longer read, ms since epoch. */
  cutAt: number;
}

export interface Log {
  readonly warn: (fields: object, message: string) => void;
}

export interface ConnectionsDeps {
  readonly peerUid: PeerUid | undefined;
  readonly ownerUid: number | undefined;
  readonly limits: Limits;
  readonly now: () => number;
  readonly log: Log;
}

const findPeer = async (socket: Socket, { peerUid, log }: ConnectionsDeps): Promise<Peer> => {
  if (!peerUid) return "unprovable";
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined || remoteAddress === undefined || remotePort === undefined)
    return "unknown"; // already gone
  try {
    const uid = await peerUid({ localAddress, localPort, remoteAddress, remotePort });
    return uid === undefined ? "unknown" : { uid };
  } catch (error) {
    log.warn({ err: error }, "the peer of a connection could not be looked up; it needs a token");
    return "unknown";
  }
};

export type Connections = ReturnType<typeof createConnections>;

export const createConnections = (deps: ConnectionsDeps) => {
  const { limits, now, ownerUid, log } = deps;
  const open = new Map<Socket, Connection>();

  const isOwner = (peer: Peer | undefined): boolean => typeof peer === "object" && peer.uid === ownerUid;

  const isOneTooMany = ({ peer }: Connection): boolean => {
    if (peer === undefined || isOwner(peer)) return false;
    const others = [...open.values()].filter((other) => other.peer !== undefined && !isOwner(other.peer));
    if (others.length > limits.connections) return true;
    if (peer === "unprovable") return false;
    const uidOf = (of: Peer | undefined): number | undefined => (typeof of === "object" ? of.uid : undefined);
    return others.filter((other) => uidOf(other.peer) === uidOf(peer)).length > limits.connectionsPerUid;
  };

  const resolvePeer = async (socket: Socket): Promise<Peer> => {
    const peer = await findPeer(socket, deps);
    const connection = open.get(socket);
    if (!connection) return peer;
    connection.peer = peer;
    if (isOneTooMany(connection)) {
      log.warn({ peer }, "too many connections of one peer; the newest is closed");
      socket.destroy();
    }
    return peer;
  };

  /** Takes a new connection in and starts to look who it is. */
  const add = (socket: Socket): void => {
    socket.setNoDelay(true); // one that was accepted for the second address has not got it yet
    const lookup = resolvePeer(socket);
    open.set(socket, {
      socket,
      peer: undefined,
      lookup,
      req: undefined,
      res: undefined,
      movedAt: now(),
      moved: 0,
      cutAt: Infinity,
    });
    socket.once("close", () => open.delete(socket));
  };

  /** Notes the request that a connection now carries. */
  const begin = (req: IncomingMessage, res: ServerResponse): Connection | undefined => {
    const connection = open.get(req.socket);
    if (!connection) return undefined;
    Object.assign(connection, { req, res, movedAt: now(), moved: req.socket.bytesRead, cutAt: Infinity });
    return connection;
  };

  /** A refused request's body is read for a moment more, then the connection is cut. */
  const cutLater = (socket: Socket): void => {
    const connection = open.get(socket);
    if (connection) connection.cutAt = now() + limits.lingerMs;
  };

  const sweepBody = (connection: Connection, req: IncomingMessage): void => {
    const { socket, res, movedAt, moved, cutAt } = connection;
    if (now() >= cutAt) return void socket.destroy();
    const [idleMs, least] = isUpload(req.method ?? "", req.url?.split("?")[0] ?? "")
      ? [limits.transferIdleMs, 1]
      : [limits.bodyIdleMs, limits.minBodyBytes];
    if (now() - movedAt < idleMs) return;
    if (socket.bytesRead - moved >= least)
      return void Object.assign(connection, { movedAt: now(), moved: socket.bytesRead });
    if (res?.headersSent) socket.destroy();
    else refuseSocket(socket, refusalWith(408, `The body did not arrive within ${Math.round(idleMs / 1000)} s`));
  };

  /** Ends the connections whose request stopped coming. */
  const sweep = (): void => {
    for (const connection of open.values())
      if (connection.req && !connection.req.complete) sweepBody(connection, connection.req);
  };

  /**
   * Ends a connection that Node found idle (it counts what the kernel took of a large answer, too), unless somebody is
   * at work on an answer: a long query, or an event stream with nothing to say.
   */
  const onIdle = (socket: Socket): void => {
    const connection = open.get(socket);
    if (connection?.req && !connection.req.complete) return; // the sweep's part
    const isAnswering = connection?.res && !connection.res.writableFinished;
    if (!isAnswering || socket.writableLength > 0) socket.destroy();
  };

  return { add, begin, cutLater, sweep, onIdle, of: (socket: Socket): Connection | undefined => open.get(socket) };
};
