/** How the gate says no: in MLflow's shape, over a response or, where Node has none, straight onto the socket. */
import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { failure, type Failure } from "../errors.ts";
import { baseHeaders } from "./headers.ts";

/** A request that goes no further. */
export interface Refusal extends Failure {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Statuses that only the gate gives, because Node's parser met the reason: MLflow has no code of its own for them. */
export const refusalWith = (status: 408 | 414 | 431, message: string): Refusal => ({
  ...failure("invalid", message),
  status,
});

/**
 * Answers a refused request. A body that is still on its way is read and thrown away by Node, so that the client sees
 * the answer instead of a reset; the gate's sweep ends what does not stop.
 */
export const refuse = (res: ServerResponse, refusal: Refusal): void => {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify(refusal.body);
  res.writeHead(refusal.status, {
    ...baseHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    ...refusal.headers,
  });
  res.end(body);
};

/** How long a refused client may go on sending before its connection is cut, ms. */
const LINGER_MS = 1000;

/** Answers on the bare socket and closes it: a reset would take the answer with it, so what still comes is read. */
export const refuseSocket = (socket: Socket, refusal: Refusal): void => {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(refusal.body);
  const head = Object.entries({
    ...baseHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    ...refusal.headers,
    connection: "close",
  });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}\r\n${lines}\r\n${body}`);
  socket.removeAllListeners("data");
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
};
